from pathlib import Path

import pytest
from textual import events
from textual.app import App, ComposeResult
from textual.widgets import Static

import codepilot_tui
from codepilot_tui.history import PromptHistory
from codepilot_tui.state import Queued
from codepilot_tui.theme import install_themes
from codepilot_tui.widgets.composer import Chips, Composer
from codepilot_tui.widgets.composer_commands import Command, CommandRows
from codepilot_tui.widgets.foot import Foot

STYLES = Path(codepilot_tui.__file__).parent / "styles"


class Bench(App):
    CSS_PATH = [STYLES / "composer.tcss"]
    CSS = "Screen { layers: base popup; } #top { height: 1; } #fill { height: 1fr; }"

    def __init__(self, history=None):
        super().__init__()
        install_themes(self)
        self.composer = Composer(
            commands=lambda: [
                Command("model", "choose the model", "Alt+M"),
                Command("mode", "how much it asks"),
                Command("new", "again"),
            ],
            id="composer",
            history=history,
        )
        self.got = []

    def compose(self) -> ComposeResult:
        yield Static("", id="top")
        yield Static("", id="fill")
        yield self.composer

    def on_mount(self):
        self.composer.editor.cursor_blink = False
        self.composer.focus()

    def on_composer_submitted(self, message):
        self.got.append((message.text, message.when))

    def on_composer_command_entered(self, message):
        self.got.append(("/" + message.name, message.argument))

    def on_composer_nothing_to_queue(self):
        self.got.append("nothing to queue")

    def on_composer_take_back(self, message):
        self.got.append((message.message_id, message.edit))


@pytest.fixture
async def bench():
    app = Bench()
    async with app.run_test(size=(60, 20)) as pilot:
        await pilot.pause()
        yield app, pilot


async def test_enter_sends(bench):
    app, pilot = bench
    await pilot.press("h", "i", "enter")
    assert app.got == [("hi", "now")]
    assert app.composer.text == ""
    await pilot.press("enter")
    assert len(app.got) == 1


async def test_while_it_works(bench):
    app, pilot = bench
    app.composer.working = True
    await pilot.press("a", "enter", "b", "tab")
    assert app.got == [("a", "next_step"), ("b", "after_task")]


@pytest.mark.parametrize("key", ["shift+enter", "alt+enter", "ctrl+j"])
async def test_a_new_line(bench, key):
    app, pilot = bench
    await pilot.press("a", key, "b")
    assert app.composer.text == "a\nb" and not app.got


async def test_a_backslash_makes_a_new_line(bench):
    app, pilot = bench
    await pilot.press("a", "backslash", "enter", "b")
    assert app.composer.text == "a\nb" and not app.got


async def test_it_grows_to_eight_lines(bench):
    app, pilot = bench
    assert app.composer.editor.outer_size.height == 3
    app.composer.text = "\n".join("abc")
    await pilot.pause()
    assert app.composer.editor.outer_size.height == 5
    app.composer.text = "\n" * 30
    await pilot.pause()
    assert app.composer.editor.outer_size.height == 10


def remember(composer, *texts):
    for text in texts:
        composer.history.add(text)


async def test_history(bench):
    app, pilot = bench
    remember(app.composer, "first", "second")
    await pilot.press("d", "up")
    assert app.composer.text == "second"
    await pilot.press("up")
    assert app.composer.text == "first"
    await pilot.press("up")
    assert app.composer.text == "first"
    await pilot.press("down", "down")
    assert app.composer.text == "d"


async def test_what_is_typed_after_up_goes_on_behind_the_recalled_words(bench):
    app, pilot = bench
    remember(app.composer, "hello", "two\nlines")
    await pilot.press("up", "x")
    assert app.composer.text == "two\nlinesx"
    await pilot.press(
        "backspace", "up", "up", "exclamation_mark"
    )  # from the second line, then to the older one
    assert app.composer.text == "hello!"


async def test_a_first_line_in_the_middle_of_a_draft_is_no_history(bench):
    app, pilot = bench
    remember(app.composer, "old")
    app.composer.text = "one\ntwo"
    await pilot.press("up", "x")
    assert app.composer.text == "onex\ntwo"


async def test_history_is_there_at_the_next_start(tmp_path):
    for text, before in (("first", ""), ("second", "first")):
        app = Bench(PromptHistory(tmp_path / "history"))
        async with app.run_test(size=(60, 20)) as pilot:
            await pilot.press("up")
            assert app.composer.text == before
            app.composer.text = text
            await pilot.press("enter")


async def test_up_takes_the_queued_message_first(bench):
    app, pilot = bench
    remember(app.composer, "old")
    app.composer.queue = (Queued("m1", "one"), Queued("m2", "two"))
    await pilot.pause()
    await pilot.press("up")
    assert app.got == [("m2", True)]
    app.composer.restore("two")
    assert app.composer.text == "two"


async def test_restoring_keeps_the_draft(bench):
    app, _ = bench
    app.composer.text = "draft"
    app.composer.restore("queued")
    assert app.composer.text == "queued\ndraft"


