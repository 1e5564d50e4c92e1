"""Several sessions in one workbench, and going back with files, in a real terminal."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from codepilot.testing import ModelServer, Turn

pytestmark = pytest.mark.slow

ASKED = Turn(text="```codepilot\nanswer = ask_user('Which colour?')\n```\n", match="Paint it")
PAINTED = Turn(text="```completion\nIt is blue.\n```", match="blue")
EDIT = Turn(
    text="```codepilot\nwrite_file('a.txt')\n```\n\n```text filename=a.txt\nnew\n```\n",
    match=r"\[USER INPUT\]\nWrite it",
)
TURNS = [ASKED, PAINTED, EDIT, Turn(text="As you say.", repeat=True)]


@pytest.fixture
def bench_of(place: Any, start: Any, driver: Any) -> Iterator[Any]:
    """Starts the workbench on the scripted model."""
    with ModelServer(TURNS) as server:
        agent = place.agent_file(server.openai_url)
        yield lambda *options: start([*driver.TUI, "--agent", str(agent), *options], 150, 40)


def test_tabs_are_opened_shown_and_closed(bench_of: Any, place: Any) -> None:
    bench = bench_of()
    bench.wait_for("○ ready")
    bench.say("First words")
    bench.wait_for("As you say.")
    bench.wait_for("○ ready")
    bench.press("alt+n")
    bench.wait_for("1 First words ○")
    bench.wait_gone("As you say.")
    bench.wait_for("○ ready")
    bench.say("Second words")
    bench.wait_for("2 Second words ○")
    bench.wait_for("As you say.")
    bench.press("alt+1")
    bench.wait_for("▍ First words")
    bench.type("a draft")
    bench.press("alt+2")
    bench.wait_for("▍ Second words")
    assert "a draft" not in bench.screen_text()
    bench.press("alt+w")
    bench.wait_for("a draft")
    bench.wait_gone("Second words")
    sessions = place.home / "cp" / "state" / "sessions"
    assert len(list(sessions.iterdir())) == 2, "the session of the tab that was closed stays"


def test_a_question_in_another_tab_is_said_in_the_row_of_tabs(bench_of: Any) -> None:
    bench = bench_of()
    bench.wait_for("○ ready")
    bench.say("Paint it")
    bench.ready("Which colour?")
    bench.press("escape")
    bench.press("alt+n")
    bench.wait_for("1 Paint it ? asks")
    bench.wait_for("○ ready")
    assert "Which colour?" not in bench.screen_text()
    bench.say("Something else")
    bench.wait_for("As you say.")
    bench.press("alt+1")
    bench.wait_for("Which colour?")
    bench.press("ctrl+o")
    bench.ready("Which colour?")
    bench.type("blue")
    bench.press("enter")
    bench.wait_for("It is blue.")
    bench.wait_for("1 Paint it ○")


def test_conversation_and_files_go_back_and_come_again(bench_of: Any, place: Any) -> None:
    bench = bench_of("--mode", "auto-edit")
    file = place.project / "a.txt"
    bench.wait_for("○ ready")
    bench.say("First words")
    bench.wait_for("As you say.")
    bench.wait_for("○ ready")
    bench.say("Write it")
    bench.wait_until(file.exists)
    bench.wait_until(lambda: bench.screen_text().count("As you say.") == 2)  # the second step's words
    bench.wait_for("○ ready")
    bench.press("escape")
    bench.wait_for("Esc again: rewind")
    bench.press("escape")
    bench.wait_for("a.txt  deleted")
    bench.press("enter")
    bench.wait_for("Enter yes, rewind conversation and files")
    assert file.read_text() == "new\n"
    bench.press("enter")
    bench.wait_until(lambda: not file.exists())
    bench.wait_for("Ctrl+Z undoes this.")
    bench.wait_gone("▍ Write it")
    bench.wait_for("▍ First words")
    bench.press("ctrl+z")
    bench.wait_until(file.exists)
    bench.wait_for("Rewind undone.")
    bench.wait_for("▍ Write it")
    assert file.read_text() == "new\n"
    bench.press("ctrl+q")
    assert bench.wait_end() == 0
    bench.assert_clean_terminal()
    bench.assert_nothing_left()
