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
        async with asyncio.timeout(20):
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
