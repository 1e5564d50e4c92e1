import pytest
from textual import events
from textual.geometry import Offset

from codepilot.decision import Decision, PermissionRequest
from codepilot_tui.docks.command import Asked, CommandBody, CommandDock, body_picture, fact_rows, place_of
from codepilot_tui.docks.dock_rows import HeadRow
from codepilot_tui.theme import load_theme

NEVER = 3600.0
SOON = 0.02
TOKENS = load_theme("dusk")
JAIL = "off. Approved commands run with your rights."


def command(text: str = "git push --force", **more: str) -> PermissionRequest:
    fields = {"terminal": "main", "cwd": "/home/u/shop", "why": "git push asks", "kind": "command", **more}
    return PermissionRequest(
        id="1", call_id="c", tool="execute", description=f"Execute: {text}", command=text, **fields
    )


def text_of(rows) -> str:
    return "\n".join(row.text.rstrip() for row in rows)


# -- pure: what it shows --


def test_facts_stand_beside_each_other_where_there_is_room():
    rows = fact_rows(Asked(command(), JAIL), 120, TOKENS)
    assert text_of(rows) == (
        " effect     rewrites a remote branch · network               why        git push asks\n"
        f" shell jail {JAIL}"
    )


@pytest.mark.parametrize("width", [80, 60])
def test_facts_stand_one_a_row_where_it_is_narrow(width):
    rows = fact_rows(Asked(command(), JAIL), width, TOKENS)
    assert [row.text.split()[0] for row in rows] == ["effect", "why", "shell"]
    assert all(len(row.text) == width for row in rows)


def test_a_long_reason_is_wrapped_and_not_cut():
    why = "no rule allows this, and the rule of the folder says to ask every time"
    text = text_of(fact_rows(Asked(command(why=why), JAIL), 60, TOKENS))
    assert " ".join(text.split()).count("says to ask every time") == 1


def test_a_long_word_is_broken_and_not_cut():
    text = "echo " + "".join(f"{number:04}" for number in range(50))
    shown = str(body_picture(Asked(command(text)), 60, 20, TOKENS))
    assert text.split()[1] in shown.replace("\n", "").replace(" ", "")


def test_a_command_too_long_for_its_rows_scrolls_and_says_so():
    text = "\n".join(f"echo line {number}" for number in range(30)) + "\nrm -rf /tmp/x"
    asked = Asked(command(text), JAIL)
    first = str(body_picture(asked, 80, 12, TOKENS))
    assert "echo line 7" in first and "echo line 8" not in first
    assert "⋯ 23 more lines · ↓" in first
    assert "deletes files" in first and JAIL in first
    last = str(body_picture(Asked(asked.request, JAIL, top=99), 80, 12, TOKENS))
    assert "rm -rf /tmp/x" in last and "⋯ the end · ↑" in last


def test_input_shows_its_enter_and_a_tool_its_words():
    typed = command("y\n", kind="input")
    assert "   y Enter" in str(body_picture(Asked(typed), 60, 5, TOKENS))
    custom = PermissionRequest(id="1", call_id="c", tool="deploy", description="deploy('[b]x[/b]')")
    shown = str(body_picture(Asked(custom, JAIL), 60, 5, TOKENS))
    assert "deploy('[b]x[/b]')" in shown and "jail" not in shown


def test_hidden_characters_are_shown():
    shown = str(body_picture(Asked(command("curl x\u202e\x1b[2J")), 60, 5, TOKENS))
    assert "<U+202E>" in shown and "␛" in shown


@pytest.mark.parametrize(
    ("cwd", "place"),
    [
        ("/home/u/shop", "main · ~/shop"),
        ("/home/u", "main · ~"),
        ("/home/user", "main · /home/user"),
        ("", "main"),
    ],
)
def test_where_it_would_run(cwd, place):
    assert place_of(command(cwd=cwd), "/home/u") == place


# -- on the screen --


@pytest.mark.parametrize(
    ("kind", "title"),
    [("command", "Run this command?"), ("input", "Type this into the terminal?"), ("", "Use execute?")],
)
async def test_it_asks_for_what_would_be_done(bench, wait, screen_text, kind, title):
    async with bench.run_test(size=(80, 24)) as pilot:
        dock = CommandDock(command("y\n", kind=kind), deaf=SOON)
        bench.ask(dock)
        await wait(pilot, lambda: dock.ready and title in screen_text(bench))


