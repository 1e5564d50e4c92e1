"""What a viewer knows of a terminal: its screen, the pieces of history it has asked for, cursor and modes."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from codepilot.terminal.screen import Cursor, Modes, Row, ScreenUpdate

_EMPTY = Row()
_HISTORY_KEPT = 4000


class ScreenBuffer:
    """Rows by document line: first the history, oldest at 0, then the screen. Pure state; draws nothing."""

    def __init__(self) -> None:
        self.columns = 0
        self.lines = 0
        self.cursor = Cursor(visible=False)
        self.modes = Modes()
        self.title = ""
        self.history = 0
        self.numbering = 0
        """Changes when document lines got other numbers: after a new size, or when old history was dropped."""
        self._screen: list[Row] = []
        self._past: dict[int, Row] = {}

    def apply(self, update: ScreenUpdate) -> set[int] | None:
        """Take an update; gives the screen lines to draw again, or None for everything."""
        cursor_lines = {self.cursor.y, update.cursor.y} if update.cursor != self.cursor else set()
        everything = update.full or (update.columns, update.lines) != (self.columns, self.lines)
        if everything:
            self._screen = [_EMPTY] * update.lines
        if update.full or update.history < self.history or update.columns != self.columns:
            self._past.clear()
            if update.columns != self.columns or update.history < self.history:
                self.numbering += 1
        self.columns, self.lines = update.columns, update.lines
        for y, row in update.rows.items():
            if 0 <= y < update.lines:
                self._screen[y] = row
        self.cursor, self.modes, self.title = update.cursor, update.modes, update.title
        self.history = update.history
        return None if everything else {*update.rows, *cursor_lines}

    def keep_history(self, start: int, rows: Sequence[Row]) -> None:
        """Keep rows of the history that came on request."""
        if len(self._past) + len(rows) > _HISTORY_KEPT:
            self._past.clear()
        for index, row in enumerate(rows, start):
            if 0 <= index < self.history:
                self._past[index] = row

    @property
    def height(self) -> int:
        """Lines of the document."""
        return self.history + self.lines

    def row(self, line: int) -> Row | None:
        """The row of a document line; None if it is not known."""
        if line >= self.history:
            at = line - self.history
            return self._screen[at] if at < len(self._screen) else None
        return self._past.get(line)

    def missing(self, lines: Iterable[int]) -> tuple[int, int] | None:
        """Start and count of the history that must be asked for to show these lines."""
        absent = [line for line in lines if 0 <= line < self.history and line not in self._past]
        return (absent[0], absent[-1] - absent[0] + 1) if absent else None
