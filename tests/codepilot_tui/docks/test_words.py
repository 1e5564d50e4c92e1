"""The docks that ask in sentences: quit, trust, confirm, clipboard; and the agent's question."""

import pytest
from textual import events

from codepilot_tui.docks.ask import AskDock
from codepilot_tui.docks.clipboard import ClipboardDock
from codepilot_tui.docks.confirm import ConfirmDock
from codepilot_tui.docks.quit import QuitDock
from codepilot_tui.docks.trust import TrustDock
from codepilot_tui.docks.words import WordsBody, said_picture, said_rows
from codepilot_tui.keyboard import InputTranslator
from codepilot_tui.theme import load_theme, tokens_for

SOON = 0.02
NEVER = 3600.0
TOKENS = load_theme("dusk")


def test_what_is_too_long_scrolls_and_says_so():
    lines = [[(f"line {number}", "ink")] for number in range(20)]
    assert str(said_picture(lines, 40, 4, 0, TOKENS)).split("\n")[-1] == "   ⋯ 17 more lines · ↓"
    last = str(said_picture(lines, 40, 4, 99, TOKENS))
    assert "line 19" in last and "⋯ the end · ↑" in last


async def test_a_question_is_answered_with_enter(bench, wait, screen_text):
    async with bench.run_test(size=(80, 24)) as pilot:
        dock = AskDock("Which [red]one[/red]?\n1. SQLite", deaf=SOON)
        bench.ask(dock)
        await wait(pilot, lambda: dock.typing)
        text = screen_text(bench)
        for words in (
            "The agent asks you",
            "Which [red]one[/red]?",
            "1. SQLite",
            "Type your answer, then Enter.",
        ):
            assert words in text
        await pilot.press("enter", "1", "y", "backspace", "n", "tab", "enter")
        assert bench.results == ["1n"]


async def test_a_question_is_drawn_as_the_chat_draws_markdown(bench, wait, screen_text):
    """Its lines stay lines: models put choices below each other without making a list of them."""
    asked = (
        "Which **database** does `stock.py` use?\n\n- SQLite, *one* file\n- Postgres\n\n```python\nx = 1\n```\n"
        "a) this\nb) [that](https://example.org/that)\n"
    )
    async with bench.run_test(size=(80, 30)) as pilot:
        dock = AskDock(asked, deaf=SOON)
        bench.ask(dock)
        await wait(pilot, lambda: dock.typing and "Postgres" in screen_text(bench))
        seen = [row.strip() for row in screen_text(bench).split("\n")]
        for row in (
            "Which database does stock.py use?",
            "• SQLite, one file",
            "• Postgres",
            "x = 1",
            "a) this",
            "b) that (https://example.org/that)",
        ):
            assert row in seen
        assert "```python" not in seen
        styles = {
            segment.text.strip(): segment.style
            for y in range(dock._words.size.height)
            for segment in dock._words.render_line(y)
        }
        assert styles["database"].bold and styles["one"].italic
        assert styles["stock.py"].color == TOKENS.style("code").color
        assert not styles["that"].underline, "nothing opens it here"
        raised = TOKENS.style("", "raised").bgcolor
        assert {style.bgcolor for style in styles.values()} == {raised}


async def test_a_question_of_which_markdown_shows_nothing_is_shown_as_it_was_written(
    bench, wait, screen_text
):
    async with bench.run_test(size=(80, 24)) as pilot:
        dock = AskDock("[this]: https://example.org/that", deaf=SOON)
        bench.ask(dock)
        await wait(pilot, lambda: dock.typing and "[this]: https://example.org/that" in screen_text(bench))


