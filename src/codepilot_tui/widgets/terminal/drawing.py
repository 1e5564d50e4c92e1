"""How a line of a terminal looks: the row, and over it cursor, matches, selection and what goes on unseen."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

from codepilot.terminal.screen import Row
from codepilot_tui.glyphs import UNICODE
from codepilot_tui.widgets.terminal.browsing import Browser
from codepilot_tui.widgets.terminal.buffer import ScreenBuffer
from codepilot_tui.widgets.terminal.cells import width_of
from codepilot_tui.widgets.terminal.dragging import Dragging
from codepilot_tui.widgets.terminal.paint import Painter, Palette
from codepilot_tui.widgets.terminal.search import Search
from codepilot_tui.widgets.terminal.selecting import marked
from codepilot_tui.widgets.terminal.viewport import Viewport

LOOKS = frozenset(
    f"terminal--{part}"
    for part in (
        "cursor",
        "cursor-idle",
        "cursor-walking",
        "behind",
        "cut",
        "selected",
        "match",
        "match-shown",
    )
)
"""The parts that a style sheet gives a look."""
CSS = """
TerminalView {
    background: $terminal-ground;
    color: $ink;
    height: 1fr;
    & > .terminal--cursor { color: $ink; }
    & > .terminal--cursor-idle { color: $faint; }
    & > .terminal--cursor-walking { color: $you; }
    & > .terminal--behind { color: $muted; background: $raised; }
    & > .terminal--cut { color: $faint; }
    & > .terminal--selected { color: $ink; background: $selection; }
    & > .terminal--match { color: $ink; background: $line; }
    & > .terminal--match-shown { color: $terminal-ground; background: $you; }
}
"""
_STRIPS_KEPT = 2000


@dataclass(slots=True)
class Marks:
    """What is drawn over the rows."""

    dragging: Dragging
    """Holds the selection."""
    browser: Browser | None = None
    """The walk with the keys, while there is one."""
    search: Search | None = None
    """What is looked for, while something is."""
    typing: bool = False
    """The cursor takes keys."""


class Drawing:
    """Draws lines of the window. Equal rows are painted once, wherever on the screen they come.

    Args:
        buffer: the document.
        viewport: the window on it.
        marks: what is drawn over the rows.
        look: the style of one of `LOOKS`, by its last words.
        palette: the colours of the theme.
    """

    def __init__(
        self,
        buffer: ScreenBuffer,
        viewport: Viewport,
        marks: Marks,
        look: Callable[[str], Style],
        palette: Callable[[], Palette],
    ) -> None:
        self._buffer = buffer
        self._viewport = viewport
        self._marks = marks
        self._look_of = look
        self._palette_of = palette
        self._painter_made: Painter | None = None
        self._looks: dict[str, Style] = {}
        self._strips: dict[Row, Strip] = {}
        self._windows: dict[Row, Strip] = {}
        self._window_key = (0, 0, 0)
        self._last: dict[int, tuple[Row, Strip]] = {}

    def forget(self) -> None:
        """The theme may have changed: all colours are made anew."""
        self._painter_made = None
        self._looks.clear()
        for kept in (self._strips, self._windows, self._last):
            kept.clear()

    def line(self, y: int) -> Strip:
        """One line of the window; the very same object as long as it looks the same."""
        viewport = self._viewport
        line = viewport.top + y
        row = self._buffer.row(line)
        if row is None:
            strip = Strip.blank(viewport.width, self.painter.palette.base)
        elif self._has_marks(line):
            strip = self._cut(self._with_cursor(self._with_marks(self._strip(row), line), row, line), row)
        else:
            strip = self._window(y, row)
        if viewport.behind and y == viewport.height - 1:
            strip = self._with_behind(strip, viewport.behind)
        return strip

    def _has_marks(self, line: int) -> bool:
        """Whether something is drawn over the row."""
        marks, buffer = self._marks, self._buffer
        if marks.browser is not None:
            if line == marks.browser.point.line:
                return True
        elif buffer.cursor.visible and line - buffer.history == buffer.cursor.y:
            return True
        selection, search = marks.dragging.selection, marks.search
        return (selection is not None and line in selection.lines) or (
            search is not None and bool(search.spans(line))
        )

    def _window(self, y: int, row: Row) -> Strip:
        """The part of a row that is seen; the very same strip for an equal row, wherever on the screen it is."""
        key = (self._viewport.left, self._viewport.width, self._buffer.columns)
        last = self._last.get(y)
        if last is not None and last[0] is row and key == self._window_key:
            return last[1]
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
            strip = self._strips[row] = self.painter.strip(row)
        return strip

    def _cut(self, strip: Strip, row: Row) -> Strip:
        """The columns of the window, with an arrow at each end at which the row goes on beyond it."""
        left, width, base = self._viewport.left, self._viewport.width, self.painter.palette.base
        strip = strip.crop_extend(left, left + width, base)
        if self._buffer.columns > width > 1:
            look = base + self._look("cut")
            if left and row.runs:
                strip = Strip.join([Strip([Segment("‹", look)], 1), strip.crop(1)])
            if width_of(row) > left + width:
                strip = Strip.join([strip.crop(0, width - 1), Strip([Segment("›", look)], 1)])
        return strip

    def _with_cursor(self, strip: Strip, row: Row, line: int) -> Strip:
        painter, cursor, browser = self.painter, self._buffer.cursor, self._marks.browser
        if browser is not None:
            if line == browser.point.line:
                ink = self._look("cursor-walking").color
                return painter.with_cursor(strip, row, browser.point.column, "block", ink)
        elif cursor.visible and line - self._buffer.history == cursor.y:
            ink = painter.palette.cursor if self._marks.typing else None
            return painter.with_cursor(strip, row, cursor.x, cursor.shape, ink)
        return strip

    def _with_marks(self, strip: Strip, line: int) -> Strip:
        base, search = self.painter.palette.base, self._marks.search
        if search is not None:
            for span, shown in search.spans(line):
                look = self._look("match-shown" if shown else "match")
                strip = marked(strip, span.start, span.end, look, base)
        selection = self._marks.dragging.selection
        if selection is not None and (held := selection.span(line)) is not None:
            strip = marked(strip, *held, self._look("selected"), base)
        return strip

    def _with_behind(self, strip: Strip, behind: int) -> Strip:
        text = f" {UNICODE.below} {behind:,} below "[: strip.cell_length]
        return Strip.join(
            [strip.crop(0, strip.cell_length - len(text)), Strip([Segment(text, self._look("behind"))])]
        )

    def _look(self, part: str) -> Style:
        look = self._looks.get(part)
        if look is None:
            look = self._looks[part] = self._look_of(part)
        return look

    @property
    def painter(self) -> Painter:
        """Paints rows in the colours of the theme."""
        if self._painter_made is None:
            self._painter_made = Painter(self._palette_of())
        return self._painter_made
