"""Looking round and selecting with the keys alone: a cursor of its own that walks over the document."""

from __future__ import annotations

from typing import Literal

from codepilot.terminal.screen import Row
from codepilot_tui.widgets.terminal.cells import width_of
from codepilot_tui.widgets.terminal.logical import Point, RowAt
from codepilot_tui.widgets.terminal.selecting import Unit
from codepilot_tui.widgets.terminal.viewport import Viewport

Outcome = Literal["moved", "copy", "find", "leave", "unknown"]

KEYS = (
    ("↑↓←→ hjkl", "walk"),
    ("PgUp PgDn", "by pages"),
    ("g G", "first line, last line"),
    ("0 $", "begin and end of the line"),
    ("Space v V", "mark from here; V whole lines"),
    ("y Enter", "copy and leave"),
    ("/", "find"),
    ("Esc q", "leave"),
)
"""What the help says."""

_STEPS = {"up": -1, "k": -1, "down": 1, "j": 1}
_SIDE = {"left": -1, "h": -1, "right": 1, "l": 1}
_ENDS: dict[str, Outcome] = {"y": "copy", "enter": "copy", "/": "find", "escape": "leave", "q": "leave"}


class Browser:
    """The walk over one terminal.

    Args:
        viewport: what is seen; it is moved along.
        row_at: the rows of the document.
        begin: where the walk begins.
    """

    def __init__(self, viewport: Viewport, row_at: RowAt, begin: Point) -> None:
        self._viewport = viewport
        self._row_at = row_at
        self.point = begin
        self.anchor: Point | None = None
        """Where the mark was set."""
        self.unit: Unit = "cell"

    def press(self, key: str) -> Outcome:
        """Take a key by its name."""
        if key in _ENDS:
            return _ENDS[key]
        if key in ("space", "v", "V"):
            self._mark("line" if key == "V" else "cell")
            return "moved"
        to = self._there(key)
        if to is None:
            return "unknown"
        self.go(to)
        return "moved"

    def _mark(self, unit: Unit) -> None:
        self.anchor = None if self.anchor is not None and self.unit == unit else self.point
        self.unit = unit

    def _there(self, key: str) -> Point | None:
        """Where a key leads, perhaps past the ends; None: it leads nowhere."""
        line, column = self.point
        if key in _STEPS:
            return Point(line + _STEPS[key], column)
        if key in _SIDE:
            return Point(line, column + _SIDE[key])
        if key in ("pageup", "pagedown"):
            page = max(1, self._viewport.height - 1)
            return Point(line + (page if key == "pagedown" else -page), column)
        if key in ("g", "ctrl+home"):
            return Point(0, 0)
        if key in ("G", "ctrl+end"):
            return Point(self._viewport.buffer.height - 1, 0)
        if key in ("home", "0"):
            return Point(line, 0)
        if key in ("end", "$"):
            return Point(line, max(0, width_of(self._row_at(line) or Row()) - 1))
        return None

    def go(self, point: Point) -> None:
        """Stand on a cell, and have it seen."""
        buffer = self._viewport.buffer
        line = max(0, min(point.line, buffer.height - 1))
        self.point = Point(line, max(0, min(point.column, buffer.columns - 1)))
        self._viewport.reveal(*self.point)
