"""When Python's collector looks at everything: while nobody types.

A full collection stops the program for as long as it takes to look at every object: with 10,000 messages in the chat
that is longer than a key may take until it is on the screen, and by itself it comes at any moment. So the collector may
look at young objects when it wants to, and at all of them once no key was pressed for a while.
"""

from __future__ import annotations

import asyncio
import gc
from collections.abc import Callable, Mapping
from typing import Any

YOUNG = (2_000, 4)
"""New objects after which the collector looks at them, and so many such looks until it looks at those that survived."""
OLD = 250
"""So many of the latter looks until all objects are due, as Python would have it."""
MOST = 20 * OLD
"""So many, and it is done though somebody types."""
REST = 2.0
"""Seconds without a key that make a rest."""
_NEVER = 1_000_000


class Garbage:
    """Runs full collections while nobody types.

    Args:
        collect: looks at all objects.
    """

    def __init__(self, collect: Callable[[], object] = gc.collect) -> None:
        self._collect = collect
        self._loop: asyncio.AbstractEventLoop | None = None
        self._former: tuple[int, int, int] | None = None
        self._looks = 0
        self._asked = False
        self._touched = 0.0

    def start(self) -> None:
        """From now on. What was made so far lives to the end: it need not be looked at again."""
        self._loop = asyncio.get_running_loop()
        self._former = gc.get_threshold()
        gc.collect()
        gc.freeze()
        gc.set_threshold(*YOUNG, _NEVER)
        gc.callbacks.append(self.looked)
        gc.enable()

    def stop(self) -> None:
        """Leave it to Python again."""
        if self._former is not None:
            gc.callbacks.remove(self.looked)
            gc.set_threshold(*self._former)
            self._former = self._loop = None

    def touched(self) -> None:
        """A key was pressed."""
        if self._loop is not None:
            self._touched = self._loop.time()

    def looked(self, phase: str, info: Mapping[str, Any]) -> None:
        """The collector looked, in whichever thread."""
        if phase != "stop" or info["generation"] == 0:
            return
        self._looks = 0 if info["generation"] == 2 else self._looks + 1
        if self._looks >= OLD and not self._asked and self._loop is not None:
            self._asked = True
            self._loop.call_soon_threadsafe(self._wait)

    def _wait(self) -> None:
        loop = self._loop
        if loop is None:
            return
        rest = self._touched + REST - loop.time()
        if rest > 0 and self._looks < MOST:
            loop.call_later(rest, self._wait)
            return
        self._asked = False
        self._looks = 0
        self._collect()
