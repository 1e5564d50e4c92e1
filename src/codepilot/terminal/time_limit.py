"""A limit for work that can be given up: a pattern can be written so that its match is never done."""

from __future__ import annotations

import contextlib
import signal
import threading
from collections.abc import Iterator
from types import FrameType

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