@pytest.mark.parametrize("size", [(160, 48), (80, 24), (60, 20)])
async def test_it_says_all_that_matters(bench, wait, screen_text, size):
    async with bench.run_test(size=size) as pilot:
        dock = CommandDock(command(), jail=JAIL, home="/home/u", deaf=SOON)
        bench.ask(dock)
        await wait(pilot, lambda: dock.ready and "F5" not in screen_text(bench))  # until its size is known
        text = screen_text(bench)
        for words in (
            "Run this command?", "main · ~/shop", "git push --force", "rewrites a remote branch", "git push asks",
            JAIL, "allow once", "no, because…", "ready", "Esc later",
        ):  # fmt: skip
            assert words in text
        assert "chat 3" in text
        await pilot.press("f5")
        assert bench.told == ["All of the question is shown already."]
        assert screen_text(bench) == text


@pytest.mark.parametrize(
    ("key", "result"),
    [("y", Decision(allow=True)), ("n", Decision(allow=False)), ("escape", None)],
)
async def test_its_answers(bench, wait, key, result):
    async with bench.run_test(size=(80, 24)) as pilot:
        dock = CommandDock(command(), deaf=SOON)
        bench.ask(dock)
        await wait(pilot, lambda: dock.ready)
        await pilot.press(key)
        assert bench.results == [result]


async def test_no_with_words(bench, wait, screen_text):
    async with bench.run_test(size=(80, 24)) as pilot:
        dock = CommandDock(command(), deaf=SOON)
        bench.ask(dock)
        await wait(pilot, lambda: dock.ready)
        await pilot.press("d", "enter", "n", "o", "y", "space", "tab")
        await pilot.pause()
        text = screen_text(bench)
        assert "Enter no, with these words" in text and "Esc back" in text and "allow once" not in text
        await pilot.press("escape")
        assert bench.results == []
        await wait(pilot, lambda: dock.ready)
        await pilot.press("d", "!", "enter")
        assert bench.results == [Decision(allow=False, reason="noy !")]


@pytest.mark.parametrize("key", ["alt+enter", "ctrl+j", "shift+enter"])
async def test_words_take_several_lines_as_the_composer_does(bench, wait, key):
    async with bench.run_test(size=(80, 24)) as pilot:
        dock = CommandDock(command(), deaf=SOON)
        bench.ask(dock)
        await wait(pilot, lambda: dock.ready)
        await pilot.press("d")
        await wait(pilot, lambda: dock.reason.region.height == 1)
        before = dock.region.height
        await pilot.press("a", key, "b")
        bench.post_message(events.Paste("c\r\nd"))
        await wait(pilot, lambda: dock.region.height == before + 2)
        await pilot.press("enter")
        assert bench.results == [Decision(allow=False, reason="a\nbc\nd")]


async def test_words_are_sent_and_left_with_the_mouse(bench, wait):
    async with bench.run_test(size=(80, 24)) as pilot:
        dock = CommandDock(command(), deaf=SOON)
        bench.ask(dock)
        await wait(pilot, lambda: dock.ready)
        await pilot.press("d", "n", "o")
        await pilot.pause()
        places = {place.name: place for place in dock._chips.made(80).places}
        await pilot.click("ChipRows", offset=(places["Esc"].start, 0))
        await wait(pilot, lambda: dock.ready and not dock.writing)
        await pilot.press("d")
        await pilot.pause()
        await pilot.click("ChipRows", offset=(places["Enter"].start, 0))
        assert bench.results == [Decision(allow=False, reason="no")]


async def test_words_begun_are_there_when_the_keyboard_comes_back(bench, wait):
    async with bench.run_test(size=(80, 24)) as pilot:
        dock = CommandDock(command(), deaf=SOON)
        bench.ask(dock)
        await wait(pilot, lambda: dock.ready)
        await pilot.press("d", "n", "o")
        await pilot.click("#composer")
        assert dock.arming.state == "away"
        bench.host.recall()
        await pilot.press("t", "enter")
        assert bench.results == [Decision(allow=False, reason="not")]


@pytest.mark.parametrize("size", [(160, 48), (80, 24), (60, 20)])
async def test_a_long_command_can_be_read_to_its_end(bench, wait, screen_text, size):
    text = "\n".join(f"echo line {number}" for number in range(60)) + "\nrm -rf /tmp/x"
    async with bench.run_test(size=size) as pilot:
        dock = CommandDock(command(text), jail=JAIL, deaf=SOON)
        bench.ask(dock)
        grows = size != (60, 20)  # where it has all rows as it is
        await wait(pilot, lambda: dock.ready and "more lines" in screen_text(bench))
        seen = screen_text(bench)
        assert "deletes files" in seen and "allow once" in seen and ("F5 full" in seen) is grows
        await pilot.press("down", "down")
        assert "echo line 2" in screen_text(bench) and "echo line 1\n" not in screen_text(bench)
        await pilot.press("pagedown", "pageup", "up", "end")
        await pilot.pause()
        assert "rm -rf /tmp/x" in screen_text(bench)
        before = dock.region.height
        await pilot.press("f5")
        if grows:
            await wait(pilot, lambda: dock.region.width == size[0] and "F5 less" in screen_text(bench))
            assert dock.region.height == bench.query_one("#body").region.height >= before
            await pilot.press("f5")
        assert len(bench.told) == (not grows)
        await pilot.press("home")
        await wait(pilot, lambda: dock.region.height == before)
        await pilot.pause()
        assert "echo line 0" in screen_text(bench)
        await pilot.press("y")
        assert bench.results == [Decision(allow=True)]


