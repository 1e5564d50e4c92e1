"""When the screen is painted: at once after a rest, and else as soon as the frame before it was long enough ago."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable

from textual._types import MessageTarget
from textual.timer import Timer, TimerCallback


class FrameTimer(Timer):
    """Calls back once each time that it is resumed, never sooner than one interval after the call before.

    Textual's own keeps to a grid of its intervals, and leaves out the next point of it after each call that came late.
    The first call after a rest always does, so whatever changes next waits up to two intervals: a key that is typed
    just after a streamed reply was painted stood on the screen 33 ms later.

    Args:
        target: the screen.
        interval: seconds.
        callback: paints, and pauses the timer.
        now: seconds on a clock that only goes on.
        sleep: waits so many seconds.
    """

    def __init__(
        self,
        target: MessageTarget,
        interval: float,
        callback: TimerCallback,
        *,
        now: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        super().__init__(target, interval, name="screen_update", callback=callback, pause=True)
        self._now = now
        self._sleep = sleep

    async def _run(self) -> None:
        resumed: asyncio.Event = self._active
        while True:
            await resumed.wait()
            began = self._now()
            await self._tick(next_timer=began, count=0)
            # Never skipped: where painting takes longer than an interval, keys have a turn before the next frame.
            await self._sleep(max(0.0, began + self._interval - self._now()))
