"""One-line fields know the keys of readline; pastes keep their lines."""

import pytest
from textual import events
from textual.app import App

from codepilot_tui.widgets.editing import LineInput, pasted_text


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
