"""The recipes of CONTRIBUTING.md, followed line by line in a copy of the project."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
RECIPES = dict(re.findall(r"^### (.+?)\n(.*?)(?=^### |\Z)", PAGE, re.S | re.M))
STEP = re.compile(r"<!-- (\w+):? ?(.*?) -->\n(?:```\w+\n(.*?)```\n)?", re.S)


def follow(text, place):
    """Carry out the steps; gives the checks."""
    checks = []
    for verb, where, code in STEP.findall(text):
        path, _, line = where.partition(": ")
        match verb:
            case "check":
                checks.append(code)
            case "new":
                (place / path).write_text(code, encoding="utf-8")
            case "copy":
                source, target = where.split()
                shutil.copy(place / source, place / target)
            case "after" | "replace":
                put(place / path, line, code, keep=verb == "after")
            case _:
                raise AssertionError(f"the test does not know the step {verb!r}")
    return checks


def put(file, line, code, *, keep):
    """Add code after a line that begins like this one (or in its place)."""
    lines = file.read_text(encoding="utf-8").splitlines(keepends=True)
    found = [number for number, each in enumerate(lines) if each.strip().startswith(line.strip())]
    assert len(found) == 1, f"{file}: {len(found)} lines begin with {line!r}"
    at = found[0]
    lines[at : at + 1] = [lines[at], code] if keep else [code]
    file.write_text("".join(lines), encoding="utf-8")


@pytest.fixture
def project(tmp_path):
    """A copy of what the recipes change, and of the rules that `make check` holds it to."""
    for folder in ("src", "themes"):
        shutil.copytree(ROOT / folder, tmp_path / folder, ignore=shutil.ignore_patterns("__pycache__"))
    for file in ("agent.yaml", "pyproject.toml"):
        shutil.copy(ROOT / file, tmp_path)
    return tmp_path


@pytest.mark.parametrize("name", RECIPES)
def test_a_recipe_works(name, project):
    checks = follow(RECIPES[name], project)
    assert checks
    environment = {**os.environ, "PYTHONPATH": str(project / "src")}
    for check in checks:
        run = subprocess.run(
            [sys.executable, "-c", check],
            cwd=project,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert run.returncode == 0, run.stderr


@pytest.mark.slow
def test_what_the_recipes_write_passes_format_lint_types_and_contracts(project):
    for text in RECIPES.values():
        follow(text, project)
    programs = Path(sys.executable).parent
    environment = {**os.environ, "PYTHONPATH": str(project / "src")}
    said = {}
    for check in ("ruff format --check --no-cache .", "ruff check --no-cache .", "mypy", "lint-imports"):
        program, *args = check.split()
        run = subprocess.run(
            [programs / program, *args],
            cwd=project,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
        if run.returncode:
            said[check] = run.stdout + run.stderr
    assert said == {}


def test_there_is_a_recipe_for_each_kind():
    assert list(RECIPES) == ["A tool", "A provider", "A key", "A theme", "A dock", "A shell"]


def test_the_places_that_are_named_exist():
    assert [
        path
        for path in re.findall(r"`((?:src|tests|docs|themes)/[\w/.]+)`", PAGE)
        if not (ROOT / path).exists()
    ] == []
