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
TOUCHED = (
    "tests/codepilot/prompts/test_prompt.py",
    "tests/codepilot/protocol/test_hints.py",
    "tests/codepilot/providers/test_catalog.py",
    "tests/codepilot/terminal/shell",
    "tests/codepilot/test_agentfile.py",
    "tests/codepilot/test_models.py",
    "tests/codepilot/test_public_api.py",
    "tests/codepilot/tools/test_registry.py",
    "tests/codepilot_tui/pages/test_key_sections.py",
    "tests/codepilot_tui/popups/test_pick.py",
    "tests/codepilot_tui/test_actions.py",
    "tests/codepilot_tui/test_dispatch.py",
    "tests/codepilot_tui/test_keyfile.py",
    "tests/codepilot_tui/test_keymap.py",
    "tests/codepilot_tui/test_theme.py",
)
"""The quick tests of the tables that the recipes add a row to."""
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
    left_out = shutil.ignore_patterns("__pycache__", "*.svg")
    for folder in ("src", "themes", "tests"):
        shutil.copytree(ROOT / folder, tmp_path / folder, ignore=left_out)
    for file in ("agent.yaml", "pyproject.toml", "README.md"):
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


@pytest.fixture
def changed(project):
    """The copy after all recipes, and how a program of the virtual environment runs in it."""
    for text in RECIPES.values():
        follow(text, project)
    environment = {**os.environ, "PYTHONPATH": str(project / "src")}

    def run(program, *args):
        return subprocess.run(
            [Path(sys.executable).parent / program, *args],
            cwd=project,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )

    return run


@pytest.mark.slow
def test_what_the_recipes_write_passes_format_lint_types_and_contracts(changed):
    said = {}
    for check in ("ruff format --check --no-cache .", "ruff check --no-cache .", "mypy", "lint-imports"):
        run = changed(*check.split())
        if run.returncode:
            said[check] = run.stdout + run.stderr
    assert said == {}


@pytest.mark.slow
def test_the_tests_that_the_recipes_touch_pass_afterwards(changed):
    run = changed("python", "-m", "pytest", "-q", "-p", "no:cacheprovider", "-m", "not slow", *TOUCHED)
    assert run.returncode == 0, run.stdout


def test_there_is_a_recipe_for_each_kind():
    assert list(RECIPES) == ["A tool", "A provider", "A key", "A theme", "A dock", "A shell"]


def test_the_places_that_are_named_exist():
    assert [
        path
        for path in re.findall(r"`((?:src|tests|docs|themes)/[\w/.]+)`", PAGE)
        if not (ROOT / path).exists()
    ] == []
