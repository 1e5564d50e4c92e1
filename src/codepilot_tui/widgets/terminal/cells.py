"""Where the characters of a row stand: a wide one fills two columns, a cluster of several characters may fill one."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from codepilot.terminal.screen import Row, cell_texts, cell_width
from codepilot.text import visible


class Cell(NamedTuple):
    """One place of the grid and what stands in it."""

    column: int
    width: int
    text: str


def cells_of(row: Row) -> Iterator[Cell]:
    """The cells of a row, left to right; wide ones come once."""
    column = 0
    for run in row.runs:
        for text, width in cell_texts(run):
            yield Cell(column, width, text)
            column += width


def width_of(row: Row) -> int:
    """Columns up to the last one that is filled."""
    return sum(run.width for run in row.runs)


def is_plain(row: Row) -> bool:
    """Each character fills one column, so characters can be counted instead."""
    return all(run.width == len(run.text) for run in row.runs)


def cell_at(row: Row, column: int) -> tuple[int, int]:
    """First column and width of what stands at a column."""
    at = 0
    for run in row.runs:
        if run.text and column < at + run.width:
            width = cell_width(run)
            return at + (column - at) // width * width, width
        at += run.width
    return column, 1


def text_between(row: Row, start: int, end: int | None) -> str:
    """The text of the cells that reach into these columns; `end` is excluded, None is the end of the row."""
    if end is None:
        end = width_of(row)
    if is_plain(row):
        text = row.text[start:end]
    else:
        text = "".join(
            cell.text for cell in cells_of(row) if cell.column < end and cell.column + cell.width > start
        )
    return visible(text)


def columns_of(row: Row, first: int, last: int) -> tuple[int, int]:
    """The columns that the characters `first` to `last` (excluded) of the row's text fill."""
    if is_plain(row):
        return first, last
    start = end = seen = 0
    for cell in cells_of(row):
        if seen <= first:
            start = cell.column
        if seen < last:
            end = cell.column + cell.width
        seen += len(cell.text)
    if first >= seen:  # in the blanks that are not stored
        start = width_of(row) + first - seen
    if last > seen:
        end = width_of(row) + last - seen
    return start, end


def link_at(row: Row, column: int) -> str:
    """The link target that the program gave a column, or nothing."""
    at = 0
    for run in row.runs:
        at += run.width
        if column < at:
            return run.link
    return ""
