"""One-line fields know the keys of readline; pastes keep their lines."""

import asyncio

import pytest
from textual import events
from textual.app import App

from codepilot_tui.held_keys import HeldKeys, Typed
from codepilot_tui.key_order import after_key
from codepilot_tui.keyboard import InputTranslator
from codepilot_tui.widgets.editing import LineInput, LinesInput, pasted_text


@pytest.mark.parametrize(
    ("keys", "left"),
    [
        (("ctrl+h",), "one tw|"),
        (("alt+b", "x"), "one x|two"),
        (("alt+left", "alt+left", "alt+f", "x"), "one x|two"),
        (("alt+backspace",), "one |"),
        (("ctrl+backspace",), "one |"),
        (("home", "alt+d"), "|two"),
    ],
)
async def test_the_keys_of_readline(keys, left):
    app = App()
    async with app.run_test() as pilot:
        field = LineInput("one two")
        await app.mount(field)
        field.focus()
        await pilot.press("end", *keys)
        before, _, after = left.partition("|")
        assert (field.value, field.cursor_position) == (before + after, len(before))
        assert not field.cursor_blink


class InOrder(App):
    """Takes keys as the workbench does."""

    def __init__(self):
        super().__init__()
        self.held_keys = HeldKeys(self.typed, self.call_later)

    async def on_event(self, event):
        if not isinstance(event, Typed) or event.is_forwarded:
            await super().on_event(event)
        elif not self.held_keys.takes(event):
            await self.typed(event)

    async def typed(self, event):
        before = self.focused
        await super().on_event(event)
        after_key(self.held_keys, event, before, lambda: self.focused)


@pytest.mark.parametrize(
    "make", [LineInput, lambda: LinesInput(lambda key: False, "")], ids=["line", "lines"]
)
@pytest.mark.parametrize(
    ("read", "text"),
    [
        ("abc\x7fX", "abX"),
        ("abc\x01X\x05Y", "XabcY"),
        ("abc\x1b[DX", "abXc"),
        ("abc d\x17X", "abc X"),
        ("abc\x15X", "X"),
        ("one two\x1bbX\x1b[H1\x1b[F2", "1one Xtwo2"),
        ("abc\x1b[D\x1b[3~X", "abX"),
    ],
)
async def test_keys_that_are_read_in_one_piece_keep_their_order(make, read, text):
    """As over a slow line, or while the program is busy: a typed word, its correction, and on."""
    app = InOrder()
    async with app.run_test() as pilot:
        field = make()
        await app.mount(field)
        field.focus()
        await pilot.pause()
        for event in InputTranslator().feed(read.encode()):
            app.post_message(event)
        async with asyncio.timeout(60):
            while (field.value if isinstance(field, LineInput) else field.text) != text:
                await pilot.pause()


def test_a_paste_keeps_its_lines_and_hides_nothing():
    assert pasted_text("a\rb\r\nc\n\td") == "a\nb\nc\n\td"
    assert pasted_text("a\x1b[31m\u202e") == "a␛[31m<U+202E>"


async def test_a_paste_of_several_lines_into_a_one_line_field_loses_nothing():
    app = App()
    async with app.run_test() as pilot:
        field = LineInput("one ")
        await app.mount(field)
        field.focus()
        await pilot.press("end")
        field.post_message(events.Paste("two\r\nthree\r"))
        await pilot.pause()
        assert field.value == "one two three"


class Copying(App):
    """Notes what is said of the clipboard."""

    def __init__(self, make):
        super().__init__()
        self.make = make
        self.copied = 0

    def compose(self):
        yield self.make()

    def on_field_copied(self):
        self.copied += 1

    @property
    def field(self):
        return self.query_one("LineInput, LinesInput")

    @property
    def marked(self):
        return self.field.selected_text

    @property
    def words(self):
        return self.field.value if isinstance(self.field, LineInput) else self.field.text


def one_line(text="see src/app.py now"):
    return LineInput(text, compact=True)


def some_lines(text="see src/app.py now\nand more"):
    field = LinesInput(lambda key: False, "", text)
    field.styles.border, field.styles.padding = ("none", "white"), 0
    return field


@pytest.mark.parametrize("make", [one_line, some_lines], ids=["line", "lines"])
async def test_two_clicks_select_the_word_and_three_the_line(make):
    app = Copying(make)
    async with app.run_test(size=(40, 6)) as pilot:
        await pilot.double_click(app.field, offset=(7, 0))
        assert app.marked == "src/app.py" and not app.screen.selections
        await pilot.press("ctrl+c")
        assert (app.clipboard, app.copied) == ("src/app.py", 1)
        await pilot.press("x")
        assert app.words.startswith("see x now") and not app.marked
        await pilot.triple_click(app.field, offset=(1, 0))
        assert app.marked == "see x now"
        await pilot.press("ctrl+c", "y")
        assert app.clipboard == "see x now" and app.words.split("\n")[0] == "y"
        await pilot.double_click(app.field, offset=(20, 0))
        assert app.marked == "", "there is no word behind the end"


@pytest.mark.parametrize("make", [one_line, some_lines], ids=["line", "lines"])
async def test_wide_characters_are_one_word_under_each_of_their_columns(make):
    app = Copying(lambda: make("a 你好 b"))
    async with app.run_test(size=(40, 6)) as pilot:
        for column in (2, 3, 4, 5):
            await pilot.double_click(app.field, offset=(column, 0))
            assert app.marked == "你好", column


@pytest.mark.parametrize("make", [one_line, some_lines], ids=["line", "lines"])
async def test_a_click_with_shift_extends_what_is_selected(make):
    app = Copying(make)
    async with app.run_test(size=(40, 6)) as pilot:
        await pilot.click(app.field, offset=(4, 0))
        await pilot.click(app.field, offset=(7, 0), shift=True)
        assert app.marked == "src"
        await pilot.click(app.field, offset=(14, 0), shift=True)
        assert app.marked == "src/app.py"


@pytest.mark.parametrize("make", [one_line, some_lines], ids=["line", "lines"])
@pytest.mark.parametrize("button", [2, 3])
async def test_other_buttons_leave_the_selection_and_the_cursor(make, button):
    app = Copying(make)
    async with app.run_test(size=(40, 6)) as pilot:
        await pilot.double_click(app.field, offset=(7, 0))
        await pilot.click(app.field, offset=(0, 0), button=button)
        await pilot.hover(app.field, offset=(3, 0))
        assert app.marked == "src/app.py"
