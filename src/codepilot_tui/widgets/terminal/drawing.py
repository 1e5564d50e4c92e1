"""How a line of a terminal view looks: the row, and over it cursor, matches, selection and what goes on unseen."""

from __future__ import annotations

from typing import ClassVar

from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

from codepilot.terminal.screen import Row
from codepilot_tui.widgets.terminal.cells import width_of
from codepilot_tui.widgets.terminal.colours import palette_of
from codepilot_tui.widgets.terminal.input import TerminalInput
from codepilot_tui.widgets.terminal.paint import Painter
from codepilot_tui.widgets.terminal.search import Search
from codepilot_tui.widgets.terminal.selecting import marked

_STRIPS_KEPT = 2000


class TerminalDrawing(TerminalInput):
    """The half of a terminal view that draws. Equal rows are painted once, wherever on the screen they come."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "terminal--cursor",
        "terminal--cursor-idle",
        "terminal--cursor-walking",
        "terminal--behind",
        "terminal--cut",
        "terminal--selected",
        "terminal--match",
        "terminal--match-shown",
    }

    search: Search | None = None
    """What is looked for, while something is."""

    def __init__(self, *, name: str | None, id: str | None, classes: str | None) -> None:
        super().__init__(name=name, id=id, classes=classes)
        self._painter_made: Painter | None = None
        self._looks: dict[str, Style] = {}
        self._strips: dict[Row, Strip] = {}
        self._windows: dict[Row, Strip] = {}
        self._window_key = (0, 0, 0)
        self._last: dict[int, tuple[Row, Strip]] = {}

    def line(self, y: int) -> Strip:
        """One line of the window; the very same object as long as it looks the same."""
        viewport, buffer = self.viewport, self.buffer
        line = viewport.top + y
        row = buffer.row(line)
        if row is None:
            strip = Strip.blank(self.size.width, self._painter.palette.base)
        elif self._has_marks(line):
            strip = self._cut(self._with_cursor(self._with_marks(self._strip(row), line), row, line), row)
        else:
            strip = self._window(y, row)
        if viewport.behind and y == self.size.height - 1:
            strip = self._with_behind(strip, viewport.behind)
        return strip

    def _has_marks(self, line: int) -> bool:
        """Whether something is drawn over the row."""
        if self.browser is not None:
            if line == self.browser.point.line:
                return True
        elif self.buffer.cursor.visible and line - self.buffer.history == self.buffer.cursor.y:
            return True
        selection, search = self.dragging.selection, self.search
        return (selection is not None and line in selection.lines) or (
            search is not None and bool(search.spans(line))
        )

    def _window(self, y: int, row: Row) -> Strip:
        """The part of a row that is seen; the very same strip for an equal row, wherever on the screen it is."""
        last = self._last.get(y)
        if last is not None and last[0] is row:
            return last[1]
        key = (self.viewport.left, self.size.width, self.buffer.columns)
        if key != self._window_key or len(self._windows) >= _STRIPS_KEPT:
            self._window_key = key
            self._windows.clear()
            self._last.clear()
        strip = self._windows.get(row)
        if strip is None:
            strip = self._windows[row] = self._cut(self._strip(row), row)
        self._last[y] = (row, strip)
        return strip

    def _strip(self, row: Row) -> Strip:
        """The whole row as it is painted without anything over it."""
        strip = self._strips.get(row)
        if strip is None:
            if len(self._strips) >= _STRIPS_KEPT:
                self._strips.clear()
            strip = self._strips[row] = self._painter.strip(row)
        return strip

    def _cut(self, strip: Strip, row: Row) -> Strip:
        """The columns of the window, with an arrow at each end at which the row goes on beyond it."""
        left, width, base = self.viewport.left, self.size.width, self._painter.palette.base
        strip = strip.crop_extend(left, left + width, base)
        if self.buffer.columns > width > 1:
            look = base + self._look("cut")
            if left and row.runs:
                strip = Strip.join([Strip([Segment("‹", look)], 1), strip.crop(1)])
            if width_of(row) > left + width:
                strip = Strip.join([strip.crop(0, width - 1), Strip([Segment("›", look)], 1)])
        return strip

    def _with_cursor(self, strip: Strip, row: Row, line: int) -> Strip:
        painter, cursor = self._painter, self.buffer.cursor
        if self.browser is not None:
            if line == self.browser.point.line:
                ink = self._look("cursor-walking").color
                return painter.with_cursor(strip, row, self.browser.point.column, "block", ink)
        elif cursor.visible and line - self.buffer.history == cursor.y:
            ink = painter.palette.cursor if self.has_focus and self.owner != "agent" else None
            return painter.with_cursor(strip, row, cursor.x, cursor.shape, ink)
        return strip

    def _with_marks(self, strip: Strip, line: int) -> Strip:
        base = self._painter.palette.base
        if self.search is not None:
            for span, shown in self.search.spans(line):
                look = self._look("match-shown" if shown else "match")
                strip = marked(strip, span.start, span.end, look, base)
        selection = self.dragging.selection
        if selection is not None and (held := selection.span(line)) is not None:
            strip = marked(strip, *held, self._look("selected"), base)
        return strip

    def _with_behind(self, strip: Strip, behind: int) -> Strip:
        text = f" ▼ {behind:,} below "[: strip.cell_length]
        return Strip.join(
            [strip.crop(0, strip.cell_length - len(text)), Strip([Segment(text, self._look("behind"))])]
        )

    def _look(self, part: str) -> Style:
        look = self._looks.get(part)
        if look is None:
            look = self._looks[part] = self.get_component_rich_style(f"terminal--{part}")
        return look

    @property
    def _painter(self) -> Painter:
        if self._painter_made is None:
            self._painter_made = Painter(palette_of(self))
        return self._painter_made

    def notify_style_update(self) -> None:
        """The theme may have changed: all colours are made anew."""
        super().notify_style_update()
        self._painter_made = None
        self._looks.clear()
        for kept in (self._strips, self._windows, self._last):
            kept.clear()
