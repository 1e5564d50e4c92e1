"""Logical lines: rows that the terminal only wrapped, taken together, with the way back to their cells."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import NamedTuple

from codepilot.terminal.screen import Row
from codepilot_tui.widgets.terminal.cells import columns_of, text_between, width_of

RowAt = Callable[[int], Row | None]
"""The row of a document line, if it is known."""

_LONGEST = 400
"""Rows that are looked through for the ends of one line."""
_SEPARATORS = frozenset(" \t\xa0\"'`()[]{}<>|│,;")
_URL = re.compile(r"https?://[^\s<>\"'`\\^{|}]+")
_AFTER_URL = ".,;:!?'\"*_"


class Point(NamedTuple):
    """A cell of the document."""

    line: int
    column: int


class Span(NamedTuple):
    """Columns of one document line, `end` excluded."""

    line: int
    start: int
    end: int


class LogicalLine:
    """Rows that belong together.

    Args:
        first: the document line of the first row.
        rows: all but the last one wrapped.
        columns: of the grid, to give back the blanks that rows do not store.
    """

    def __init__(self, first: int, rows: Sequence[Row], columns: int) -> None:
        self.first = first
        self.rows = rows
        pieces = [row.text for row in rows]
        for index, (row, following) in enumerate(pairwise(rows)):
            missing = columns - width_of(row)
            # A wide character that found no room at the end left one cell empty, which is not a blank of the text.
            if missing > 1 or (missing == 1 and not _begins_wide(following)):
                pieces[index] += " " * missing
        self._starts = [0]
        for piece in pieces:
            self._starts.append(self._starts[-1] + len(piece))
        self.text = "".join(pieces)

    @property
    def last(self) -> int:
        """The document line of the last row."""
        return self.first + len(self.rows) - 1

    def index(self, point: Point) -> int:
        """The character of `text` that stands at a cell, or its length if none does."""
        at = min(max(0, point.line - self.first), len(self.rows) - 1)
        before = len(text_between(self.rows[at], 0, point.column)) if point.column else 0
        row = self.rows[at]
        if point.column >= width_of(row):
            before = len(row.text) + point.column - width_of(row)
        return min(self._starts[at] + before, self._starts[at + 1])

    def spans(self, start: int, end: int) -> tuple[Span, ...]:
        """The cells of the characters from `start` to `end` (excluded), a span for each row."""
        found = []
        for at, row in enumerate(self.rows):
            low, high = self._starts[at], self._starts[at + 1]
            first, last = max(start, low), min(end, high)
            if first < last:
                found.append(Span(self.first + at, *columns_of(row, first - low, last - low)))
        return tuple(found)


def logical_line(row_at: RowAt, line: int, columns: int) -> LogicalLine:
    """The logical line that a document line belongs to, as far as its rows are known."""
    rows = [row_at(line) or Row()]
    first = line
    while line - first < _LONGEST and (row := row_at(first - 1)) is not None and row.wrapped:
        rows.insert(0, row)
        first -= 1
    while rows[-1].wrapped and len(rows) < _LONGEST and (row := row_at(first + len(rows))) is not None:
        rows.append(row)
    return LogicalLine(first, rows, columns)


def word_spans(line: LogicalLine, point: Point) -> tuple[Span, ...]:
    """The cells of the word at a point: a path, an address, an option; or of the blanks there."""
    text, at = line.text, line.index(point)
    if at >= len(text):
        return ()

    def alike(character: str) -> bool:
        return character == text[at] if text[at] in _SEPARATORS else character not in _SEPARATORS

    start, end = at, at + 1
    while start and alike(text[start - 1]):
        start -= 1
    while end < len(text) and alike(text[end]):
        end += 1
    return line.spans(start, end)


def url_at(line: LogicalLine, point: Point) -> str:
    """The web address that is written at a point, or nothing."""
    at = line.index(point)
    for match in _URL.finditer(line.text):
        address = match[0].rstrip(_AFTER_URL)
        while (
            address
            and address[-1] in ")]"
            and address.count(")]"[address[-1] == "]"]) > address.count("(["[address[-1] == "]"])
        ):
            address = address[:-1].rstrip(_AFTER_URL)
        if match.start() <= at < match.start() + len(address):
            return address
    return ""


def _begins_wide(row: Row) -> bool:
    return bool(row.runs) and row.runs[0].width == 2 * len(row.runs[0].text)
