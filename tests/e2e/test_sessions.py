"""A session outlives the screen: killed in the middle of a command, it is all there again, and nothing is done twice."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from typing import Any

import pytest

from codepilot.testing import ModelServer, Turn

pytestmark = pytest.mark.slow

LAST = "Continue the last session of this folder?"
CUT = "Continue this task?"
WORK = 'I will mark it.\n\n```codepilot\nrun_command("echo x >> mark; sleep 600", timeout=900)\n```\n'
TURNS = [
    Turn(text=WORK, match=r"\[USER INPUT\]\nMark"),
    Turn(text="I know how it stands.", match=r"The command still runs"),
    Turn(text="As you say.", repeat=True),
]


@pytest.fixture
def bench_of(place: Any, start: Any, driver: Any) -> Iterator[Any]:
    """Starts the workbench on the scripted model."""
    with ModelServer(TURNS) as server:
        agent = place.agent_file(server.openai_url)
        yield lambda *options: start([*driver.TUI, "--agent", str(agent), *options], 150, 40)


def killed(bench_of: Any, place: Any) -> None:
    """A first program, killed while a command runs that has done its work."""
    bench = bench_of()
    bench.wait_for("○ ready")
    bench.say("Mark it")
    bench.answer("y", "Run this command?")
    bench.wait_until(lambda: (place.project / "mark").exists())
    bench.signal(signal.SIGKILL)
    assert bench.wait_end() == -signal.SIGKILL


def test_a_killed_session_goes_on(bench_of: Any, place: Any) -> None:
    killed(bench_of, place)
    bench = bench_of()
    bench.wait_for("Mark it")
    bench.answer("y", LAST)
    bench.ready(CUT)
    bench.wait_for("I will mark it.")  # the chat is there again
    bench.wait_for("in step 1, in run_command")
    bench.press("y")
    bench.wait_for("I know how it stands.")
    bench.wait_for("the task continues")
    assert "The rest of its block" not in bench.flat(), "its block was that call"
    assert (place.project / "mark").read_text() == "x\n"
    bench.press("ctrl+q")
    bench.answer("y", "Quit? This is still running:")
    assert bench.wait_end() == 0
    again = bench_of("--continue")
    again.wait_for("I know how it stands.")
    again.wait_for("○ ready")
    assert CUT not in again.screen_text()


def test_a_new_session_is_begun_beside_the_old_one(bench_of: Any, place: Any) -> None:
    killed(bench_of, place)
    bench = bench_of()
    bench.answer("n", LAST)
    bench.wait_for("○ ready")
    assert "I will mark it." not in bench.screen_text()
    bench.say("Something else")
    bench.wait_for("As you say.")
    assert len(list((place.home / "cp" / "state" / "sessions").iterdir())) == 2


def test_a_cut_task_may_be_left(bench_of: Any, place: Any) -> None:
    killed(bench_of, place)
    bench = bench_of("--continue")
    bench.answer("n", CUT)
    bench.wait_for("○ ready")
    bench.say("Leave that")
    bench.wait_for("The program ended in step 1")
    bench.wait_for("I know how it stands.")  # the agent is told with the words of the new task
    assert (place.project / "mark").read_text() == "x\n"


def test_words_that_wait_and_the_draft_come_back(bench_of: Any, place: Any) -> None:
    bench = bench_of()
    bench.wait_for("○ ready")
    bench.say("Mark it")
    bench.answer("y", "Run this command?")
    bench.wait_until(lambda: (place.project / "mark").exists())
    bench.say("And mind this")
    bench.wait_for("And mind this")
    bench.type("half a senten")
    drafts = place.home / "cp" / "state" / "sessions"
    bench.wait_until(lambda: any(path.read_text() == "half a senten" for path in drafts.glob("*/draft")))
    bench.signal(signal.SIGKILL)
    bench.wait_end()
    again = bench_of("--continue")
    again.answer("n", CUT)
    again.wait_for("○ ready")
    again.wait_for("And mind this")
    again.wait_for("half a senten")
    again.wait_for("1 message is held.")
    again.press("enter")
    again.wait_for("I know how it stands.")
    again.press("alt+g")
    again.wait_for("As you say.")
    journal = next(drafts.glob("*/journal.jsonl")).read_text()
    delivered = journal.count('"kind":"person"') + journal.count('"task":"And mind this"')  # one of the two
    assert delivered == 1 and "half a senten" in journal
    again.wait_until(lambda: not any(drafts.glob("*/draft")))


def test_a_session_that_is_open_elsewhere_is_read_along_or_forked(bench_of: Any, place: Any) -> None:
    first = bench_of()
    first.wait_for("○ ready")
    first.say("Hello there")
    first.wait_for("As you say.")
    second = bench_of("--continue")
    second.ready("Read along, or fork?")
    assert "Hello there 20" in second.flat(), "its title, with the id behind"
    second.press("r")
    second.wait_for("Reading along: Hello there")
    second.wait_for("As you say.")
    second.wait_for("○ reading along")
    assert "waits for you" not in second.screen_text()
    first.wait_for("○ ready")
    first.say("And now this")
    second.wait_for("And now this")
    second.press("escape")
    second.answer("f", "Read along, or fork?")
    second.wait_for("○ ready")
    second.wait_for("And now this")
    second.say("Another way")
    second.wait_for("Another way")
    assert "Another way" not in first.screen_text()
    assert len(list((place.home / "cp" / "state" / "sessions").iterdir())) == 2


def test_a_session_of_the_list_that_is_open_elsewhere_is_read_along_told_something_and_forked(
    bench_of: Any, place: Any
) -> None:
    first = bench_of()
    first.wait_for("○ ready")
    first.say("Hello there")
    first.wait_for("As you say.")
    second = bench_of()
    second.wait_for("○ ready")
    second.press("alt+s")
    second.wait_for("Hello there")
    second.wait_for("Enter read along")
    second.press("enter")
    second.wait_for("Reading along: Hello there")
    second.wait_for("As you say.")
    second.press("enter")
    second.wait_for("Enter send")
    second.type("From over here")
    second.press("enter")
    second.wait_for("the agent reads it with the next task")
    first.wait_for("○ ready")
    first.say("And now this")
    second.wait_for("From over here")
    second.press("escape")
    second.wait_for("Enter read along")
    second.press("enter")
    second.wait_for("Ctrl+F fork")
    second.press("ctrl+f")
    second.wait_gone("Ctrl+F fork")  # what is said stood in the page before, and so did "ready" below it
    second.wait_for("2 Hello there")
    second.wait_for("○ ready")
    second.say("Another way")
    second.wait_for("Another way")
    assert "Another way" not in first.screen_text()


def test_a_session_is_played_again_from_the_list_and_by_its_command(bench_of: Any) -> None:
    bench = bench_of()
    bench.wait_for("○ ready")
    bench.say("Hello there")
    bench.wait_for("As you say.")
    bench.wait_for("○ ready")
    bench.say("/replay")
    bench.wait_for("Replay: Hello there")
    bench.wait_for("at the end · 1× · prompt 1 of 1")
    bench.press("left", "left", "left", "left", "left", "left")
    bench.wait_for("paused · 1× · prompt 0 of 1")
    bench.wait_gone("As you say.")
    bench.press("plus", "space")
    bench.wait_for("at the end · 2×")
    bench.wait_for("As you say.")
    bench.press("escape", "alt+s")
    bench.wait_for("Ctrl+P play")
    bench.press("ctrl+p")
    bench.wait_for("Replay: Hello there")
    bench.press("escape")
    bench.wait_for("Ctrl+P play")


def test_reading_along_follows_the_way_back_and_forth(bench_of: Any) -> None:
    first = bench_of()
    first.wait_for("○ ready")
    first.say("Hello there")
    first.wait_for("As you say.")
    first.wait_for("○ ready")
    first.press("alt+z")
    first.wait_for("Enter rewind")
    first.press("tab", "enter")
    first.wait_for("Enter yes, rewind conversation")
    first.press("enter")
    first.wait_for("Conversation rewound.")
    first.press("alt+z")
    first.wait_for("Ctrl+Z redo")
    first.press("ctrl+z")
    first.wait_for("As you say.")
    second = bench_of("--continue")
    second.answer("r", "Read along, or fork?")
    second.wait_for("Reading along")
    second.wait_for("As you say.")
    assert "Rewind undone" in second.screen_text()
