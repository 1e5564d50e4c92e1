"""Painted rows of which text can be selected with the mouse, and is copied as it was written."""

from __future__ import annotations

from rich.style import Style
from textual.selection import Selection
from textual.strip import Strip

from codepilot_tui.widgets.chat.lines import Line
from codepilot_tui.widgets.chat.selection import lit, selected_text
from codepilot_tui.widgets.painted import Painted


class SelectableRows(Painted):
    """Rows whose words can be selected. What is marked is what is in sight: other rows end the selection."""

    ALLOW_SELECT = True

    def line(self, row: int) -> Line | None:
        """A row of what is in sight, with what of it is decoration; None: there is no such row."""
        picture = self.made(self.size.width)
        if not 0 <= row < len(picture.rows):
            return None
        strip = picture.rows[row]
        text = strip.text
        joint = picture.joints[row] if row < len(picture.joints) else None
        made = Line(
            tuple(strip), len(text) - len(text.lstrip(" ")) if joint is None else picture.indent, joint
        )
        made.indent = min(made.indent, picture.indent)
        made.pad = len(text) - len(text.rstrip(" "))
        return made

    def render_line(self, y: int) -> Strip:
        """One row, with what of it is selected."""
        strip = super().render_line(y).apply_offsets(0, y)
        selection = self.text_selection
        span = None if selection is None else selection.get_span(y)
        if span is None or (line := self.line(y)) is None:
            return strip
        style: Style = self.screen.get_component_rich_style("screen--selection")
        return lit(strip, line, span, style)

    def repaint(self) -> None:
        """Other rows are painted: what was marked stands elsewhere, or not at all."""
        if self.is_attached and self.text_selection is not None:
            self.screen.clear_selection()
        super().repaint()

    def get_selection(self, selection: Selection) -> tuple[str, str] | None:
        """The selected text, without the line breaks of wrapping."""
        rows = len(self.made(self.size.width).rows)
        return selected_text(selection, rows, self.line), "\n"

    def selection_updated(self, selection: Selection | None) -> None:
        """The mouse marked something else."""
        self.refresh()
