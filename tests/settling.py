"""Waits until an event loop has nothing left to do, in place of Textual's wait for a processor that is idle.

Textual's pilot sleeps 20 ms at a time until the process used less than 1 ms of them. That is most of the time that tests
of the screen take, and beside other work it says too early that all is done: a process that gets no processor uses none.
Here the loop itself is asked: no callback is ready, no work is in its threads, and no timer is about to end. The agent has
a loop of its own on another thread: that one has to wait for its sockets and pipes, too.
"""

from __future__ import annotations

import asyncio
import selectors
import time
import weakref
from asyncio import base_events
from typing import Any

import textual.app
import textual.pilot
import textual.screen

SOON = 0.05
"""Seconds: timers that end within them are waited for."""
MOST = 5.0
"""Seconds after which what never rests is taken as settled, as Textual does."""
PERIOD = 0.002
"""Seconds between two frames, for which every press of a key is waited; nobody looks."""
QUIET_ROUNDS = 2
"""Rounds of the loop in which nothing may happen: what came in by a socket or a pipe is seen at the start of a round."""

_given: weakref.WeakSet[asyncio.Future[Any]] = weakref.WeakSet()
"""Work that was given to threads of a loop."""
_run_in_executor = base_events.BaseEventLoop.run_in_executor
_run_forever = base_events.BaseEventLoop.run_forever
_select = selectors.DefaultSelector.select
_running: set[asyncio.AbstractEventLoop] = set()
_waiting: weakref.WeakSet[selectors.BaseSelector] = weakref.WeakSet()
"""The selectors in which a thread waits now."""


def install() -> None:
    """From now on pilots wait for their loop."""
    base_events.BaseEventLoop.run_in_executor = _noting
    textual.app.wait_for_idle = settled
    textual.pilot.wait_for_idle = settled
    base_events.BaseEventLoop.run_forever = _telling_runs
    selectors.DefaultSelector.select = _telling_waits
    textual.screen.UPDATE_PERIOD = PERIOD


def _telling_runs(self):
    _running.add(self)
    try:
        _run_forever(self)
    finally:
        _running.discard(self)


def _telling_waits(self, timeout=None):
    if timeout is None or timeout > 0:
        _waiting.add(self)
    try:
        return _select(self, timeout)
    finally:
        _waiting.discard(self)


def _noting(self, executor, func, *args):
    future = _run_in_executor(self, executor, func, *args)
    _given.add(future)
    return future


async def settled(min_sleep: float = 0.0, max_sleep: float = MOST) -> None:
    """Wait until the running loop rests, and those of other threads wait for something."""
    loop = asyncio.get_running_loop()
    end = time.monotonic() + max_sleep
    quiet = 0
    while quiet < QUIET_ROUNDS and time.monotonic() < end:
        await asyncio.sleep(0)
        if loop._ready:
            quiet = 0
        elif (wait := _next(loop)) is not None:
            quiet = 0
            await asyncio.sleep(wait)
        else:
            quiet += 1


def _next(loop) -> float | None:
    """Seconds until something that is about to come; None: nothing is."""
    if any(not future.done() and future.get_loop() is loop for future in tuple(_given)):
        return 0.001
    if any(other is not loop and other._selector not in _waiting for other in tuple(_running)):
        return 0.001
    soon = loop.time() + SOON
    waiting = (handle.when() for handle in loop._scheduled if not handle.cancelled())
    due = min((when for when in waiting if when < soon), default=None)
    return None if due is None else max(0.0, due - loop.time())
