"""The pace of drawing: a stream is drawn some twenty times a second, a single change at once."""

from __future__ import annotations

import time
from collections.abc import Callable

from textual.timer import Timer

FRAME = 1 / 20
"""Seconds between two drawings of a stream: quick enough for the eye, a third cheaper than thirty a second."""


class Frames:
    """Calls `draw` now, or with the next frame.

    Args:
        draw: brings the screen up to date.
        later: calls something after so many seconds.
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
        """Something changed. `now`: there is no screen to spare, draw at once."""
        if self._timer is not None:
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
        # A frame that was dear puts the next one off, so that typing always has most of the time.
        finished = time.monotonic()
        self._due = finished + max(FRAME - (finished - started), 3 * (finished - started))