@pytest.mark.parametrize("size", [(80, 24), (60, 20)])
async def test_a_long_question_in_markdown_scrolls(bench, wait, screen_text, size):
    async with bench.run_test(size=size) as pilot:
        dock = AskDock("# Choose\n\n" + "\n".join(f"{n + 1}. **point** {n}" for n in range(40)), deaf=SOON)
        bench.ask(dock)
        await wait(pilot, lambda: dock.typing and "more lines" in screen_text(bench))
        assert "down" in dock.offered() and "point 39" not in screen_text(bench)
        await pilot.press(*["pagedown"] * 8)
        await pilot.pause()
        assert "40. point 39" in screen_text(bench) and "the end" in screen_text(bench)
        await pilot.resize_terminal(50, size[1])
        await wait(pilot, lambda: dock.region.width == 50 and "40. point 39" in screen_text(bench))


async def test_an_answer_takes_several_lines_as_the_composer_does(bench, wait, screen_text):
    async with bench.run_test(size=(80, 24)) as pilot:
        dock = AskDock("Which?", deaf=SOON)
        bench.ask(dock)
        await wait(pilot, lambda: dock.typing)
        dock.answer.post_message(events.Paste("the first\r\nand"))
        await pilot.press("alt+enter", "x", "\\", "enter", "y")
        await wait(pilot, lambda: dock.answer.size.height == 4)
        seen = [row.strip() for row in screen_text(bench).split("\n")]
        at = seen.index("the first")
        assert seen[at : at + 4] == ["the first", "and", "x", "y"]
        assert "Which?" in seen and any("Enter  answer" in row or "Enter answer" in row for row in seen)
        await pilot.press("up", "up", "up", "end", "!", "enter")
        assert bench.results == ["the first!\nand\nx\ny"]


async def test_a_long_answer_scrolls_and_leaves_the_question_in_sight(bench, wait, screen_text):
    async with bench.run_test(size=(60, 20)) as pilot:
        dock = AskDock("Which?", draft="\n".join(f"line {number}" for number in range(30)), deaf=SOON)
        bench.ask(dock)
        await wait(pilot, lambda: dock.typing and "line 29" in screen_text(bench))
        assert dock.answer.size.height == dock.answer.MOST
        assert "Which?" in screen_text(bench) and "line 2\n" not in screen_text(bench)


async def test_a_question_put_off_keeps_the_words(bench, wait):
    async with bench.run_test(size=(80, 24)) as pilot:
        dock = AskDock("Which?", draft="per", deaf=SOON)
        bench.ask(dock)
        await wait(pilot, lambda: dock.typing)
        await pilot.press("h", "escape")
        assert bench.results == [None]
        assert dock.draft == "perh"


async def test_a_question_leaves_words_begun_elsewhere_alone(bench, wait):
    async with bench.run_test(size=(80, 24)) as pilot:
        dock = AskDock("Which?", deaf=NEVER)
        bench.ask(dock)
        await wait(pilot, lambda: bench.focused is dock)
        await pilot.press("h", "i", "enter")
        assert bench.strays == ["h", "i"]
        assert dock.draft == ""


async def test_a_click_on_enter_answers(bench, wait):
    async with bench.run_test(size=(80, 24)) as pilot:
        dock = AskDock("Which?", draft="the first", deaf=SOON)
        bench.ask(dock)
        await wait(pilot, lambda: dock.typing)
        places = {place.name: place for place in dock._chips.made(80).places}
        await pilot.click("ChipRows", offset=(places["Enter"].start, 0))
        assert bench.results == ["the first"]


@pytest.mark.parametrize("size", [(80, 24), (60, 20)])
async def test_a_long_question_scrolls_while_the_line_is_written(bench, wait, screen_text, size):
    async with bench.run_test(size=size) as pilot:
        dock = AskDock("\n".join(f"point {number}" for number in range(40)), deaf=SOON)
        bench.ask(dock)
        await wait(pilot, lambda: dock.typing and "more lines" in screen_text(bench))
        await pilot.press("a", "pagedown", "pagedown", "down", "pagedown", "pagedown", "pagedown", "up")
        await pilot.pause()
        assert "point 38" in screen_text(bench)
        await pilot.press("enter")
        assert bench.results == ["a"]


