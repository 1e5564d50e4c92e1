"""What programs did not close themselves is closed when they end: workers, terminals, folders."""

from __future__ import annotations

import asyncio
import atexit
import logging
import os
import threading
import weakref
from typing import Protocol

from codepilot.errors import UsageError

log = logging.getLogger(__name__)


class Closable(Protocol):
    """A runtime, as far as its end is concerned."""

    async def close(self) -> None:
        """End what it started."""


_open: weakref.WeakKeyDictionary[Closable, asyncio.AbstractEventLoop] = weakref.WeakKeyDictionary()
"""Runtimes that started something and were not closed yet, and the loop that each belongs to."""


def expect(runtime: Closable, loop: asyncio.AbstractEventLoop) -> None:
    """It has to be closed, on this loop while that runs."""
    _open[runtime] = loop


def refuse_late_tasks() -> None:
    """Let no task begin that cannot be worked on: Python's pools of threads end with the main thread.

    Raises:
        UsageError: the main thread has ended, as in a function of `atexit`.
    """
    if not threading.main_thread().is_alive():
        raise UsageError(
            "The program is ending, so no task can begin any more.",
            hint="Run tasks before the main thread ends; where another thread runs them, join() that one.",
        )


def done_with(runtime: Closable) -> None:
    """It is closed."""
    _open.pop(runtime, None)


# A fork of the program owns none of it: its end must neither close the parent's nor wait for threads it has not.
os.register_at_fork(after_in_child=_open.clear)


@atexit.register
def _close_what_is_open() -> None:
    for runtime, loop in tuple(_open.items()):
        try:
            if loop.is_running():
                asyncio.run_coroutine_threadsafe(runtime.close(), loop).result(timeout=15)
            else:
                asyncio.run(runtime.close())
        except Exception:  # seam: at exit nobody can be told
            log.debug("a runtime could not be closed at exit", exc_info=True)
