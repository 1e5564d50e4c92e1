"""The live picture of one terminal. It is handed updates, and posts what the person does; it knows no host."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from time import monotonic
from typing import ClassVar

from rich.segment import Segment
from textual import events
from textual.geometry import Region
from textual.selection import Selection
from textual.strip import Strip
from textual.timer import Timer

from codepilot.terminal.screen import Row, ScreenUpdate
from codepilot_tui.widgets.terminal.buffer import ScreenBuffer
from codepilot_tui.widgets.terminal.colours import palette_of
from codepilot_tui.widgets.terminal.input import TerminalInput
from codepilot_tui.widgets.terminal.paint import Painter
from codepilot_tui.widgets.terminal.selecting import highlighted, selected_text
from codepilot_tui.widgets.terminal.viewport import Viewport

FRAME = 1 / 30
"""The shortest time between two frames."""
RESIZE_PAUSE = 0.15
"""How long a new size must last before it is told."""

_STRIPS_KEPT = 2000
_EMPTY = Row()


class TerminalView(TerminalInput, can_focus=True):
    """Shows a terminal's screen and history.

    Hand it updates with `apply`. Rows of the history are asked for through `request_history(start, count)` and handed
    over with `apply_history`. While the person holds the keyboard, or nobody does, keys go out as messages.

    Args:
        terminal: the terminal's name, for messages.
        request_history: asks for rows of the history; None if there is no way to.
    """

    DEFAULT_CSS = """
    TerminalView {
        background: $terminal-ground;
        color: $ink;
        height: 1fr;
        & > .terminal--cursor { color: $ink; }
        & > .terminal--cursor-idle { color: $faint; }
        & > .terminal--behind { color: $muted; background: $raised; }
    }
    """
    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "terminal--cursor",
        "terminal--cursor-idle",
        "terminal--behind",
    }

    def __init__(
        self,
        terminal: str = "main",
        *,
        request_history: Callable[[int, int], None] | None = None,
        name: str | None = None,
        id: str | None = None,
        classes: str | None = None,
    ) -> None:
        super().__init__(name=name, id=id, classes=classes)
        self.terminal = terminal
        self.buffer = ScreenBuffer()
        self.viewport = Viewport(self.buffer)
        self._request_history = request_history
        self._asked: tuple[int, int] | None = None
        self._painter_made: Painter | None = None
        self._strips: dict[int, tuple[Row, Strip]] = {}
        self._dirty: set[int] = set()
        self._dirty_all = True
        self._shown = False
        self._painting = False
        self._last_frame = 0.0
        self._frame_timer: Timer | None = None
        self._resize_timer: Timer | None = None
        self._told_size: tuple[int, int] | None = None

    # What comes in

    def apply(self, update: ScreenUpdate) -> None:
        """Take what changed on the terminal's screen; it is drawn with the next frame."""
        if update.full:
            self._asked = None
            self._strips.clear()
        history = self.buffer.history
        lines = self.buffer.apply(update)
        if self.viewport.settle() or lines is None or (self.viewport.behind and history != update.history):
            self._dirty_all = True
            self._want_history()
        else:
            self._dirty |= lines
        self._draw_soon()

    def apply_history(self, start: int, rows: Sequence[Row]) -> None:
        """Take rows of the history that `request_history` asked for."""
        answered, self._asked = self._asked, None
        self.buffer.keep_history(start, rows)
        self._dirty_all = True
        self._want_history(but=answered)
        self._draw_soon()

    # Frames

    def _draw_soon(self) -> None:
        """Draw at most thirty times a second, and not at all while nobody can see it."""
        if not self._shown or self._frame_timer is not None or not (self._dirty or self._dirty_all):
            return
        wait = self._last_frame + FRAME - monotonic()
        if wait <= 0:
            self._draw()
        else:
            self._frame_timer = self.set_timer(wait, self._draw)

    def _draw(self) -> None:
        self._frame_timer = None
        self._last_frame = monotonic()
        width, height = self.size
        if self._dirty_all:
            self.refresh()
        else:
            first = self.viewport.top - self.buffer.history
            regions = [Region(0, y - first, width, 1) for y in self._dirty if 0 <= y - first < height]
            if regions:
                self.refresh(*regions)
        self._dirty.clear()
        self._dirty_all = False

    def _draw_all(self) -> None:
        self._dirty_all = True
        self._want_history()
        self._draw_soon()

    def _want_history(self, *, but: tuple[int, int] | None = None) -> None:
        """Ask for what the window lacks, with a window's worth around it; not again for what got no answer."""
        if self._request_history is None or self.viewport.following or self._asked is not None:
            return
        top, height = self.viewport.top, self.size.height
        if self.buffer.missing(range(top, top + height)) is None:
            return
        wanted = self.buffer.missing(range(max(0, top - height), top + 2 * height))
        if wanted is not None and wanted != but:
            self._asked = wanted
            self._request_history(*wanted)

    def render_lines(self, crop: Region) -> list[Strip]:
        """Draw; marks the calls of `render_line` that come from here."""
        self._painting = True
        try:
            return super().render_lines(crop)
        finally:
            self._painting = False

    def render_line(self, y: int) -> Strip:
        """Draw one line of the window."""
        width = self.size.width
        painter, viewport, buffer = self._painter, self.viewport, self.buffer
        base = painter.palette.base
        line = viewport.top + y
        row = buffer.row(line)
        strip = self._strip(line, row) if row is not None else Strip.blank(width, base)
        if row is not None and (selection := self.text_selection) is not None:
            style = self.screen.get_component_rich_style("screen--selection")
            strip = highlighted(strip, selection.get_span(line), style)
        cursor = buffer.cursor
        if cursor.visible and line - buffer.history == cursor.y and row is not None:
            active = self.has_focus and self.owner != "agent"
            strip = painter.with_cursor(strip, row, cursor.x, cursor.shape, active=active)
        if not self._painting:
            # The screen asks what stands under the mouse, to select it; drawing does without these marks.
            skipped = len(strip.crop(0, viewport.left).text)
            return strip.crop_extend(viewport.left, viewport.left + width, base).apply_offsets(skipped, line)
        strip = strip.crop_extend(viewport.left, viewport.left + width, base)
        if viewport.behind and y == self.size.height - 1:
            strip = self._marked(strip, viewport.behind)
        return strip

    def _strip(self, line: int, row: Row) -> Strip:
        key = line - self.buffer.history  # of the screen from 0 on, of the history below
        known = self._strips.get(key)
        if known is not None and known[0] is row:
            return known[1]
        if len(self._strips) >= _STRIPS_KEPT:
            self._strips.clear()
        strip = self._painter.strip(row)
        self._strips[key] = (row, strip)
        return strip

    def _marked(self, strip: Strip, behind: int) -> Strip:
        style = self.get_component_rich_style("terminal--behind")
        text = f" ▼ {behind:,} below "[: strip.cell_length]
        return Strip.join([strip.crop(0, strip.cell_length - len(text)), Strip([Segment(text, style)])])

    @property
    def _painter(self) -> Painter:
        if self._painter_made is None:
            self._painter_made = Painter(palette_of(self))
        return self._painter_made

    def notify_style_update(self) -> None:
        """The theme may have changed: all colours are made anew."""
        super().notify_style_update()
        self._painter_made = None
        self._strips.clear()
        self._dirty_all = True

    def watch_owner(self) -> None:
        """The cursor looks otherwise, and keys go elsewhere."""
        self._draw_cursor()

    def _draw_cursor(self) -> None:
        self._dirty.add(self.buffer.cursor.y)
        self._draw_soon()

    # The window

    def on_show(self, event: events.Show) -> None:
        self._shown = True
        self._draw_all()

    def on_hide(self, event: events.Hide) -> None:
        self._shown = False
        if self._frame_timer is not None:
            self._frame_timer.stop()
            self._frame_timer = None

    def on_focus(self, event: events.Focus) -> None:
        self._draw_cursor()

    def on_blur(self, event: events.Blur) -> None:
        self._draw_cursor()

    def on_resize(self, event: events.Resize) -> None:
        self.viewport.width, self.viewport.height = self.size
        self.viewport.settle()
        self._draw_all()
        if self._resize_timer is not None:
            self._resize_timer.stop()
        if self.size:
            self._resize_timer = self.set_timer(RESIZE_PAUSE, self._tell_size)

    def _tell_size(self) -> None:
        self._resize_timer = None
        size = (self.size.width, self.size.height)
        if size != self._told_size and self.size:
            self._told_size = size
            self.post_message(self.Resized(self, *size))

    def scroll_lines(self, lines: int) -> None:
        """Look up (negative) or down the history."""
        if self.viewport.scroll(lines):
            self._draw_all()

    def follow(self) -> None:
        """Back to the live screen and its cursor."""
        if self.viewport.follow():
            self._draw_all()

    def pan(self, columns: int) -> None:
        """Look at other columns of a grid that is wider than the window."""
        if self.viewport.pan(columns):
            self._draw_all()

    # Selection

    def get_selection(self, selection: Selection) -> tuple[str, str] | None:
        """The selected text as logical lines: rows that were only wrapped are joined."""
        text = selected_text(self.buffer, selection, lambda line, row: self._strip(line, row).text)
        return None if text is None else (text, "\n")

    def selection_updated(self, selection: Selection | None) -> None:
        """Draw the selection."""
        self._draw_all()