async def test_clearing_can_be_undone_with_up(bench):
    app, pilot = bench
    app.composer.text = "precious"
    app.composer.clear()
    await pilot.press("up")
    assert app.composer.text == "precious"


async def test_commands_are_offered(bench):
    app, pilot = bench
    await pilot.press("slash", "m")
    await pilot.pause()
    assert [each.name for each in app.composer.popup.rows.found] == ["model", "mode"]
    await pilot.press("down", "tab")
    assert app.composer.text == "/mode "
    await pilot.press("a", "u", "t", "o", "enter")
    assert app.got == [("/mode", "auto")]


async def test_the_list_has_a_row_for_each_command_that_fits_and_one_for_the_keys(bench):
    app, pilot = bench
    for key, fitting in (("slash", None), ("m", 2), ("backspace", None), ("n", 1)):
        await pilot.press(key)
        await pilot.pause()
        popup = app.composer.popup
        assert popup.rows.count == (fitting or len(app.composer.commands()))
        assert popup.region.height == popup.rows.count + 1
        assert popup.region.bottom == app.composer.region.y


async def test_an_exact_name_comes_first(bench):
    app, pilot = bench
    await pilot.press("slash", *"mode", "enter")
    assert app.got == [("/mode", "")]


async def test_escape_closes_the_list_and_keeps_the_text(bench):
    app, pilot = bench
    await pilot.press("slash", "n")
    assert app.composer.popup
    await pilot.press("escape")
    assert not app.composer.popup and app.composer.text == "/n"
    await pilot.press("e")
    assert app.composer.popup  # it is another text now
    await pilot.press("w", "x")
    assert not app.composer.popup
    await pilot.press("backspace", "backspace")
    assert app.composer.popup


async def test_the_list_covers_the_body_and_never_the_composer(bench):
    app, pilot = bench
    before = app.composer.region
    await pilot.press("slash")
    await pilot.pause()
    popup = app.composer.popup
    assert app.composer.region == before
    assert popup.region.bottom == before.y and popup.size.height == 4
    rows = [popup.rows.render_line(y).text.rstrip() for y in range(3)]
    assert rows[0].startswith("▎/model   choose the model") and rows[0].endswith("Alt+M")
    assert rows[1].startswith(" /mode ")
    assert app.composer.editor.has_focus


async def test_leaving_the_composer_closes_the_list(bench):
    app, pilot = bench
    await pilot.press("slash")
    app.composer.chips.display = True
    app.composer.chips.focus()
    await pilot.pause()
    assert not app.composer.popup and app.composer.text == "/"


async def test_text_that_was_put_there_offers_nothing(bench):
    app, pilot = bench
    app.set_focus(None)
    app.composer.text = "/ne"
    await pilot.pause()
    assert not app.composer.popup


async def test_an_unknown_command_is_still_a_command_and_a_path_is_not(bench):
    app, pilot = bench
    app.composer.text = "/hlep me"
    await pilot.press("enter")
    app.composer.text = "/etc/passwd is odd"
    await pilot.press("enter")
    assert app.got == [("/hlep", "me"), ("/etc/passwd is odd", "now")]


@pytest.mark.parametrize("pasted", ["a\rb\rc", "a\r\nb\r\nc", "a\nb\nc", "a\r\nb\nc"])
async def test_a_paste_keeps_its_lines(bench, pasted):
    """xterm, tmux and GNOME Terminal send the ends of lines as CR."""
    app, pilot = bench
    app.composer.editor.post_message(events.Paste(pasted))
    await pilot.pause()
    await pilot.press("enter")
    assert app.got == [("a\nb\nc", "now")]


async def test_a_paste_stands_in_the_place_of_the_selection(bench):
    app, pilot = bench
    app.composer.text = "one two"
    await pilot.press("ctrl+shift+left")
    app.composer.editor.post_message(events.Paste("three\r"))
    await pilot.pause()
    assert app.composer.text == "one three\n"


@pytest.mark.parametrize(
    ("keys", "left"),
    [
        (("ctrl+h",), "one tw|"),
        (("alt+b", "x"), "one x|two"),
        (("alt+left", "alt+left", "alt+f", "x"), "onex| two"),
        (("alt+backspace",), "one |"),
        (("home", "alt+d"), "| two"),
    ],
)
async def test_the_keys_of_readline(bench, keys, left):
    app, pilot = bench
    app.composer.text = "one two"
    await pilot.press(*keys)
    before, _, after = left.partition("|")
    assert app.composer.text == before + after
    assert app.composer.editor.cursor_location == (0, len(before))


async def test_a_paste_shows_what_was_hidden(bench):
    app, pilot = bench
    app.composer.editor.post_message(events.Paste("a\x1b[31m\u202eb\nc"))
    await pilot.pause()
    assert app.composer.text == "a␛[31m<U+202E>b\nc"


