"""What a program that embeds the library sees of its types: the checkers in their strictest modes."""

import inspect
import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import codepilot
from codepilot import AsyncRuntime, Runtime

PROGRAM = Path(__file__).parent / "corpora" / "embedding" / "program.py"
WRONG = """
from codepilot import Runtime

runtime = Runtime("agent.yaml", mdoe="ask")
runtime.run(7)
"""


@pytest.fixture
def project(tmp_path):
    """A folder away from this project's settings, with the program in it."""
    shutil.copy(PROGRAM, tmp_path / "program.py")
    (tmp_path / "wrong.py").write_text(WRONG)
    return tmp_path


def check(project, *command):
    return subprocess.run(
        [sys.executable, "-m", *command],
        cwd=project,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )


@pytest.mark.slow
def test_mypy_strict_finds_nothing_in_the_program_and_both_faults_in_the_wrong_one(project):
    good = check(project, "mypy", "--strict", "--cache-dir", "cache", "program.py")
    assert (good.returncode, good.stdout.splitlines()) == (0, ["Success: no issues found in 1 source file"])
    wrong = check(project, "mypy", "--strict", "--cache-dir", "cache", "wrong.py")
    assert '"mdoe"' in wrong.stdout and '"int"; expected "str"' in wrong.stdout


@pytest.mark.slow
def test_basedpyright_finds_nothing_either(project):
    report = json.loads(
        check(project, "basedpyright", "--outputjson", "--pythonpath", sys.executable, "program.py").stdout
    )
    found = [
        f"{each['range']['start']['line'] + 1}: {each['message']}" for each in report["generalDiagnostics"]
    ]
    # The conversation's dicts are plain JSON, as codepilot-ai documents them.
    assert report["summary"]["errorCount"] == 0
    assert [line for line in found if "Any" not in line] == []


def test_the_program_uses_a_hundred_lines():
    assert len(PROGRAM.read_text().splitlines()) >= 100


def test_both_runtimes_take_the_same_options_and_name_them():
    ours, native = (list(inspect.signature(each).parameters) for each in (Runtime, AsyncRuntime))
    assert ours == native and "mode" in ours and "options" not in ours


def test_the_decorators_go_by_their_own_names():
    names = [name for name in codepilot.__all__ if name.startswith("on_")]
    assert [getattr(codepilot, name).__name__ for name in names] == names


def test_each_event_says_its_keywords_in_help():
    for event in codepilot.EventType:
        assert re.search(rf"^ +{event.name}: ", codepilot.EventType.__doc__, re.M)


def test_each_public_name_is_in_all():
    assert {*codepilot._HOME, "__version__"} == set(codepilot.__all__)


@pytest.mark.slow
def test_basedpyright_finds_nothing_in_the_examples_of_the_page(project):
    page = (Path(__file__).parents[1] / "docs" / "library.md").read_text(encoding="utf-8")
    examples = re.findall(r"```python\n(.*?)```", page, re.S)
    (project / "page.py").write_text("\n".join(examples))
    report = json.loads(
        check(project, "basedpyright", "--outputjson", "--pythonpath", sys.executable, "page.py").stdout
    )
    found = [each["message"] for each in report["generalDiagnostics"]]
    assert [line for line in found if "unknown" in line] == []
    assert report["summary"]["errorCount"] == 0


def test_each_public_function_tells_its_arguments():
    for name in codepilot.__all__:
        value = getattr(codepilot, name)
        methods = vars(value).values() if inspect.isclass(value) else [value]
        for method in methods:
            if not inspect.isfunction(method) or method.__name__.startswith("_"):
                continue
            taken = [each for each in inspect.signature(method).parameters if each not in ("self", "cls")]
            words = method.__doc__ or ""
            assert words and (len(taken) < 2 or "Args:" in words), f"{name}.{method.__name__}"
