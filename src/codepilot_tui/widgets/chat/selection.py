"""Selected text: what is copied, and how it is highlighted."""

from __future__ import annotations

from collections.abc import Callable

from rich.segment import Segment
from rich.style import Style
from textual.geometry import Offset
from textual.selection import Selection
from textual.strip import Strip

from codepilot_tui.widgets.chat.lines import Line, cells
from codepilot_tui.widgets.word_at import word_at


def selected_text(selection: Selection, rows: int, line_at: Callable[[int], Line | None]) -> str:
    """The selected text as it was written, without bars and without the line breaks of wrapping.

    Args:
        selection: from where to where.
        rows: how many there are.
        line_at: gives the line of a row.
    """
    first = 0 if selection.start is None else max(0, selection.start.y)
    last = rows - 1 if selection.end is None else min(selection.end.y, rows - 1)
    text: str | None = None
    for row in range(first, last + 1):
        here = line_at(row)
        if here is not None and here.label:
            continue
        part = "" if here is None else _marked_part(here, selection.get_span(row) or (0, -1))
        if text is None:
            text = part
        elif here is not None and here.joint is not None:
            text += here.joint + part
        else:
            text = f"{text.rstrip(' ')}\n{part}"
    return (text or "").rstrip(" ")


def _marked_part(line: Line, span: tuple[int, int]) -> str:
    start, end = span
    whole = line.strip.text
    last = len(whole) - line.pad
    return whole[max(start, line.indent) : last if end == -1 else min(end, last)]


def lit(strip: Strip, line: Line, span: tuple[int, int], style: Style) -> Strip:
    """The strip with the selected characters in this style; bars and other decoration keep theirs.

    Args:
        strip: the line's, possibly with the cursor drawn over its decoration.
        line: tells which characters are decoration.
        span: start and end in characters; an end of -1 is the end of the text.
        style: the style of selected text.
    """
    text = line.strip.text
    last = len(text) - line.pad
    start, end = max(span[0], line.indent), last if span[1] == -1 else min(span[1], last)
    if start >= end or line.label:
        return strip
    left, right = cells(text[:start]), cells(text[:end])
    chosen = Strip(Segment.apply_style(strip.crop(left, right), post_style=style))
    return Strip.join([strip.crop(0, left), chosen, strip.crop(right)])


def clicked(
    clicks: int, row: int, column: int, rows: int, line_at: Callable[[int], Line | None]
) -> Selection | None:
    """What a double click (the word) or a triple click (the line as it was written) selects; None: nothing there.

    Args:
        clicks: how many.
        row: under the mouse.
        column: under the mouse, in cells.
        rows: how many there are.
        line_at: gives the line of a row.
    """
    here = line_at(row)
    if here is None or here.label:
        return None
    text = here.strip.text
    first, last = here.indent, len(text) - here.pad
    if clicks > 2:
        top = bottom = row
        while top and (line := line_at(top)) is not None and line.joint is not None:
            top -= 1
        while bottom + 1 < rows and (line := line_at(bottom + 1)) is not None and line.joint is not None:
            bottom += 1
        end = line_at(bottom) or here
        return Selection(Offset(0, top), Offset(len(end.strip.text) - end.pad, bottom))
    at = next((index for index in range(len(text)) if cells(text[: index + 1]) > column), len(text))
    word = word_at(text, at, first, last)
    return Selection(Offset(word[0], row), Offset(word[1], row)) if word is not None else None
