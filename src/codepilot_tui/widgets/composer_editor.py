"""The text area of the composer."""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar

from textual import events
from textual.binding import BindingType
from textual.widgets import TextArea

from codepilot_tui.widgets.editing import TEXT_KEYS, pasted_text


class Editor(TextArea):
    """Grows with its text, keeps pastes exact, and asks the composer about each key first.

    Args:
        press: the composer's; True if it took the key.
        placeholder: shown while it is empty.
    """

    BINDINGS: ClassVar[list[BindingType]] = TEXT_KEYS

    def __init__(self, press: Callable[[str], bool], placeholder: str) -> None:
        super().__init__(
            soft_wrap=True,
            show_line_numbers=False,
            tab_behavior="focus",
            highlight_cursor_line=False,
            placeholder=placeholder,
            theme="css",
        )
        self._press = press
        self.cursor_blink = False  # a blinking cursor would write to the terminal for as long as nobody types

    async def _on_key(self, event: events.Key) -> None:
        if self._press(event.key):
            event.stop()
            event.prevent_default()

    async def _on_paste(self, event: events.Paste) -> None:
        event.prevent_default()
        event.stop()
        self.put(pasted_text(event.text))

    def put(self, text: str) -> None:
        """Write at the cursor, in the place of what is selected, as one step of undo."""
        result = self.replace(text, *self.selection, maintain_selection_offset=False)
        self.move_cursor(result.end_location)
        self.history.checkpoint()

    def put_all(self, text: str) -> None:
        """Write in the place of all that stands there; Ctrl+Z brings it back."""
        self.history.checkpoint()
        result = self.replace(text, (0, 0), self.document.end, maintain_selection_offset=False)
        self.move_cursor(result.end_location)
        self.history.checkpoint()

    @property
    def on_first_row(self) -> bool:
        """The cursor is on the topmost row, as wrapped."""
        return self.wrapped_document.location_to_offset(self.cursor_location).y == 0

    @property
    def on_last_row(self) -> bool:
        """The cursor is on the lowest row, as wrapped."""
        row = self.wrapped_document.location_to_offset(self.cursor_location).y
        return row >= self.wrapped_document.height - 1
