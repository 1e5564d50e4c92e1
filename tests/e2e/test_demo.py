"""The guided demo by keyboard alone, on a wide and on the smallest screen: each answer has its honest branch."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.slow

SIZES = pytest.mark.parametrize(("columns", "lines"), [(160, 48), (80, 24)])
COMMAND = "Run this command?"
QUESTION = "The agent asks you"
EDIT = "Change inventory/stock.py?"
IDLE = "○ ready"


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
    return (
        subprocess.run([sys.executable, "-m", "unittest", "-q"], cwd=folder, capture_output=True).returncode
        == 0
    )


def leave(bench: Any, code: int = 0) -> None:
    """Quit while idle, and look what is left."""
    bench.note_processes()
    bench.press("ctrl+q")
    assert bench.wait_end() == code
    bench.assert_clean_terminal()
    bench.assert_nothing_left()


def command(bench: Any, words: str) -> None:
    """Type a command; Enter once the list under it has followed."""
    bench.type(words)
    bench.wait_for(
        lambda text: f"│ {words} " in text and re.findall(r"^[▎ ](/\w+) {2}", text, re.M) == [words]
    )
    bench.press("enter")


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


def test_what_happens_for_the_first_time_says_its_key_once(place: Any, demo: Any) -> None:
    place.seen.unlink()

    def quit_at_the_question(bench: Any) -> str:
        bench.ready(COMMAND)
        if not place.seen.exists() or "question" not in json.loads(place.seen.read_text()):
            bench.wait_for("y n d answer · letters write")
        shown = str(bench.screen_text())
        bench.press("ctrl+q")
        bench.ready("Quit? The agent is working.")
        bench.press("y")
        assert bench.wait_end() == 0
        return shown

    quit_at_the_question(demo())
    assert "question" in json.loads(place.seen.read_text())
    assert "letters write" not in quit_at_the_question(demo())


@SIZES
def test_no_with_and_without_words(place: Any, demo: Any, columns: int, lines: int) -> None:
    bench = demo(columns, lines)
    bench.answer("n", COMMAND)
    bench.ready(QUESTION)
    bench.type("it")
    bench.wait_for(re.compile(r"  it(  | *$)", re.M))
    bench.press("escape")  # later
    bench.wait_gone("Enter answer")
    bench.wait_for("The agent asks")
    bench.wait_for("You did not let me run the tests")
    bench.press("ctrl+o")
    bench.ready(QUESTION)
    bench.say("em")  # what was begun is still there
    bench.answer("d", EDIT)
    bench.wait_for("no, with these words")
    bench.say("Use an assertion instead.")
    bench.wait_for("“Use an assertion instead.”")  # in the model's own words: it was told
    bench.wait_for("Demo ended")
    bench.wait_for(IDLE)
    bench.wait_for("You: item")
    folder = project(place)
    assert "raise" not in (folder / "inventory" / "stock.py").read_text()
    assert not it_passes(folder)
    leave(bench)


@SIZES
def test_later_then_yes_then_stop(place: Any, demo: Any, columns: int, lines: int) -> None:
    bench = demo(columns, lines)
    bench.ready(COMMAND)
    bench.press("escape")
    bench.wait_gone("allow once")
    bench.wait_for("Ctrl+O")
    bench.type("a draft")
    bench.wait_for("a draft")
    bench.press("ctrl+o")
    bench.answer("y", COMMAND)
    bench.wait_for(QUESTION)  # the draft has the keyboard
    bench.type("!")
    bench.wait_for("a draft!")
    bench.press("ctrl+o")
    bench.ready(QUESTION)
    bench.press("escape")
    bench.wait_gone("Enter answer")
    assert "a draft!" in bench.screen_text()
    bench.press("escape")  # nothing is open: this stops
    bench.wait_for("Stopped")
    bench.wait_gone("Ctrl+O answer")
    assert "a draft" in bench.screen_text()
    bench.press("ctrl+c")  # clears
    bench.wait_for(IDLE)
    leave(bench)


@SIZES
def test_ctrl_c_clears_stops_and_quits(demo: Any, columns: int, lines: int) -> None:
    bench = demo(columns, lines)
    bench.wait_for("step 1")
    bench.type("half a thou")
    bench.wait_for("half a thou")
    bench.press("ctrl+c")
    bench.wait_gone("half a thou")
    assert "Stopped" not in bench.screen_text()
    bench.press("up")  # what was cleared is not lost
    bench.wait_for("half a thou")
    bench.press("ctrl+c")  # a second one, but there is something to clear
    bench.wait_gone("half a thou")
    clears_end = bench.now() + 1.0
    bench.wait_until(lambda: bench.now() > clears_end)  # two within a second mean something else
    bench.press("ctrl+c")
    bench.wait_for("Stopped")
    bench.wait_for(IDLE)
    stop_end = bench.now() + 1.0
    bench.wait_until(lambda: bench.now() > stop_end)
    bench.press("ctrl+c")
    bench.wait_for("Ctrl+C again")
    bench.note_processes()
    bench.press("ctrl+c")
    assert bench.wait_end() == 0
    bench.assert_clean_terminal()
    bench.assert_nothing_left()


@SIZES
def test_quit_while_it_works_asks(demo: Any, columns: int, lines: int) -> None:
    bench = demo(columns, lines)
    bench.wait_for("step 1")
    bench.press("ctrl+q")
    bench.ready("Quit? The agent is working.")
    bench.wait_for("Esc stay")
    bench.press("n")
    bench.wait_gone("stop it and quit")
    bench.answer("y", COMMAND)
    bench.ready(QUESTION)
    bench.press("ctrl+q")  # from within a question, too
    bench.ready("Quit? The agent is working.")
    bench.wait_for("Esc stay")
    bench.note_processes()
    bench.press("y")
    assert bench.wait_end() == 0
    bench.assert_clean_terminal()
    bench.assert_nothing_left()


def test_the_second_task_help_new_and_quit(place: Any, demo: Any) -> None:
    bench = demo(80, 24)
    bench.answer("n", COMMAND)
    bench.ready(QUESTION)
    bench.press("escape")
    bench.wait_gone("Enter answer")
    bench.press("escape")
    bench.wait_for("Stopped")
    bench.say("And once more, please.")
    bench.wait_for("And once more, please.")
    bench.answer("n", COMMAND)
    bench.ready(QUESTION)
    bench.press("escape")
    bench.wait_gone("Enter answer")
    bench.say("/new")  # it is not offered now, and refused in words
    bench.wait_for("The agent waits for your answer. Ctrl+O goes to")
    bench.press("escape")
    bench.wait_for("Stopped")
    bench.wait_for(IDLE)
    command(bench, "/new")
    bench.answer("y", "Start a new conversation?")
    bench.wait_gone("Stopped")
    bench.wait_gone("You did not let me")
    command(bench, "/help")
    bench.wait_for("then a letter")
    bench.type("quit")
    bench.wait_for("/quit")
    bench.press("escape")
    bench.wait_gone("/quit")
    bench.press("escape")
    bench.wait_gone("then a letter")
    bench.say("/nonsense")
    bench.wait_for("No command /nonsense")
    bench.press("ctrl+c")
    bench.wait_for(IDLE)
    bench.say("Hello again.")
    bench.answer("n", COMMAND)
    bench.ready(QUESTION)
    bench.press("escape")
    bench.wait_gone("Enter answer")
    bench.press("escape")
    bench.wait_for("Stopped")
    bench.note_processes()
    command(bench, "/quit")
    assert bench.wait_end() == 0
    bench.assert_clean_terminal()
    bench.assert_nothing_left()


@SIZES
def test_two_hands_on_one_terminal(place: Any, demo: Any, columns: int, lines: int) -> None:
    bench = demo(columns, lines)
    bench.ready(COMMAND)
    bench.press("escape")
    bench.wait_gone("allow once")
    bench.press("f6")
    bench.wait_for("hand back")
    folder = project(place)
    bench.say("echo typed-by-$((6 * 7)); touch by-hand")
    bench.wait_for("typed-by-42")
    bench.wait_until(lambda: (folder / "by-hand").exists())
    bench.say("echo cat-$((40 + 2)); cat")
    bench.wait_for("cat-42")
    for key in ("escape", "ctrl+o", "f1", "tab", "up"):
        bench.press(key)  # all of them are the program's
    bench.wait_for("^[^O^[OP")
    bench.press("ctrl+c")
    bench.wait_for("^C")
    assert "Stopped" not in bench.screen_text()
    assert "allow once" not in bench.screen_text()
    bench.press("f6")
    bench.wait_for_terminal()
    bench.type("for the composer")
    bench.wait_for("for the composer")
    bench.press("ctrl+c")
    bench.wait_gone("for the composer")
    bench.press("ctrl+x", "t")  # the leader's twin
    bench.wait_for("hand back")
    bench.press("f6")
    bench.wait_for_terminal()
    bench.press("ctrl+o")
    bench.answer("y", COMMAND)
    bench.ready(QUESTION)
    if columns >= 110:
        bench.wait_for("...F.")
    bench.press("escape")
    bench.wait_gone("Enter answer")
    bench.press("escape")
    bench.wait_for("Stopped")
    leave(bench)


@SIZES
def test_palette_leader_and_panes(demo: Any, columns: int, lines: int) -> None:
    bench = demo(columns, lines)
    bench.ready(COMMAND)
    bench.press("escape")
    bench.wait_gone("allow once")
    bench.press("ctrl+p")
    bench.wait_for("type to find")
    bench.type("theme")
    bench.wait_for("Choose the theme")
    bench.press("enter")
    bench.wait_for("dusk")
    bench.press("escape")
    bench.wait_gone("type to find")
    if "FILES" in bench.screen_text():
        bench.press("ctrl+x", "b")
        bench.wait_gone("FILES")
    bench.press("ctrl+x")
    bench.wait_for("Keys")
    bench.press("f")
    bench.wait_for("FILES")
    bench.press("f5")
    bench.type("back in the composer")
    bench.wait_for("back in the composer")
    bench.press("ctrl+c")
    bench.press("ctrl+x", "z")
    bench.wait_gone("FILES")
    bench.press("ctrl+x", "z")
    if columns >= 110:  # else the chat has the body while one writes
        bench.wait_for("FILES")
    bench.press("ctrl+x", "s")
    bench.wait_for("Stopped")
    leave(bench)


def test_resizing_all_the_while(place: Any, demo: Any) -> None:
    bench = demo(160, 48)
    sizes = [(80, 24), (200, 60), (60, 20), (119, 30), (20, 6), (160, 48)]
    for width, height in sizes:
        bench.resize(width, height)
        bench.pump()
    bench.ready(COMMAND)
    for width, height in sizes:
        bench.resize(width, height)
        bench.pump()
    bench.ready(COMMAND)
    bench.press("y")
    bench.resize(80, 24)
    bench.ready(QUESTION)
    bench.say("part")
    bench.resize(100, 30)
    bench.ready(EDIT)
    bench.resize(160, 48)
    bench.ready(EDIT)
    bench.press("n")
    bench.wait_for("Demo ended")
    bench.wait_for(IDLE)
    bench.resize(80, 24)
    bench.wait_for("Demo ended")
    bench.wait_for(IDLE)
    leave(bench)