async def test_chips(bench):
    app, pilot = bench
    app.composer.queue = (Queued("m1", "also\nzero"), Queued("m2", "x", state="in context"))
    await pilot.pause()
    chips = app.query_one(Chips)
    rows = [chips.render_line(y).text.rstrip() for y in range(2)]
    assert rows == ["  ↳ also␤zero  next step   ×", "  ✓ x  in context"]
    assert chips.size.height == 2
    # The cross drops, the words are edited; what the model has cannot be taken back.
    width = len(rows[0])
    await pilot.click(Chips, offset=(1 + width - 1, 0))
    await pilot.click(Chips, offset=(8, 0))
    await pilot.click(Chips, offset=(8, 1))
    assert app.got == [("m1", False), ("m1", True)]
    chips.focus()
    await pilot.press("up", "up", "delete", "enter")
    assert app.got[2:] == [("m1", False), ("m1", True)]
    app.composer.queue = ()
    await pilot.pause()
    assert not chips.display


async def test_the_placeholder_says_what_there_is(bench):
    app, pilot = bench
    assert "sk, or / for commands" in app.export_screenshot().replace("&#160;", " ")
    app.composer.working = True
    await pilot.pause()
    assert "sk, or / for commands" in app.export_screenshot().replace("&#160;", " ")


async def test_tab_has_nothing_to_queue_while_idle(bench):
    """It moves no focus without a sign; whoever shows the status says why."""
    app, pilot = bench
    await pilot.press("a", "tab")
    assert app.got == ["nothing to queue"] and app.composer.text == "a" and app.composer.editor.has_focus
    app.composer.text = ""
    app.composer.working = True
    await pilot.press("tab")
    assert app.got == ["nothing to queue"] * 2


async def test_what_was_cleared_comes_back_with_undo(bench):
    app, pilot = bench
    await pilot.press(*"words", "left", "ctrl+j")
    app.composer.clear()
    assert app.composer.text == ""
    await pilot.press("ctrl+z")
    assert app.composer.text == "word\ns"
    await pilot.press("ctrl+y")
    assert app.composer.text == ""


async def test_a_paste_is_one_step_of_undo(bench):
    app, pilot = bench
    await pilot.press("a")
    app.composer.editor.post_message(events.Paste("x\ry"))
    await pilot.pause()
    await pilot.press("b", "ctrl+z")
    assert app.composer.text == "ax\ny"
    await pilot.press("ctrl+z")
    assert app.composer.text == "a"


async def test_what_is_typed_elsewhere_arrives_at_the_cursor(bench):
    app, pilot = bench
    other = Static()
    other.can_focus = True
    await app.mount(other)
    await pilot.press("a", "b", "left")
    other.focus()
    await pilot.pause()
    app.composer.write("x")
    app.composer.write("y")
    await pilot.press("z")
    assert app.composer.text == "axyzb"


async def test_a_draft_may_be_there_before_the_screen(bench):
    app, pilot = bench
    early = Composer()
    early.text = "early\nwords"
    await app.mount(early)
    await pilot.pause()
    assert early.text == "early\nwords"


async def test_many_commands_scroll(bench):
    app, pilot = bench
    app.composer.commands = lambda: [Command(f"c{number}", "x") for number in range(20)]
    await pilot.press("slash", "c")
    await pilot.pause()
    await pilot.press(*["down"] * 10)
    rows = app.composer.popup.rows
    shown = [rows.render_line(y).text.split()[0].strip("▎") for y in range(rows.size.height)]
    assert shown == [f"/c{number}" for number in range(2, 11)]
    await pilot.click(CommandRows, offset=(5, 0))
    assert app.composer.text == "/c2 "
    assert app.composer.editor.has_focus and not app.composer.popup


@pytest.mark.parametrize(
    ("word", "text", "got"), [("complete", "/new ", []), ("run", "", [("/new", "")]), ("keep", "/n", [])]
)
async def test_the_keys_of_the_list_can_be_clicked(bench, word, text, got):
    app, pilot = bench
    await pilot.press("slash", "n")
    await pilot.pause()
    foot = app.composer.popup.query_one(Foot)
    await pilot.click(Foot, offset=(foot.render_line(0).text.index(word), 0))
    await pilot.pause()
    assert (app.composer.text, app.got) == (text, got) and not app.composer.popup


async def test_an_earlier_message_that_is_only_looked_at_is_no_draft():
    history = PromptHistory()
    for text in ("first", "second", "third"):
        history.add(text)
    app = Bench(history)
    async with app.run_test(size=(60, 20)) as pilot:
        await pilot.press("up", "up", "up")
        assert app.composer.text == "first"
        app.composer.keep()
        assert history.texts == ("first", "second", "third")
        await pilot.press("ctrl+c")
        assert (app.composer.text, history.texts) == ("", ("first", "second", "third"))
        await pilot.press("up")
        assert app.composer.text == "third"
        await pilot.press("up", "!")
        app.composer.keep()
        assert history.texts == ("first", "second", "third", "second!")


async def test_a_draft_that_was_left_for_an_earlier_message_is_kept():
    history = PromptHistory()
    history.add("first")
    app = Bench(history)
    async with app.run_test(size=(60, 20)) as pilot:
        await pilot.press("d", "up")
        assert app.composer.text == "first"
        await pilot.press("ctrl+c")
        assert (app.composer.text, history.texts) == ("", ("first", "d"))
