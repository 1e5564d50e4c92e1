"""The live picture of one terminal. It is handed updates, and posts what the person does; it knows no host."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from time import monotonic
from typing import Any

from textual import events, work
from textual.geometry import Region
from textual.screen import Screen
from textual.strip import Strip
from textual.timer import Timer

from codepilot.terminal.screen import Row, ScreenUpdate
from codepilot_tui.widgets.terminal.buffer import ScreenBuffer
from codepilot_tui.widgets.terminal.dragging import Dragging
from codepilot_tui.widgets.terminal.drawing import TerminalDrawing
from codepilot_tui.widgets.terminal.logical import Point
from codepilot_tui.widgets.terminal.selecting import TextSelection, text_of
from codepilot_tui.widgets.terminal.viewport import Viewport

RowSource = Callable[[int, int], Awaitable[Sequence[Row]]]
"""Fetches rows of a terminal's history: the first row, how many. Gives fewer where there are no more."""

FRAME = 1 / 30
"""The shortest time between two frames."""
RESIZE_PAUSE = 0.15
"""How long a new size must last before it is told."""

_FETCHED_AT_ONCE = 2000


class TerminalView(TerminalDrawing, can_focus=True):
    """Shows a terminal's screen and history.

    Hand it updates with `apply`. While the person holds the keyboard, or nobody does, keys go out as messages.

    Args:
        terminal: the terminal's name, for messages.
        fetch: gives rows of the history; None if there is no way to.
        reserved: keys that no program gets; None: `RESERVED`.
    """

    DEFAULT_CSS = """
    TerminalView {
        background: $terminal-ground;
        color: $ink;
        height: 1fr;
        & > .terminal--cursor { color: $ink; }
        & > .terminal--cursor-idle { color: $faint; }
        & > .terminal--cursor-walking { color: $you; }
        & > .terminal--behind { color: $muted; background: $raised; }
        & > .terminal--cut { color: $faint; }
        & > .terminal--selected { color: $ink; background: $you 35%; }
        & > .terminal--match { color: $ink; background: $line; }
        & > .terminal--match-shown { color: $terminal-ground; background: $you; }
    }
    """

    def __init__(
        self,
        terminal: str = "main",
        *,
        fetch: RowSource | None = None,
        reserved: frozenset[str] | None = None,
        name: str | None = None,
        id: str | None = None,
        classes: str | None = None,
    ) -> None:
        super().__init__(name=name, id=id, classes=classes)
        self.terminal = terminal
        self.buffer = ScreenBuffer()
        self.viewport = Viewport(self.buffer)
        self.dragging = Dragging(self.buffer, self._pull, self.set_interval)
        if reserved is not None:
            self.reserved = reserved
        self._fetch = fetch
        self._asking = False
        self._version = 0
        self._changed = asyncio.Event()
        self._drawn: dict[int, Strip] = {}
        self._dirty: set[int] = set()
        self._dirty_all = True
        self._shown = False
        self._last_frame = 0.0
        self._frame_timer: Timer | None = None
        self._resize_timer: Timer | None = None
        self._told_size: tuple[int, int] | None = None

    # What comes in

    def apply(self, update: ScreenUpdate) -> None:
        """Take what changed on the terminal's screen; it is drawn with the next frame."""
        buffer = self.buffer
        history, numbering, title = buffer.history, buffer.numbering, buffer.title
        lines = buffer.apply(update)
        if numbering != buffer.numbering and self.dragging.clear():
            self.post_message(self.HintsChanged(self))
        if self.viewport.settle() or lines is None or history != buffer.history:
            self._dirty_all = True
            self._want_history()
        else:
            self._dirty |= lines
        if title != buffer.title:
            self.post_message(self.HintsChanged(self))
        self._version += 1
        self._changed.set()
        self.tell_focus()
        self._draw_soon()

    @property
    def version(self) -> int:
        """Grows with each update."""
        return self._version

    async def changed_since(self, version: int) -> None:
        """Wait for an update after that one."""
        while self._version == version:
            self._changed.clear()
            await self._changed.wait()

    def _want_history(self) -> None:
        """Ask for what the window lacks, with a window's worth around it; not again for what got no answer."""
        if self._fetch is None or self.viewport.following or self._asking or not self.is_attached:
            return
        top, height = self.viewport.top, self.size.height
        if self.buffer.missing(range(top, top + height)) is None:
            return
        wanted = self.buffer.missing(range(max(0, top - height), top + 2 * height))
        if wanted is not None:
            self._asking = True
            self._bring_history(*wanted)

    @work(group="history")
    async def _bring_history(self, start: int, count: int) -> None:
        assert self._fetch is not None
        numbering = self.buffer.numbering
        try:
            rows = await self._fetch(start, count)
        finally:
            self._asking = False
        if numbering == self.buffer.numbering:
            self.buffer.keep_history(start, rows)
        self.redraw()
        if rows:
            self._want_history()  # the window may have moved on meanwhile

    async def rows(self, start: int, count: int) -> Sequence[Row]:
        """Rows of the document, history and screen; fewer where some are gone meanwhile."""
        buffer, numbering = self.buffer, self.buffer.numbering
        found: list[Row] = []
        end = min(start + count, buffer.height)
        if start < buffer.history and self._fetch is not None:
            found += await self._fetch(start, min(end, buffer.history) - start)
            if numbering != buffer.numbering:
                return ()
        screen = (buffer.row(line) for line in range(start + len(found), end))
        found += [row for row in screen if row is not None]
        return found

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
        """Have those lines drawn that look otherwise than before."""
        self._frame_timer = None
        self._last_frame = monotonic()
        width, height = self.size
        if self._dirty_all:
            lines = [y for y in range(height) if self.line(y) is not self._drawn.get(y)]
        else:
            first = self.viewport.top - self.buffer.history
            lines = sorted(y - first for y in self._dirty if 0 <= y - first < height)
        self._dirty.clear()
        self._dirty_all = False
        regions: list[Region] = []
        for y in lines:
            if regions and regions[-1].bottom == y:
                regions[-1] = Region(0, regions[-1].y, width, regions[-1].height + 1)
            else:
                regions.append(Region(0, y, width, 1))
        if regions:
            self.refresh(*regions)

    def redraw(self) -> None:
        """Draw all lines that look otherwise now."""
        self._dirty_all = True
        self._want_history()
        self._draw_soon()

    def render_line(self, y: int) -> Strip:
        """Draw one line of the window."""
        strip = self._drawn[y] = self.line(y)
        return strip

    def notify_style_update(self) -> None:
        """The theme may have changed: everything is drawn anew."""
        super().notify_style_update()
        self._drawn.clear()
        self._dirty_all = True

    def watch_owner(self) -> None:
        """The cursor looks otherwise, and keys go elsewhere."""
        self._draw_cursor()
        self.tell_focus()

    def _draw_cursor(self) -> None:
        self._dirty.add(self.buffer.cursor.y)
        self._draw_soon()

    # The window

    @property
    def seen(self) -> bool:
        """Whether it is drawn at all."""
        return self._shown

    def on_mount(self) -> None:
        """A Show event may be left out (when something asked where widgets are before the layout), a layout is not."""
        self.screen.screen_layout_refresh_signal.subscribe(self, self._laid_out)

    def _laid_out(self, screen: Screen[Any]) -> None:
        seen = bool(self.size) and all(node.display for node in self.ancestors_with_self)
        if seen == self._shown:
            return
        self._shown = seen
        self.post_message(self.SightChanged(self, seen))
        if seen:
            self.redraw()
        elif self._frame_timer is not None:
            self._frame_timer.stop()
            self._frame_timer = None

    def on_focus(self, event: events.Focus) -> None:
        self._draw_cursor()
        self.tell_focus(True)

    def on_blur(self, event: events.Blur) -> None:
        self._draw_cursor()
        self.tell_focus(False)

    def on_resize(self, event: events.Resize) -> None:
        self.viewport.width, self.viewport.height = self.size
        self.viewport.settle()
        self._drawn.clear()
        self.redraw()
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
            self.redraw()

    def follow(self) -> None:
        """Back to the live screen and its cursor."""
        if self.viewport.follow():
            self.redraw()

    def pan(self, columns: int) -> None:
        """Look at other columns of a grid that is wider than the window."""
        if self.viewport.pan(columns):
            self.redraw()

    def reveal(self, point: Point) -> None:
        """Move so that a cell is seen, with lines around it."""
        self.viewport.reveal(*point, centred=True)
        if self.browser is not None:
            self.browser.go(point)
        self.redraw()

    # Selection

    def _pull(self, lines: int) -> int:
        """Scroll while a selection is dragged beyond the window; the document line at that edge."""
        self.viewport.scroll(lines)
        self.redraw()
        top = self.viewport.top
        return max(0, min(top if lines < 0 else top + self.size.height - 1, self.buffer.height - 1))

    def copy_selection(self) -> bool:
        """Send what is selected to the clipboard; False if nothing is."""
        selection = self.dragging.selection
        if selection is None:
            return False
        self._copy(selection)
        return True

    @work(group="copy", exclusive=True)
    async def _copy(self, selection: TextSelection) -> None:
        text = await self.selected_text(selection)
        self.clear_selection()
        if text:
            self.post_message(self.Copied(self, text))

    async def selected_text(self, selection: TextSelection | None = None) -> str:
        """The selected text as logical lines, that of rows which were never on the screen too."""
        selection = selection or self.dragging.selection
        if selection is None:
            return ""
        known: dict[int, Row] = {}
        lines = selection.lines
        for start in range(lines.start, lines.stop, _FETCHED_AT_ONCE):
            rows = await self.rows(start, min(_FETCHED_AT_ONCE, lines.stop - start))
            known.update(enumerate(rows, start))
        return text_of(selection, known.get)
