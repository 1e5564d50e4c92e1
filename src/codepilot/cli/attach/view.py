"""The screen of a terminal in a window of the person's own, and a line below that says how things stand."""

from __future__ import annotations

from collections.abc import Mapping

from codepilot.cli.attach.painting import Painter
from codepilot.terminal.screen import Cursor, Modes, Row, ScreenUpdate
from codepilot.text import shorten, visible

_SHAPES = {"block": 2, "underline": 4, "bar": 6}
_MOUSE = {"click": "1000", "drag": "1002", "motion": "1003"}
_MOUSE_OFF = "\x1b[?1000l\x1b[?1002l\x1b[?1003l\x1b[?1006l"


class View:
    """Keeps the rows and says what has to be written to show them. A window smaller than the screen follows the cursor.

    Args:
        environment: of the person's terminal.
    """

    def __init__(self, environment: Mapping[str, str]) -> None:
        self._painter = Painter(environment)
        self.width, self.height = 80, 24
        self.forget()

    def forget(self) -> None:
        """Another terminal comes."""
        self.columns = self.lines = self.history = 0
        self.cursor = Cursor()
        self.modes = Modes()
        self.left = self.top = 0
        self.back = 0
        """How many rows the person has gone back from the end."""
        self._rows: dict[int, Row] = {}
        self._past: dict[int, Row] = {}
        self.redraw()

    def redraw(self) -> None:
        """Draw all of it next time."""
        self._drawn: dict[int, tuple[Row | None, int, int]] = {}
        self._status = ""
        self._mouse = ""
        self._cursor_drawn = ""
        self._clear = True

    def resize(self, width: int, height: int) -> None:
        """The person's window has another size."""
        self.width, self.height = width, height
        self.redraw()

    @property
    def room(self) -> int:
        """Lines for the terminal: the last one is the status."""
        return max(1, self.height - 1)

    def apply(self, update: ScreenUpdate) -> None:
        """Take what changed."""
        if update.full:
            self._rows = {}
        self._rows.update(update.rows)
        self.columns, self.lines, self.history = update.columns, update.lines, update.history
        self.cursor, self.modes = update.cursor, update.modes
        self._follow_cursor()

    def _follow_cursor(self) -> None:
        x, y = self.cursor.x, self.cursor.y
        last_top = max(0, self.lines - self.room)
        self.top = min(max(self.top, y - self.room + 1), y, last_top)
        if x < self.width or self.columns <= self.width:
            self.left = 0
        elif not self.left <= x < self.left + self.width:
            self.left = min(x - self.width // 2, max(0, self.columns - self.width))

    # -- going back --

    def go(self, rows: int) -> tuple[int, int]:
        """Go back, or forth with a negative number; the rows of the history that are needed for it: first, count."""
        self.back = max(0, min(self.back + rows, self.history + self.lines - self.room))
        start = self._start()
        return start, max(0, min(self.history - start, self.room))

    def remember(self, start: int, rows: list[Row]) -> None:
        """Rows of the history have come."""
        self._past = dict(enumerate(rows, start))

    def _start(self) -> int:
        return max(0, self.history + self.lines - self.room - self.back)

    # -- drawing --

    def draw(self, status: str, *, mouse: bool) -> str:
        """What has to be written now; empty if nothing changed.

        Args:
            status: the last line.
            mouse: the program may have the mouse if it asked for it.
        """
        parts: list[str] = []
        if self._clear:
            parts.append("\x1b[0m\x1b[2J")
            self._clear = False
        start = self._start() if self.back else 0
        for y in range(self.room):
            if self.back:
                at = start + y
                row = self._past.get(at) if at < self.history else self._rows.get(at - self.history)
            else:
                row = self._rows.get(self.top + y)
            known = self._drawn.get(y)
            if known is None or known[0] is not row or known[1:] != (self.left, self.width):
                self._drawn[y] = (row, self.left, self.width)
                parts.append(f"\x1b[{y + 1};1H{self._painter.row(row, self.left, self.width)}")
        line = shorten(visible(status), self.width)
        if line != self._status and self.height > 1:
            self._status = line
            parts.append(f"\x1b[{self.height};1H\x1b[0;7m{line}\x1b[K\x1b[0m")
        parts.append(self._mouse_wanted(mouse))
        drawn = "".join(parts)
        cursor = self._cursor()
        if not drawn and cursor == self._cursor_drawn:
            return ""
        self._cursor_drawn = cursor
        return f"\x1b[?2026h\x1b[?25l{drawn}{cursor}\x1b[?2026l"

    def _cursor(self) -> str:
        x, y = self.cursor.x - self.left, self.cursor.y - self.top
        if self.back or not self.cursor.visible or not (0 <= x < self.width and 0 <= y < self.room):
            return ""
        return f"\x1b[{_SHAPES[self.cursor.shape]} q\x1b[{y + 1};{x + 1}H\x1b[?25h"

    def _mouse_wanted(self, mouse: bool) -> str:
        wanted = _MOUSE.get(self.modes.mouse, "") if mouse and not self.back else ""
        if wanted == self._mouse:
            return ""
        self._mouse = wanted
        return _MOUSE_OFF + (f"\x1b[?{wanted}h\x1b[?1006h" if wanted else "")
