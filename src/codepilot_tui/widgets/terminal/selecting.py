"""Selected text of a terminal: which cells it holds as the mouse or the keys move, and what is copied."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

from codepilot.terminal.screen import Row
from codepilot_tui.widgets.terminal.cells import text_between
from codepilot_tui.widgets.terminal.logical import Point, RowAt, logical_line, word_spans

Unit = Literal["cell", "word", "line"]
"""What a selection grows by."""


@dataclass(frozen=True, slots=True)
class TextSelection:
    """Cells of the document from `start` to `end`, both included."""

    start: Point
    end: Point

    @property
    def lines(self) -> range:
        """The document lines it touches."""
        return range(self.start.line, self.end.line + 1)

    def span(self, line: int) -> tuple[int, int | None] | None:
        """First and last column (excluded; None: to the end of the row) of a line, or None."""
        if not self.start.line <= line <= self.end.line:
            return None
        first = self.start.column if line == self.start.line else 0
        return first, self.end.column + 1 if line == self.end.line else None


def select(row_at: RowAt, columns: int, anchor: Point, head: Point, unit: Unit) -> TextSelection:
    """What is selected between two cells, grown to whole words or lines."""
    low, high = min(anchor, head), max(anchor, head)
    if unit == "line":
        first = logical_line(row_at, low.line, columns).first
        return TextSelection(Point(first, 0), Point(logical_line(row_at, high.line, columns).last, columns))
    if unit == "word":
        begin = word_spans(logical_line(row_at, low.line, columns), low)
        end = word_spans(logical_line(row_at, high.line, columns), high)
        low = Point(begin[0].line, begin[0].start) if begin else low
        high = Point(end[-1].line, end[-1].end - 1) if end else high
    return TextSelection(low, high)


def text_of(selection: TextSelection, row_at: Callable[[int], Row | None]) -> str:
    """What is copied: rows that were only wrapped are joined, blanks at the ends of lines are left out."""
    parts: list[str] = []
    for line in selection.lines:
        row, span = row_at(line), selection.span(line)
        assert span is not None
        text = text_between(row, *span) if row is not None else ""
        if line == selection.end.line:
            parts.append(text.rstrip())
        else:
            parts.append(text if row is not None and row.wrapped else text.rstrip() + "\n")
    return "".join(parts)


def marked(strip: Strip, start: int, end: int | None, style: Style, plain: Style) -> Strip:
    """The strip with these columns in a style; at least one, so that an empty line is seen to be selected."""
    if end is None:
        end = max(strip.cell_length, start + 1)
    if end > strip.cell_length:
        end = max(start + 1, min(end, strip.cell_length))
        strip = strip.extend_cell_length(end, plain)
    inside = [Segment(text, (look or plain) + style) for text, look, _ in strip.crop(start, end)]
    return Strip.join([strip.crop(0, start), Strip(inside, end - start), strip.crop(end)])
