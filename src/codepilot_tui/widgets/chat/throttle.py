"""When to draw: a single change at once, a stream about twenty times a second."""

from __future__ import annotations

import time
from collections.abc import Callable

from textual.timer import Timer

FRAME = 1 / 20
"""Seconds between two drawings of a stream: smooth to watch, and a third cheaper than thirty a second."""


class Frames:
    """Calls `draw` now, or with the next frame.

    Args:
        draw: updates the screen.
        later: schedules a call after some seconds.
    """

    def __init__(self, draw: Callable[[], None], later: Callable[[float, Callable[[], None]], Timer]) -> None:
        self._draw = draw
        self._later = later
        self._timer: Timer | None = None
        self._due = 0.0

    @property
    def waiting(self) -> bool:
        """A frame is on its way."""
        return self._timer is not None

    def want(self, *, now: bool = False) -> None:
        """Something changed. With `now`, draw it immediately whatever the pace."""
        if self.waiting:
            return
        delay = self._due - time.monotonic()
        if delay <= 0 or now:
            self.draw()
        else:
            self._timer = self._later(delay, self.draw)

    def draw(self) -> None:
        """Draw a frame."""
        started = time.monotonic()
        self._timer = None
        self._draw()
        # After a slow frame the next one is delayed, so that typing always gets most of the time.
        finished = time.monotonic()
        self._due = finished + max(FRAME - (finished - started), 3 * (finished - started))