@pytest.mark.parametrize(("key", "result"), [("y", True), ("n", False), ("escape", None)])
async def test_trust(bench, wait, screen_text, key, result):
    async with bench.run_test(size=(80, 24)) as pilot:
        dock = TrustDock("/home/u/shop", found=["agent.yaml"], deaf=SOON)
        bench.ask(dock)
        await wait(pilot, lambda: dock.ready)
        text = " ".join(screen_text(bench).split())
        for words in (
            "Do you trust the files in this folder?", "/home/u/shop", "agent.yaml", "no, work without them",
            "the folder's agent.yaml is ignored",
        ):  # fmt: skip
            assert words in text
        await pilot.press(key)
        assert bench.results == [result]


@pytest.mark.parametrize("letter", ["y", "d", "n", "a"])
@pytest.mark.parametrize(
    "make",
    [
        lambda: QuitDock(working=False, running=[("main", "make")], deaf=SOON),
        lambda: ClipboardDock("main", "text", deaf=SOON),
        lambda: ConfirmDock("Sure?", "", deaf=SOON),
    ],
)
async def test_no_letter_answers_that_comes_in_one_piece_with_others(bench, wait, letter, make):
    """ "don't quit" would quit, "and then" would always allow."""
    async with bench.run_test(size=(80, 24)) as pilot:
        dock = make()
        bench.ask(dock)
        await wait(pilot, lambda: dock.ready)
        for message in InputTranslator().feed(letter.encode() + b"-x"):
            bench.post_message(message)
        await wait(pilot, lambda: "".join(bench.strays).startswith(letter))
        assert bench.results == []


@pytest.mark.parametrize(("key", "result"), [("y", "end"), ("n", None), ("escape", None)])
async def test_quitting_while_the_agent_works(bench, wait, screen_text, key, result):
    async with bench.run_test(size=(80, 24)) as pilot:
        dock = QuitDock("running pytest", deaf=SOON)
        bench.ask(dock)
        await wait(pilot, lambda: dock.ready)
        text = screen_text(bench)
        assert "It is running pytest. Quitting stops the task." in text
        assert "attach" not in text and "keep" not in text
        await pilot.press(key)
        assert bench.results == [result]


@pytest.mark.parametrize("running", [[], [("main", "make")]])
async def test_quitting_follows_what_the_agent_does(bench, wait, screen_text, running):
    async with bench.run_test(size=(80, 24)) as pilot:
        dock = QuitDock("writing", running=running, deaf=SOON)
        bench.ask(dock)
        await wait(pilot, lambda: dock.ready)
        dock.agent_does("waiting for you", working=True)
        await wait(pilot, lambda: "It is waiting for you. Quitting stops the task." in screen_text(bench))
        assert "Quit? The agent is working." in screen_text(bench)
        dock.agent_does("", working=False)
        title = "Quit? This is still running:" if running else "Quit? Nothing is running any more."
        await wait(pilot, lambda: title in screen_text(bench))
        text = screen_text(bench)
        assert "Quitting stops" not in text and ("end it and quit" in text) is bool(running)
        assert ("its task has ended." in text) is (not running) and dock.ready
        await pilot.press("y")
        assert bench.results == ["end"]


@pytest.mark.parametrize("worked", [True, False])
async def test_quitting_follows_what_runs(bench, wait, screen_text, worked):
    """Found by use: it offered to keep a command running that had ended long ago."""
    async with bench.run_test(size=(80, 24)) as pilot:
        dock = QuitDock(
            "running make" if worked else "", working=worked, running=[("main", "make")], deaf=SOON
        )
        bench.ask(dock)
        await wait(pilot, lambda: dock.ready)
        dock.now_running([("main", "make"), ("jobs", "sleep 9")])
        await wait(pilot, lambda: "jobs       sleep 9" in screen_text(bench))
        dock.agent_does("", working=False)
        await wait(pilot, lambda: "Quit? These are still running:" in screen_text(bench))
        dock.now_running([])
        await wait(pilot, lambda: "Quit? Nothing is running any more." in screen_text(bench))
        text = screen_text(bench)
        assert "main" not in text and "keep" not in text and "end it" not in text
        assert ("its task has ended." in text) is worked and dock.ready
        await pilot.press("d")
        assert bench.results == [], "there is nothing to keep"
        await pilot.press("y")
        assert bench.results == ["end"]


