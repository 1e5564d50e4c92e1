"""What the keys, the mouse and the frames of a terminal view ask of the view."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from textual.geometry import Region
from textual.message import Message
from textual.timer import Timer
from textual.visual import VisualType

from codepilot_tui.widgets.terminal.buffer import ScreenBuffer
from codepilot_tui.widgets.terminal.drawing import Marks
from codepilot_tui.widgets.terminal.messages import Owner
from codepilot_tui.widgets.terminal.viewport import Viewport


class Surface(Protocol):
    """One view."""

    terminal: str
    buffer: ScreenBuffer
    viewport: Viewport
    marks: Marks
    reserved: frozenset[str]

    @property
    def owner(self) -> Owner:
        """Who holds the keyboard."""

    @property
    def tooltip(self) -> VisualType | None:
        """What is shown beside the mouse."""

    @tooltip.setter
    def tooltip(self, tooltip: VisualType | None) -> None: ...

    def scroll_lines(self, lines: int) -> None:
        """Look up (negative) or down the history."""

    def follow(self) -> None:
        """Back to the live screen and its cursor."""

    def pan(self, columns: int) -> None:
        """Look at other columns of a grid that is wider than the window."""

    def redraw(self) -> None:
        """Draw all lines that look otherwise now."""

    def hints_changed(self) -> None:
        """Other keys mean something now."""

    def clear_selection(self) -> None:
        """Nothing is selected any more."""

    def copy_selection(self) -> bool:
        """Send what is selected to the clipboard; False if nothing is."""

    def post_message(self, message: Message) -> bool:
        """Tell the screen around it."""


class Canvas(Protocol):
    """What is drawn on."""

    def refresh(self, *regions: Region) -> object:
        """Have these regions drawn."""

    def set_timer(self, delay: float, callback: Callable[[], None]) -> Timer:
        """Call in so many seconds."""
