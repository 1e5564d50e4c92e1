"""When a terminal view is drawn: only lines that look otherwise, thirty times a second, never while nobody sees it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from time import monotonic

from textual.geometry import Region
from textual.strip import Strip
from textual.timer import Timer

from codepilot_tui.widgets.terminal.surface import Canvas
from codepilot_tui.widgets.terminal.viewport import Viewport

FRAME = 1 / 30
"""The shortest time between two frames."""


class Frames:
    """The frames of one view.

    Args:
        canvas: the widget.
        viewport: the window that is drawn.
        line: draws one line of it; the same object as long as it looks the same.
    """

    def __init__(self, canvas: Canvas, viewport: Viewport, line: Callable[[int], Strip]) -> None:
        self._canvas = canvas
        self._viewport = viewport
        self._line = line
        self._drawn: dict[int, Strip] = {}
        self._dirty: set[int] = set()
        self._dirty_all = True
        self._shown = False
        self._last = 0.0
        self._timer: Timer | None = None

    @property
    def seen(self) -> bool:
        """Whether it is drawn at all."""
        return self._shown

    @property
    def settled(self) -> bool:
        """Everything that changed is drawn, or is about to be."""
        return not self._dirty and not self._dirty_all

    @property
    def waits(self) -> bool:
        """A frame is due soon."""
        return self._timer is not None

    def show(self, seen: bool) -> None:
        """It can be seen from now on, or not any more."""
        self._shown = seen
        if seen:
            self.draw_soon()
        elif self._timer is not None:
            self._timer.stop()
            self._timer = None

    def touch(self, lines: Iterable[int] | None) -> None:
        """These lines of the screen changed; None: perhaps all of the window."""
        if lines is None:
            self._dirty_all = True
        else:
            self._dirty.update(lines)
        self.draw_soon()

    def forget(self) -> None:
        """Nothing looks as it did."""
        self._drawn.clear()
        self._dirty_all = True

    def render(self, y: int) -> Strip:
        """Draw one line of the window."""
        strip = self._drawn[y] = self._line(y)
        return strip

    def draw_soon(self) -> None:
        """Draw what changed, at the pace."""
        if not self._shown or self._timer is not None or self.settled:
            return
        wait = self._last + FRAME - monotonic()
        if wait <= 0:
            self._draw()
        else:
            self._timer = self._canvas.set_timer(wait, self._draw)

    def _draw(self) -> None:
        """Have those lines drawn that look otherwise than before."""
        self._timer = None
        self._last = monotonic()
        viewport = self._viewport
        if self._dirty_all:
            lines = [y for y in range(viewport.height) if self._line(y) is not self._drawn.get(y)]
        else:
            first = viewport.top - viewport.buffer.history
            lines = sorted(y - first for y in self._dirty if 0 <= y - first < viewport.height)
        self._dirty.clear()
        self._dirty_all = False
        regions: list[Region] = []
        for y in lines:
            if regions and regions[-1].bottom == y:
                regions[-1] = Region(0, regions[-1].y, viewport.width, regions[-1].height + 1)
            else:
                regions.append(Region(0, y, viewport.width, 1))
        if regions:
            self._canvas.refresh(*regions)
