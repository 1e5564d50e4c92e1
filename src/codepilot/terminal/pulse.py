"""Waiting for something to hold that is changed elsewhere on the loop."""

from __future__ import annotations

import asyncio
from collections.abc import Callable


class Pulse:
    """`beat` whenever something changed; `until` looks again at each beat."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._waiters: set[asyncio.Future[None]] = set()

    def beat(self) -> None:
        """Something changed."""
        for waiter in self._waiters:
            if not waiter.done():
                waiter.set_result(None)
        self._waiters.clear()

    async def until(self, holds: Callable[[], bool], deadline: float, every: float | None = None) -> bool:
        """Wait until `holds`, or until the loop's clock is past `deadline`; says whether it holds.

        Args:
            holds: what to wait for.
            deadline: on the loop's clock.
            every: look again after so many seconds even without a beat.
        """
        while not holds():
            left = deadline - self._loop.time()
            if left <= 0:
                return False
            waiter: asyncio.Future[None] = self._loop.create_future()
            self._waiters.add(waiter)
            try:
                async with asyncio.timeout(left if every is None else min(left, every)):
                    await waiter
            except TimeoutError:
                continue
            finally:
                self._waiters.discard(waiter)
        return True
