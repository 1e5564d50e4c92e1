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
        buffer, page = self._viewport.buffer, max(1, self._viewport.height - 1)
        line, column = self.point
        if key in _STEPS:
            line += _STEPS[key]
        elif key in _SIDE:
            column += _SIDE[key]
        elif key in ("pageup", "pagedown"):
            line += page if key == "pagedown" else -page
        elif key in ("g", "ctrl+home"):
            line, column = 0, 0
        elif key in ("G", "ctrl+end"):
            line, column = buffer.height - 1, 0
        elif key in ("home", "0"):
            column = 0
        elif key in ("end", "$"):
            column = max(0, width_of(self._row_at(line) or Row()) - 1)
        elif key in ("space", "v", "V"):
            unit: Unit = "line" if key == "V" else "cell"
            self.anchor = None if self.anchor is not None and self.unit == unit else self.point
            self.unit = unit
            return "moved"
        elif key in ("y", "enter"):
            return "copy"
        elif key == "/":
            return "find"
        elif key in ("escape", "q"):
            return "leave"
        else:
            return "unknown"
        self.go(Point(line, column))
        return "moved"

    def go(self, point: Point) -> None:
        """Stand on a cell, and have it seen."""
        buffer = self._viewport.buffer
        line = max(0, min(point.line, buffer.height - 1))
        self.point = Point(line, max(0, min(point.column, buffer.columns - 1)))
        self._viewport.reveal(*self.point)