@pytest.mark.parametrize("working", [True, False])
async def test_quitting_while_something_runs(bench, wait, screen_text, working):
    async with bench.run_test(size=(80, 24)) as pilot:
        dock = QuitDock(working=working, running=[("main", "make\x1b[31m"), ("jobs", "")], deaf=SOON)
        bench.ask(dock)
        await wait(pilot, lambda: dock.ready)
        text = screen_text(bench)
        assert ("The agent is working." in text) is working
        assert "main       make␛[31m" in text and "jobs       a background job" in text
        assert "If kept, they run in the background. To see them: codepilot attach" in text and "stay" in text
        assert "quit and keep them running" in text
        assert ("end all and quit" if working else "end them and quit") in text
        assert ("Still running in the terminals:" in text) is working
        await pilot.press("d")
        assert bench.results == ["detach"]


@pytest.mark.parametrize("size", [(120, 40), (80, 24), (60, 20)])
async def test_quitting_names_a_long_command_in_one_row_as_wide_as_the_dock(bench, wait, screen_text, size):
    """Found by use: it was cut at 48 columns where 80 were free, and wrapped where there were less."""
    async with bench.run_test(size=size) as pilot:
        command = "python3 -m http.server --directory " + "/".join(str(n) * 9 for n in range(10)) + " 8999"
        dock = QuitDock(working=False, running=[("server", command), ("main", "make")], deaf=SOON)
        bench.ask(dock)
        await wait(pilot, lambda: dock.ready)
        width = dock.region.width
        rows = [
            strip.text for strip, _ in said_rows(dock.query_one(WordsBody).lines, width, tokens_for(bench))
        ]
        assert rows[0].rstrip() == ("   server     " + command)[: width - 4] + "…"
        assert rows[1].rstrip() == "   main       make"
        assert f"server     {command[:30]}" in screen_text(bench)


async def test_quitting_while_one_command_runs_speaks_of_one(bench, wait, screen_text):
    async with bench.run_test(size=(80, 24)) as pilot:
        dock = QuitDock(working=False, running=[("main", "make")], deaf=SOON)
        bench.ask(dock)
        await wait(pilot, lambda: dock.ready)
        text = screen_text(bench)
        for words in (
            "Quit? This is still running:",
            "end it and quit",
            "quit and keep it running",
            "If kept, it runs",
        ):
            assert words in text
        await pilot.press("y")
        assert bench.results == ["end"]


@pytest.mark.parametrize(("key", "result"), [("y", True), ("n", False), ("escape", False)])
async def test_confirming(bench, wait, screen_text, key, result):
    async with bench.run_test(size=(80, 24)) as pilot:
        dock = ConfirmDock("Paste 3 lines into main?", "one\ntwo", yes="paste", deaf=SOON)
        bench.ask(dock)
        await wait(pilot, lambda: dock.ready)
        text = screen_text(bench)
        assert "Paste 3 lines into main?" in text and "two" in text and "paste" in text and "Esc back" in text
        await pilot.press("enter", key)
        if not bench.results:
            await wait(pilot, lambda: dock.ready)
            await pilot.press(key)
        assert bench.results == [result]


@pytest.mark.parametrize(("key", "result"), [("y", "once"), ("a", "always"), ("n", "no"), ("escape", "no")])
async def test_a_program_wants_the_clipboard(bench, wait, screen_text, key, result):
    async with bench.run_test(size=(80, 24)) as pilot:
        dock = ClipboardDock("main", "secret\x1b\nmore", deaf=SOON)
        bench.ask(dock)
        await wait(pilot, lambda: dock.ready)
        text = screen_text(bench)
        assert "Let this program write to your clipboard?" in text and "main · 12 characters" in text
        assert "secret␛" in text
        await pilot.press(key)
        assert bench.results == [result]
