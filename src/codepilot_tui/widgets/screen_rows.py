"""The rows of a difference as they stand on the screen, and which line stands where. Pure."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from codepilot_tui.widgets.diff_rows import Row, hunk_starts


class ScreenRows:
    """Rows as they stand on the screen, where a long line may take several.

    Args:
        rows: of the document.
        parts: how many rows of the screen one of them takes.
    """

    def __init__(self, rows: Sequence[Row] = (), parts: Callable[[Row], int] = lambda row: 1) -> None:
        self._rows = [(row, part) for row in rows for part in range(parts(row))]
        self.starts = hunk_starts([row for row, _ in self._rows])
        """Where the changes of each hunk begin."""

    def __len__(self) -> int:
        return len(self._rows)

    def __getitem__(self, index: int) -> tuple[Row, int]:
        return self._rows[index]

    def first_line(self, top: int) -> Row | None:
        """The first line of the new text from there on."""
        return next((row for row, _ in self._rows[top:] if row.new is not None and row.kind != "fold"), None)

    def index_of(self, line: Row) -> int | None:
        """Where the same line of the new text stands."""
        rows = enumerate(self._rows)
        return next((at for at, (row, _) in rows if row.new == line.new and row.kind != "fold"), None)

    def place_of(self, old: int | None, new: int | None) -> int | None:
        """The first row on which a pair of lines stands, or the fold that hides it, or one line of the pair."""
        if (old, new) == (None, None):
            return None
        close: int | None = None
        for at, (row, _) in enumerate(self._rows):
            if (row.old, row.new) == (old, new) and row.kind != "note":
                return at
            hides = row.kind == "fold" and (
                _within(row.new, new, row.count) or _within(row.old, old, row.count)
            )
            same = row.kind != "fold" and (
                (new is not None and row.new == new) or (new is None and row.old == old)
            )
            if close is None and (hides or same):
                close = at
        return close

    def height_of(self, index: int) -> int:
        """How many rows the line takes that stands on a row."""
        line = self._rows[index][0]
        end = index
        while end < len(self._rows) and self._rows[end][0] is line:
            end += 1
        return end - index

    def first_fold(self, top: int, bottom: int) -> Row | None:
        """The first fold between two rows."""
        return next((row for row, _ in self._rows[top:bottom] if row.kind == "fold"), None)

    def hunk_from(self, top: int) -> int:
        """The first hunk that begins there or below, else the last."""
        return next((hunk for hunk, row in enumerate(self.starts) if row >= top), len(self.starts) - 1)


def _within(start: int | None, line: int | None, count: int) -> bool:
    return start is not None and line is not None and start <= line < start + count
