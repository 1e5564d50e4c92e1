"""Where a line that was found stands among the rows of its item, and which characters are marked. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from codepilot_tui.transcript.finding import Hit, holds, places
from codepilot_tui.widgets.chat.lines import Line


class Mark:
    """The words found, in one line of an item.

    Args:
        item_index: of the item.
        hit: the line.
        words: that it was found by.
    """

    def __init__(self, item_index: int, hit: Hit, words: str) -> None:
        self.item_index = item_index
        self._hit = hit
        self._words = words
        self._drawn: Sequence[Line] | None = None
        self._rows: tuple[int, int] | None = None

    def rows(self, lines: Sequence[Line]) -> tuple[int, int] | None:
        """From which row to which (not included) the line stands; looked for again if the item was drawn anew.

        Args:
            lines: of the item, as it is drawn now.
        """
        if lines is not self._drawn:
            self._drawn, self._rows = lines, rows_of(lines, self._hit, self._words)
        return self._rows

    def places(self, lines: Sequence[Line], row: int) -> tuple[tuple[int, int], ...]:
        """The characters to mark on a row of the item, as starts and ends."""
        rows = self.rows(lines)
        if rows is None or not rows[0] <= row < rows[1]:
            return ()
        return tuple(places(lines[row].strip.text, self._words))


def rows_of(lines: Sequence[Line], hit: Hit, words: str) -> tuple[int, int] | None:
    """From which row to which (not included) the line found stands; None: it is not among the rows.

    What is drawn is not what was written: lines are wrapped and Markdown loses its signs. So it is looked for by its
    letters and digits, and if they are not there as they were written, by the words alone.

    Args:
        lines: of the item, as it is drawn.
        hit: the line.
        words: that it was found by.
    """
    whole = _unwrapped(lines)
    letters = _letters(hit.line)
    same = [rows for rows, text in whole if letters and letters in _letters(text)]
    pool = same or [rows for rows, text in whole if holds(text, words)]
    return pool[min(hit.nth, len(pool) - 1)] if pool else None


def _unwrapped(lines: Sequence[Line]) -> list[tuple[tuple[int, int], str]]:
    """The rows of each line as it was written, with its text."""
    whole: list[tuple[tuple[int, int], str]] = []
    for at, line in enumerate(lines):
        if line.joint is not None and whole:
            (first, _), text = whole[-1]
            whole[-1] = (first, at + 1), f"{text}{line.joint}{line.text}"
        else:
            whole.append(((at, at + 1), line.text))
    return whole


def _letters(text: str) -> str:
    return "".join(filter(str.isalnum, text))
