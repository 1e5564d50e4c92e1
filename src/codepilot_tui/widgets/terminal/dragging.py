"""A selection while it is made: by dragging, by double and triple click, by extending it, by the keys."""

from __future__ import annotations

from collections.abc import Callable
from time import monotonic

from textual.timer import Timer

from codepilot_tui.widgets.terminal.buffer import ScreenBuffer
from codepilot_tui.widgets.terminal.logical import Point
from codepilot_tui.widgets.terminal.selecting import TextSelection, Unit, select

_UNITS: tuple[Unit, ...] = ("cell", "word", "line")
_PACE = 1 / 20
"""Seconds between two steps while the mouse is held beyond the window."""


class Dragging:
    """Holds what is selected in one view.

    Args:
        buffer: the document.
        scroll: moves the window by lines; gives the document line at its edge then.
        timer: starts a timer that calls again and again.
    """

    def __init__(
        self,
        buffer: ScreenBuffer,
        scroll: Callable[[int], int],
        timer: Callable[[float, Callable[[], None]], Timer],
    ) -> None:
        self.selection: TextSelection | None = None
        self.active = False
        """The button is down."""
        self._buffer = buffer
        self._scroll = scroll
        self._timer = timer
        self._pulling: Timer | None = None
        self._beyond = 0
        self._anchor = self._head = Point(0, 0)
        self._unit: Unit = "cell"
        self._clicks = 0
        self._clicked = float("-inf")

    def press(self, point: Point, *, within: float, extend: bool = False) -> None:
        """The button goes down: begin anew, or by a word or line if it went down here just now."""
        now = monotonic()
        again = point == self._head and now - self._clicked <= within
        self._clicks = self._clicks + 1 if again else 1
        self._clicked = now
        self.active = True
        if extend and self.selection is not None and not again:
            self._head = point
            self._update()
            return
        self._anchor = self._head = point
        self._unit = _UNITS[(self._clicks - 1) % len(_UNITS)]
        self.selection = None
        if self._unit != "cell":
            self._update()

    def move(self, point: Point, *, beyond: int = 0) -> None:
        """The mouse goes on with the button down; `beyond` is how many lines it is above or below the window."""
        self._beyond = beyond
        if beyond and self._pulling is None:
            self._pulling = self._timer(_PACE, self._pull)
        elif not beyond:
            self._let_go()
        if point != self._head or self.selection is not None:
            self._head = point
            self._update()

    def release(self) -> None:
        """The button is up: what is selected stays."""
        self.active = False
        self._let_go()

    def mark(self, anchor: Point, head: Point, unit: Unit) -> None:
        """Select between two cells."""
        self._anchor, self._head, self._unit = anchor, head, unit
        self._update()

    def clear(self) -> bool:
        """Select nothing; True if something was selected."""
        had, self.selection = self.selection is not None, None
        return had

    def _pull(self) -> None:
        edge = self._scroll(self._beyond)
        self._head = Point(edge, self._head.column)
        self._update()

    def _let_go(self) -> None:
        if self._pulling is not None:
            self._pulling.stop()
            self._pulling = None

    def _update(self) -> None:
        self.selection = select(self._buffer.row, self._buffer.columns, self._anchor, self._head, self._unit)
