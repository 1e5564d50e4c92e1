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


@pytest.mark.parametrize("name", RECIPES)
def test_a_recipe_works(name, tmp_path):
    for folder in ("src", "themes"):
        shutil.copytree(ROOT / folder, tmp_path / folder, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "agent.yaml", tmp_path)
    checks = follow(RECIPES[name], tmp_path)
    assert checks
    environment = {**os.environ, "PYTHONPATH": str(tmp_path / "src")}
    for check in checks:
        run = subprocess.run(
            [sys.executable, "-c", check],
            cwd=tmp_path,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert run.returncode == 0, run.stderr


def test_there_is_a_recipe_for_each_kind():
    assert list(RECIPES) == ["A tool", "A provider", "A key", "A theme", "A dock", "A shell"]


def test_the_places_that_are_named_exist():
    assert [
        path
        for path in re.findall(r"`((?:src|tests|docs|themes)/[\w/.]+)`", PAGE)
        if not (ROOT / path).exists()
    ] == []
