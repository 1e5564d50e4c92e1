"""The rules for tests that CONTRIBUTING.md names: no mocks, no waiting by the clock."""

import ast
from pathlib import Path

import pytest

TESTS = Path(__file__).parents[1]
PRODUCT = ("codepilot", "codepilot_tui")


def faults(source):
    """The lines of a test file that break a rule, each with the rule."""
    tree = ast.parse(source)
    names = {
        alias.asname or alias.name.partition(".")[0]: getattr(node, "module", None) or alias.name
        for node in ast.walk(tree)
        if isinstance(node, ast.Import | ast.ImportFrom)
        for alias in node.names
    }
    ours = {name for name, module in names.items() if module.partition(".")[0] in PRODUCT}
    functions = {
        node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    }
    polls = {
        id(call)
        for loop in ast.walk(tree)
        if isinstance(loop, ast.While)
        for statement in loop.body
        for call in ast.walk(statement)
    }
    for node in ast.walk(tree):
        for rule, broken in (
            ("no mocks", _mocks(node) or _replaces(node, ours) or _replaces_within(node, functions)),
            ("no sleep but in a loop that waits for something", id(node) not in polls and _sleeps(node)),
        ):
            if broken:
                yield f"{node.lineno}: {rule}"


def _mocks(node):
    if isinstance(node, ast.Import | ast.ImportFrom):
        said = [getattr(node, "module", None) or "", *(alias.name for alias in node.names)]
        return any("mock" in name.split(".") for name in said)
    return isinstance(node, ast.arg) and node.arg == "mocker"


def _replaces(node, ours):
    """A part of the product is replaced. A bound, written in capitals, may be set; so may what is Python's, as `sys.stdin`."""
    if isinstance(node, ast.Call) and ast.unparse(node.func) == "monkeypatch.setattr":
        owner, name = node.args[0], node.args[1]
        if isinstance(owner, ast.Constant):
            whole = owner.value
            return whole.startswith(PRODUCT) and not whole.rpartition(".")[2].isupper()
        of_ours = isinstance(owner, ast.Name | ast.Attribute) and ast.unparse(owner).partition(".")[0] in ours
        return of_ours and not (isinstance(name, ast.Constant) and name.value.isupper())
    if isinstance(node, ast.Assign):
        return any(
            isinstance(each, ast.Attribute) and isinstance(each.value, ast.Name) and each.value.id in ours
            for each in node.targets
        )
    return False


CALLBACKS = ("watch", "commands")
"""What parts of the product have in order that it be set."""
SPIES = ("submit", "render_lines", "strip", "_timer")
"""Still replaced: by what calls the part itself and notes it, and a timer of Textual that does not run."""


def _replaces_within(node, functions):
    """A function takes the place of a part of something that a test holds, as in `app.line.refresh = lambda: None`."""
    if not isinstance(node, ast.Assign) or ast.unparse(node.targets[0]).endswith((*CALLBACKS, *SPIES)):
        return False
    value = node.value
    function = isinstance(value, ast.Lambda) or (isinstance(value, ast.Name) and value.id in functions)
    return function and any(
        isinstance(each, ast.Attribute)
        and isinstance(each.value, ast.Attribute)
        and not ast.unparse(each).startswith(("textual.", "base_events.", "selectors."))
        for each in node.targets
    )


def _sleeps(node):
    """It waits so many seconds; Textual's `pilot.pause()` without any waits until nothing is left to be done."""
    if not (isinstance(node, ast.Call) and node.args):
        return False
    name = ast.unparse(node.func)
    if name not in ("time.sleep", "asyncio.sleep", "sleep") and not name.endswith("pilot.pause"):
        return False
    return not (isinstance(node.args[0], ast.Constant) and node.args[0].value == 0)


@pytest.mark.parametrize(
    ("source", "rule"),
    [
        ("import unittest.mock", "no mocks"),
        ("from unittest import mock", "no mocks"),
        ("def test_it(mocker): ...", "no mocks"),
        ("from codepilot import text\nmonkeypatch.setattr(text, 'clean', str)", "no mocks"),
        ("monkeypatch.setattr('codepilot.text.clean', str)", "no mocks"),
        ("from codepilot import text\ntext.clean = str", "no mocks"),
        ("app.line.refresh = lambda: None", "no mocks"),
        ("async def refuse(): ...\napp.driver.client.open = refuse", "no mocks"),
        ("import time\ntime.sleep(1)", "no sleep"),
        ("async def test_it():\n    await asyncio.sleep(0.1)", "no sleep"),
        ("async def test_it():\n    for _ in range(9):\n        await asyncio.sleep(gap)", "no sleep"),
        ("async def test_it(pilot):\n    await pilot.pause(1)", "no sleep"),
        ("async def test_it(pilot):\n    await pilot.pause()", ""),
        ("from codepilot import text\nmonkeypatch.setattr(text, '_MOST', 1)", ""),
        ("monkeypatch.setattr(sys, 'stdin', None)", ""),
        ("app.asked = lambda: None", ""),
        ("app.line.hints = HINTS", ""),
        ("async def test_it():\n    await asyncio.sleep(0)", ""),
        ("async def until(there):\n    while not there():\n        await asyncio.sleep(0.01)", ""),
    ],
)
def test_a_rule_is_known_when_it_is_broken(source, rule):
    found = list(faults(source))
    assert len(found) == bool(rule) and all(rule in each for each in found)


@pytest.mark.parametrize("path", sorted(TESTS.rglob("*.py")), ids=lambda path: str(path.relative_to(TESTS)))
def test_a_test_keeps_the_rules(path):
    assert list(faults(path.read_text(encoding="utf-8"))) == []
