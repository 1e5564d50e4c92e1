"""Columns of a difference: the room of its source, where long lines break, which cells are marked or cut. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from functools import lru_cache

from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

from codepilot.diff_words import Span
from codepilot_tui.highlight import Run
from codepilot_tui.widgets.diff_rows import DiffDocument, Row


def gutter_columns(document: DiffDocument) -> int:
    """Columns before the source: a bar, the number, the sign."""
    return 1 + document.numbers_width + 3


def source_columns(document: DiffDocument, width: int, split: bool) -> int:
    """Columns that the source has, in the narrower half."""
    return max(1, (((width - 3) // 2) if split else width) - gutter_columns(document))


def row_parts(document: DiffDocument, row: Row, room: int, split: bool) -> int:
    """How many rows of the screen a row takes where long lines are wrapped.

    Args:
        document: whose row it is.
        row: the row.
        room: columns that the source has.
        split: two halves stand beside each other.
    """
    if row.kind in ("note", "fold"):
        return 1
    texts = []
    if row.old is not None and (split or row.new is None):
        texts.append(document.old_lines[row.old])
    if row.new is not None:
        texts.append(document.new_lines[row.new])
    return max((len(wrapped(text, room)) for text in texts), default=1)


@lru_cache(maxsize=1024)
def wrapped(text: str, room: int) -> tuple[tuple[int, int], ...]:
    """The first column of each part of a wrapped line, and the one behind it: broken behind a blank where there is one.

    A line with characters of other widths than one is broken where the room ends.
    """
    columns = cell_len(text)
    parts = []
    at = 0
    while columns - at > room:
        blank = text.rfind(" ", at + room // 2, at + room) if text.isascii() else -1
        end = blank + 1 if blank >= 0 else at + room
        parts.append((at, end))
        at = end
    return (*parts, (at, at + room))


def marked(runs: Iterable[Run], marks: Collection[Span]) -> Iterable[tuple[str, str, bool]]:
    """The runs cut at the borders of the marks: text, kind, marked."""
    position = 0
    for text, kind in runs:
        start, end = position, position + len(text)
        position = end
        at = start
        for first, last in marks:
            if last <= at or first >= end:
                continue
            if first > at:
                yield text[at - start : first - start], kind, False
                at = first
            stop = min(last, end)
            yield text[at - start : stop - start], kind, True
            at = stop
        if at < end:
            yield text[at - start :], kind, False


def cut(source: list[Segment], start: int, width: int, blank: Style) -> list[Segment]:
    """Exactly `width` columns of the source from `start` on, then blanks."""
    total = sum(cell_len(segment.text) for segment in source)
    if total <= start:
        return [Segment(" " * width, blank)]
    out = list(Strip(source, total).crop(start, start + width))
    missing = width - sum(cell_len(segment.text) for segment in out)
    return [*out, Segment(" " * missing, blank)] if missing > 0 else out


def fitted_source(source: list[Segment], offset: int, width: int, blank: Style) -> list[Segment]:
    """As `cut`, with `…` at the end where the source goes on."""
    total = sum(cell_len(segment.text) for segment in source)
    if total <= offset + width or width <= 1:
        return cut(source, offset, width, blank)
    return [*cut(source, offset, width - 1, blank), Segment("…", blank)]
