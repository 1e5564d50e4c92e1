"""Selected text of a terminal: how it looks, and what is copied."""

from __future__ import annotations

from collections.abc import Callable

from rich.cells import cell_len
from rich.style import Style
from textual.selection import Selection
from textual.strip import Strip

from codepilot.terminal.screen import Row
from codepilot_tui.widgets.terminal.buffer import ScreenBuffer


def highlighted(strip: Strip, span: tuple[int, int] | None, style: Style) -> Strip:
    """The strip with the characters of a span marked; an end of -1 is the end of the line."""
    if span is None:
        return strip
    start, end = span
    text = strip.text
    first = cell_len(text[:start])
    last = strip.cell_length if end == -1 else cell_len(text[:end])
    if first >= last:
        return strip
    marked = [segment._replace(style=(segment.style or style) + style) for segment in strip.crop(first, last)]
    return Strip.join([strip.crop(0, first), Strip(marked), strip.crop(last)])


def selected_text(
    buffer: ScreenBuffer, selection: Selection, text_of: Callable[[int, Row], str]
) -> str | None:
    """What was selected, rows joined that were only wrapped; `text_of` gives a row as it is drawn."""
    first = max(0, selection.start.y) if selection.start else 0
    last = min(selection.end.y if selection.end else buffer.height, buffer.height - 1)
    parts: list[str] = []
    for line in range(first, last + 1):
        row, span = buffer.row(line), selection.get_span(line)
        if span is None:
            continue
        start, end = span
        text = text_of(line, row)[start : None if end == -1 else end] if row is not None else ""
        if line == last:
            parts.append(text.rstrip())
        else:
            parts.append(text if row is not None and row.wrapped else text.rstrip() + "\n")
    return "".join(parts) if parts else None
