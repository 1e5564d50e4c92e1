"""A difference of which lines can be selected with the mouse: those of one side, without numbers and signs."""

from __future__ import annotations

from dataclasses import dataclass

from rich.cells import cell_len
from rich.segment import Segment
from textual.selection import Selection
from textual.strip import Strip

from codepilot_tui.widgets.diff import DiffView
from codepilot_tui.widgets.diff_cells import gutter_columns, source_columns, wrapped

_RIGHT = 1 << 20
"""Added to the columns of the right half: a selection that begins there is one of the new text."""


@dataclass(frozen=True, slots=True)
class _Part:
    """What of a line stands in one half of a row."""

    text: str
    """The line from the first character in sight on, or its part where it is wrapped."""
    goes_on: bool
    """The row above has the part before it."""


class SelectableDiff(DiffView):
    """The same, with text that can be selected."""

    ALLOW_SELECT = True

    def render_line(self, y: int) -> Strip:
        """One row, with what of it is selected."""
        strip, index = super().render_line(y), y + self.scroll_offset.y
        selection = self.text_selection
        if selection is not None:
            strip = self._lit(strip, selection, index)
        if not self.split:
            return strip.apply_offsets(0, index)
        half = _half(strip)
        return Strip.join(
            [strip.crop(0, half).apply_offsets(0, index), strip.crop(half).apply_offsets(_RIGHT, index)]
        )

    def _lit(self, strip: Strip, selection: Selection, index: int) -> Strip:
        """The row with what is selected of it in its colour."""
        right, span = self._on_right(selection), self._span(selection, index)
        part = self._text(index, right=right)
        if span is None or part is None:
            return strip
        gutter, text, (start, end) = gutter_columns(self.document), part.text, span
        at = gutter + (_half(strip) + 3 if right else 0)
        edge = _half(strip) if self.split and not right else strip.cell_length
        first = at + cell_len(text[:start])
        last = min(edge, at + cell_len(text if end == -1 else text[:end]))
        if first >= last:
            return strip
        style = self.screen.get_component_rich_style("screen--selection")
        chosen = Strip(Segment.apply_style(strip.crop(first, last), post_style=style))
        return Strip.join([strip.crop(0, first), chosen, strip.crop(last)])

    def get_selection(self, selection: Selection) -> tuple[str, str] | None:
        """The lines as they are in the text, of the side on which the selection begins."""
        right, taken = self._on_right(selection), ""
        first = 0 if selection.start is None else selection.start.y
        last = self.row_count - 1 if selection.end is None else min(selection.end.y, self.row_count - 1)
        began = False
        for index in range(first, last + 1):
            span, part = self._span(selection, index), self._text(index, right=right)
            if span is None or part is None:
                continue
            start, end = span
            taken += "" if part.goes_on or not began else "\n"
            taken += part.text[start : None if end == -1 else end]
            began = True
        return taken, "\n"

    def selection_updated(self, selection: Selection | None) -> None:
        """The mouse marked something else."""
        self.refresh()

    def _on_right(self, selection: Selection) -> bool:
        return self.split and selection.start is not None and selection.start.x >= _RIGHT

    def _span(self, selection: Selection, index: int) -> tuple[int, int] | None:
        """Which characters of the source are selected in a row."""
        span = selection.get_span(index)
        if span is None:
            return None
        right, gutter = self._on_right(selection), gutter_columns(self.document)
        before = _RIGHT + 3 if right else 0  # with the rule between the halves
        start, end = span
        if end >= 0:
            end = -1 if not right and end >= _RIGHT else max(0, end - before - gutter)
        return max(0, start - before - gutter), end

    def _text(self, index: int, *, right: bool) -> _Part | None:
        """What of the old or the new text stands in a row; None: nothing of it."""
        if index >= len(self._rows):
            return None
        row, part = self._rows[index]
        if row.kind in ("fold", "note"):
            return None
        is_old = not right if self.split else row.new is None
        number = row.old if is_old else row.new
        if number is None:
            return None
        line = (self.document.old_lines if is_old else self.document.new_lines)[number]
        if not self.wrapped:
            return _Part(_columns(line, self.scroll_offset.x, None), goes_on=False)
        width = self.scrollable_content_region.width
        parts = wrapped(line, source_columns(self.document, width, self.split))
        if part >= len(parts):
            return None
        return _Part(_columns(line, *parts[part]), goes_on=part > 0)


def _half(strip: Strip) -> int:
    """Columns of the left half; between the halves is a rule of three."""
    return (strip.cell_length - 3) // 2


def _columns(text: str, start: int, end: int | None) -> str:
    """The characters from one column to another, which is not among them."""
    if text.isascii():
        return text[start:end]
    return Strip([Segment(text)]).crop(start, end).text
