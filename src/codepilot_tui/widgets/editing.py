"""Typing, the same in the composer and in every one-line field: what readline's users press, and what is pasted."""

from __future__ import annotations

from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.widgets import Input

from codepilot.text import clean

LINE_KEYS: list[BindingType] = [
    Binding("ctrl+h", "delete_left", show=False),
    Binding("alt+b,alt+left", "cursor_left_word", show=False),
    Binding("alt+f,alt+right", "cursor_right_word", show=False),
    Binding("ctrl+backspace,alt+backspace", "delete_left_word", show=False),
    Binding("alt+d,alt+delete", "delete_right_word", show=False),
]
"""For `Input`, which has Alt+Backspace delete to the right."""

TEXT_KEYS: list[BindingType] = [
    Binding("ctrl+h", "delete_left", show=False),
    Binding("alt+b,alt+left", "cursor_word_left", show=False),
    Binding("alt+f,alt+right", "cursor_word_right", show=False),
    Binding("alt+d", "delete_word_right", show=False),
]
"""For `TextArea`."""


class LineInput(Input):
    """A one-line field. Its cursor does not blink: at rest nothing is written to the terminal."""

    BINDINGS: ClassVar[list[BindingType]] = LINE_KEYS

    def on_mount(self) -> None:
        self.cursor_blink = False


def pasted_text(text: str) -> str:
    """A paste as it is shown and sent: its lines as they were, what was hidden in it made visible.

    Terminals send the ends of lines as CR, as Enter would; those of Windows come as CR LF.
    """
    return clean(text.replace("\r\n", "\n").replace("\r", "\n"))
