"""The guided demo by keyboard alone, on a wide and on the smallest screen: each answer has its honest branch."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.slow

SIZES = pytest.mark.parametrize(("columns", "lines"), [(160, 48), (80, 24)])
COMMAND = "run a command"
QUESTION = "The agent asks you"
EDIT = "change a file"
IDLE = "Say what you want done"


@pytest.fixture
def demo(start: Any, driver: Any) -> Any:
    """Opens the demo; its task starts by itself."""

    def begin(columns: int = 160, lines: int = 48) -> Any:
        return start([*driver.TUI, "--demo"], columns, lines)

    return begin


def project(place: Any) -> Path:
    """Where the demo works."""
    found = list(place.temporary.glob("codepilot-demo-*/inventory"))
    assert len(found) == 1
    return Path(found[0])


def it_passes(folder: Path) -> bool:
    """The project's tests, run from outside."""
    return subprocess.run([sys.executable, "-m", "unittest", "-q"], cwd=folder, capture_output=True).returncode == 0


def leave(bench: Any, code: int = 0) -> None:
    """Quit while idle, and look what is left."""
    bench.note_processes()
    bench.press("ctrl+q")
    assert bench.wait_end() == code
    bench.assert_clean_terminal()
    bench.assert_nothing_left()


@SIZES
def test_yes_to_the_end(place: Any, demo: Any, columns: int, lines: int) -> None:
    bench = demo(columns, lines)
    bench.answer("y", COMMAND)
    bench.ready(QUESTION)
    bench.say("part")
    bench.ready(EDIT)
    folder = project(place)
    assert "raise OutOfStock" not in (folder / "inventory" / "stock.py").read_text()
    assert not it_passes(folder)
    bench.wait_for("raise OutOfStock")
    bench.press("y")
    bench.answer("y", COMMAND)
    bench.wait_for("all five tests pass")
    bench.wait_for(IDLE)
    assert "{have} part(s) left" in (folder / "inventory" / "stock.py").read_text()
    assert it_passes(folder)
    leave(bench)


@SIZES
def test_no_with_and_without_words(place: Any, demo: Any, columns: int, lines: int) -> None:
    bench = demo(columns, lines)
    bench.answer("n", COMMAND)
    bench.ready(QUESTION)
    bench.type("it")
    bench.wait_for(lambda text: " it " in text)
    bench.press("escape")  # later
    bench.wait_gone("answer later")
    bench.wait_for("The agent asks")
    bench.wait_for("You did not let me run the tests")
    bench.press("ctrl+o")
    bench.ready(QUESTION)
    bench.say("em")  # what was begun is still there
    bench.answer("d", EDIT)
    bench.wait_for("says no with these words")
    bench.say("Use an assertion instead.")
    bench.wait_for("You said: “Use an assertion instead.”")
    bench.wait_for("still fails")
    bench.wait_for(IDLE)
    bench.wait_for("You item")
    folder = project(place)
    assert "raise" not in (folder / "inventory" / "stock.py").read_text()
    assert not it_passes(folder)
    leave(bench)


@SIZES
def test_later_then_yes_then_stop(place: Any, demo: Any, columns: int, lines: int) -> None:
    bench = demo(columns, lines)
    bench.ready(COMMAND)
    bench.press("escape")
    bench.wait_gone("once")
    bench.wait_for("Ctrl+O")
    bench.type("a draft")
    bench.wait_for("a draft")
    bench.press("ctrl+o")
    bench.answer("y", COMMAND)
    bench.ready(QUESTION)
    bench.press("escape")
    bench.wait_gone("answer later")
    assert "a draft" in bench.screen_text()
    bench.press("escape")  # nothing is open: this stops
    bench.wait_for(re_stopped())
    bench.wait_gone("Ctrl+O answer")
    assert "a draft" in bench.screen_text()
    bench.press("ctrl+c")  # clears
    bench.wait_for(IDLE)
    leave(bench)


def re_stopped() -> Any:
    """What the chat says of a task that was stopped."""
    import re

    return re.compile(r"[Ss]topped")
