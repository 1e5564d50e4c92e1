"""The real clock, and a time limit for work that does not wait.

Everything that waits takes a `Clock` (see `ports`), so that tests can move time by hand.
"""

from __future__ import annotations

import asyncio
import contextlib
import signal
import threading
import time
from collections.abc import Iterator
from types import FrameType


class SystemClock:
    """Wall time, monotonic time and sleep of this machine."""

    def time(self) -> float:
        """Seconds since the epoch."""
        return time.time()

    def monotonic(self) -> float:
        """Seconds on a clock that never goes back."""
        return time.monotonic()

    async def sleep(self, seconds: float) -> None:
        """Wait; cancellable at once."""
        await asyncio.sleep(seconds)

    def timeout(self, seconds: float) -> asyncio.Timeout:
        """For `async with`: the body ends with `TimeoutError` after so many seconds."""
        return asyncio.timeout(seconds)


CAN_LIMIT = hasattr(signal, "setitimer")
"""Not on Windows."""


class TimeLimitReached(Exception):
    """The work took longer than it may."""


@contextlib.contextmanager
def time_limit(seconds: float) -> Iterator[None]:
    """Raise `TimeLimitReached` in the block after that time.

    By a timer of the process and its signal, which the engine of `re` looks for now and then. Only the main thread
    hears signals: in others there is no limit.

    Args:
        seconds: of wall time.

    Raises:
        TimeLimitReached: in the block.
    """
    if not CAN_LIMIT or threading.current_thread() is not threading.main_thread():
        yield
        return
    armed = True

    def ring(number: int, frame: FrameType | None) -> None:
        if armed:
            raise TimeLimitReached

    before = signal.signal(signal.SIGALRM, ring)
    try:
        signal.setitimer(signal.ITIMER_REAL, seconds)
        yield
    finally:
        armed = False
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
