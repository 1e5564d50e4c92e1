"""No module grows beyond what can be read in one go."""

import ast
from pathlib import Path

import codepilot

SOURCE = Path(codepilot.__file__).parents[1]
MOST = 300
"""Lines of a module."""
LONGER = {
    "codepilot/agentfile/reader.py",
    "codepilot/cli/attach/attached.py",
    "codepilot/protocol/mends.py",
    "codepilot/runtime/native.py",
    "codepilot/terminal/session/boundaries.py",
    "codepilot/terminal/session/processes.py",
    "codepilot/terminal/session/pty.py",
    "codepilot_tui/screens/terminal_column.py",
    "codepilot_tui/widgets/terminal/pane.py",
    "codepilot_tui/widgets/terminal/view.py",
}
"""Those that are longer. The list may become shorter, and none may be added."""
LONGEST = 360
"""Lines of one of those."""


def sizes():
    return {
        path.relative_to(SOURCE).as_posix(): len(path.read_text().splitlines())
        for path in SOURCE.rglob("*.py")
    }


def test_no_module_is_longer_than_it_may_be():
    assert {
        name: lines for name, lines in sizes().items() if lines > (LONGEST if name in LONGER else MOST)
    } == {}


def test_the_session_screen_only_composes():
    assert sizes()["codepilot_tui/screens/session.py"] <= 250


def test_a_module_that_became_short_leaves_the_list():
    there = sizes()
    assert [name for name in LONGER if there.get(name, 0) <= MOST] == []


MOST_ARGUMENTS = 6
"""Of a constructor, without `self`: one that takes more is two things."""
OPTIONS_OF_A_PROGRAM = {"codepilot/runtime/native.py", "codepilot/runtime/blocking.py"}
"""The public runtimes: each argument is an option with a default, as in codepilot-ai."""


def test_no_constructor_takes_more_than_it_may():
    found = []
    for path in SOURCE.rglob("*.py"):
        name = path.relative_to(SOURCE).as_posix()
        for each in ast.walk(ast.parse(path.read_text())):
            if (
                isinstance(each, ast.FunctionDef)
                and each.name == "__init__"
                and name not in OPTIONS_OF_A_PROGRAM
            ):
                taken = each.args
                count = len(taken.posonlyargs) + len(taken.args) + len(taken.kwonlyargs) - 1
                if count > MOST_ARGUMENTS:
                    found.append(f"{name}:{each.lineno}: {count}")
    assert found == []