async def test_f5_is_not_named_where_all_of_a_question_is_seen_once_it_has_its_rows(bench, wait, screen_text):
    """Seen on a busy machine: the row of the answers was painted before the command had its rows, and kept F5."""
    async with bench.run_test(size=(80, 24)) as pilot:
        dock = CommandDock(command(), jail=JAIL, deaf=SOON)
        bench.ask(dock)
        await wait(
            pilot, lambda: dock.ready and JAIL in screen_text(bench) and "F5" not in screen_text(bench)
        )
        dock._command.styles.max_height = 1
        await wait(pilot, lambda: dock.full_changes)
        dock.repaint()
        await wait(pilot, lambda: "F5 full" in screen_text(bench))
        dock._command.styles.max_height = None
        await wait(pilot, lambda: JAIL in screen_text(bench))
        await wait(pilot, lambda: "F5" not in screen_text(bench))


async def test_words_that_come_right_behind_d_are_written(bench, wait):
    async with bench.run_test(size=(80, 24)) as pilot:
        dock = CommandDock(command(), deaf=SOON)
        bench.ask(dock)
        await wait(pilot, lambda: dock.ready)
        for character in "dyNo":
            bench.post_message(events.Key(character, character))
        await wait(pilot, lambda: dock.reason.text == "yNo")
        assert bench.results == []


@pytest.mark.parametrize("size", [(160, 48), (80, 36)])
async def test_f5_makes_a_question_small_again_also_where_all_of_it_is_seen_by_then(
    bench, wait, screen_text, size
):
    """Longer than its rows, and shorter than the window."""
    text = "\n".join(f"echo line {number}" for number in range(size[1] * 6 // 10))
    async with bench.run_test(size=size) as pilot:
        dock = CommandDock(command(text), jail=JAIL, deaf=SOON)
        bench.ask(dock)
        await wait(pilot, lambda: dock.ready and "F5 full" in screen_text(bench))
        before = dock.region.height
        await pilot.press("f5")
        await wait(pilot, lambda: f"echo line {size[1] * 6 // 10 - 1}" in screen_text(bench))
        await pilot.pause()
        assert "more lines" not in screen_text(bench) and "F5 less" in screen_text(bench)
        bench.host.fit()  # as with each new layout
        await pilot.pause()
        assert "F5 less" in screen_text(bench)
        await pilot.press("f5")
        await wait(pilot, lambda: dock.region.height == before and "F5 full" in screen_text(bench))
        assert bench.told == []


@pytest.mark.parametrize("width", [120, 60])
async def test_a_command_is_selected_with_the_mouse_and_copied_as_it_is(
    bench, wait, screen_text, drag, width
):
    text = "git push --force " + "origin/" * 15 + "\n  && echo done"
    async with bench.run_test(size=(width, 40)) as pilot:
        dock = CommandDock(command(text), deaf=SOON)
        bench.ask(dock)
        await wait(pilot, lambda: dock.ready and "echo done" in screen_text(bench))
        rows = screen_text(bench).split("\n")
        first = next(y for y, row in enumerate(rows) if "git push --force" in row)
        last = next(y for y, row in enumerate(rows) if "echo done" in row)
        body = dock.query_one(CommandBody)
        at = body.region.offset
        start, end = Offset(rows[first].index("git push"), first), Offset(rows[last].index("done") + 4, last)
        await drag(pilot, body, start - at, end - at)
        assert bench.screen.get_selected_text() == text
        dock.finish(None)
        assert not bench.screen.selections


async def test_the_title_of_a_question_can_be_selected(bench, wait, screen_text, drag):
    async with bench.run_test(size=(120, 40)) as pilot:
        dock = CommandDock(command(), deaf=SOON)
        bench.ask(dock)
        await wait(pilot, lambda: dock.ready and "Run this command?" in screen_text(bench))
        await drag(pilot, dock.query_one(HeadRow), (1, 0), (9, 0))
        assert bench.screen.get_selected_text() == "Run this"
