"""Typing, the same in the composer and in every field: what readline's users press, and what is pasted."""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar

from textual import events
from textual.actions import SkipAction
from textual.binding import Binding, BindingType
from textual.message import Message
from textual.widget import Widget
from textual.widgets import Input, TextArea
from textual.widgets import input as one_line
from textual.widgets.text_area import Selection

from codepilot.text import clean
from codepilot_tui.widgets.clicked import LEFT
from codepilot_tui.widgets.word_at import word_at

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

NEWLINE_KEYS = frozenset(("shift+enter", "alt+enter", "ctrl+j", "ctrl+enter"))
"""Keys that begin a new line where Enter sends; so does Enter behind a backslash."""


class Copied(Message, namespace="field"):
    """What is selected in a field was copied."""


class SelectionChanged(Message, namespace="field"):
    """Text is selected in a field now, or is not any more."""


def _copy(field: Widget, text: str) -> None:
    """Copy what is selected; without any, the key means something else."""
    if not text:
        raise SkipAction()
    field.app.copy_to_clipboard(text)
    _tell(field, Copied())


def _tell(field: Widget, message: Message) -> None:
    """Straight to the screen: a message that is posted while a handler of a parent runs goes no further up."""
    if field.is_attached:
        field.screen.post_message(message)


class LineInput(Input):
    """A one-line field. Its cursor does not blink: at rest nothing is written to the terminal."""

    ALLOW_SELECT = False
    """By Textual, for the screen, which would select the whole field and none of its words."""
    BINDINGS: ClassVar[list[BindingType]] = LINE_KEYS

    def on_mount(self) -> None:
        """A cursor that does not blink."""
        self.cursor_blink = False

    def watch_selection(self, before: one_line.Selection, now: one_line.Selection) -> None:
        """Keys mean something else while text is selected."""
        if before.is_empty != now.is_empty:
            _tell(self, SelectionChanged())

    def deselect(self) -> None:
        """Nothing is selected any more; the cursor stays."""
        self.selection = one_line.Selection.cursor(self.cursor_position)

    def action_copy(self) -> None:
        """Copy what is selected, and say so."""
        _copy(self, self.selected_text)

    async def _on_mouse_down(self, event: events.MouseDown) -> None:
        start = self.selection.start
        if event.button != LEFT:
            event.prevent_default()  # the menu is about what is selected
        elif event.shift:
            event.prevent_default()
            await super()._on_mouse_down(event)
            self.selection = one_line.Selection(start, self.cursor_position)

    def on_click(self, event: events.Click) -> None:
        """Two clicks select the word under the mouse, more the line."""
        if event.button != LEFT or event.chain < 2 or event.shift:
            return
        # The first of them has put the cursor there.
        word = word_at(self.value, self.cursor_position) if event.chain == 2 else (0, len(self.value))
        if word is not None:
            self.selection = one_line.Selection(*word)

    def _on_paste(self, event: events.Paste) -> None:
        """All of the paste on the one line, where Textual keeps its first line only."""
        event.stop()
        event.prevent_default()
        text = " ".join(pasted_text(event.text).split("\n")).strip()
        self.replace(text, *self.selection)


class LinesInput(TextArea):
    """A field of several lines: keeps pastes exact, and asks its owner about each key first.

    Args:
        press: the owner's; True if it took the key.
        placeholder: shown while it is empty.
        text: what stands in it at first; the cursor is behind it.
    """

    ALLOW_SELECT = False
    """By Textual, for the screen, which would select the whole field and none of its words."""
    BINDINGS: ClassVar[list[BindingType]] = TEXT_KEYS

    def __init__(
        self, press: Callable[[str], bool], placeholder: str, text: str = "", *, id: str | None = None
    ) -> None:
        super().__init__(
            text,
            soft_wrap=True,
            show_line_numbers=False,
            tab_behavior="focus",
            highlight_cursor_line=False,
            placeholder=placeholder,
            theme="css",
            id=id,
        )
        self._press = press
        self.cursor_blink = False  # a blinking cursor would write to the terminal for as long as nobody types
        self.move_cursor(self.document.end)

    async def _on_key(self, event: events.Key) -> None:
        if self._press(event.key):
            event.stop()
            event.prevent_default()

    async def _on_paste(self, event: events.Paste) -> None:
        event.prevent_default()
        event.stop()
        self.put(pasted_text(event.text))

    def watch_selection(self, before: Selection, now: Selection) -> None:
        """Keys mean something else while text is selected."""
        if before.is_empty != now.is_empty:
            _tell(self, SelectionChanged())

    def deselect(self) -> None:
        """Nothing is selected any more; the cursor stays."""
        self.selection = Selection.cursor(self.cursor_location)

    def action_copy(self) -> None:
        """Copy what is selected, and say so."""
        _copy(self, self.selected_text)

    async def _on_mouse_down(self, event: events.MouseDown) -> None:
        start = self.selection.start
        if event.button != LEFT:
            event.prevent_default()  # the menu is about what is selected
        elif event.shift:
            event.prevent_default()
            await super()._on_mouse_down(event)
            self.selection = Selection(start, self.cursor_location)

    def on_click(self, event: events.Click) -> None:
        """Two clicks select the word under the mouse, more the line as it was written."""
        if event.button != LEFT or event.chain < 2 or event.shift:
            return
        row, column = self.cursor_location  # where the first of them has put it
        line = self.document[row]
        word = word_at(line, column) if event.chain == 2 else (0, len(line))
        if word is not None:
            self.selection = Selection((row, word[0]), (row, word[1]))

    def newline(self, key: str) -> bool:
        """Begin a new line, if the key does; True if it did."""
        row, column = self.cursor_location
        if key in NEWLINE_KEYS:
            self.put("\n")
        elif key == "enter" and column and self.document[row][column - 1] == "\\":
            self.replace("\n", (row, column - 1), (row, column))
        else:
            return False
        return True

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


def pasted_text(text: str) -> str:
    """A paste as it is shown and sent: its lines as they were, what was hidden in it made visible.

    Terminals send the ends of lines as CR, as Enter would; those of Windows come as CR LF.
    """
    return clean(text.replace("\r\n", "\n").replace("\r", "\n"))
