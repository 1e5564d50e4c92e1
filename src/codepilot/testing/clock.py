"""A clock that a test moves by hand."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass


@dataclass(slots=True)
class _Sleeper:
    until: float
    loop: asyncio.AbstractEventLoop
    woken: asyncio.Future[None]


@dataclass(slots=True, eq=False)
class _Limit:
    until: float
    loop: asyncio.AbstractEventLoop
    timeout: asyncio.Timeout


def _settle(future: asyncio.Future[None]) -> None:
    if not future.done():
        future.set_result(None)


class ManualClock:
    """Implements `ports.Clock`; time stands still until `advance`, which any thread may call.

    Args:
        start: the wall time at the beginning.
        auto: `sleep` returns at once and moves the time itself, for tests that only ask how long was slept.
    """

    def __init__(self, start: float = 1_700_000_000.0, *, auto: bool = False) -> None:
        self.slept: list[float] = []
        """Every span that was asked for."""
        self._start = start
        self._now = 0.0
        self._auto = auto
        self._sleepers: list[_Sleeper] = []
        self._limits: list[_Limit] = []
        self._watchers: list[tuple[Callable[[], bool], asyncio.AbstractEventLoop, asyncio.Future[None]]] = []
        self._lock = threading.Lock()

    def time(self) -> float:
        """Seconds since the epoch, as moved."""
        return self._start + self._now

    def monotonic(self) -> float:
        """Seconds since this clock was made, as moved."""
        return self._now

    async def sleep(self, seconds: float) -> None:
        """Wait until the time was moved so far."""
        self.slept.append(seconds)
        if self._auto or seconds <= 0:
            if self._auto:
                self.advance(max(seconds, 0.0))
            await asyncio.sleep(0)
            return
        loop = asyncio.get_running_loop()
        sleeper = _Sleeper(self._now + seconds, loop, loop.create_future())
        with self._lock:
            self._sleepers.append(sleeper)
            self._tell_watchers()
        try:
            await sleeper.woken
        finally:
            with self._lock:
                if sleeper in self._sleepers:
                    self._sleepers.remove(sleeper)

    @asynccontextmanager
    async def timeout(self, seconds: float) -> AsyncIterator[asyncio.Timeout]:
        """Give the body until the time was moved so far, then end it with `TimeoutError`."""
        loop = asyncio.get_running_loop()
        async with asyncio.timeout(None if seconds > 0 else 0) as timeout:
            limit = _Limit(self._now + seconds, loop, timeout)
            with self._lock:
                self._limits.append(limit)
                self._tell_watchers()
            try:
                yield timeout
            finally:
                with self._lock:
                    self._limits.remove(limit)

    def advance(self, seconds: float) -> None:
        """Move the time, wake whoever is due, the earliest first, and end what has run out of time."""
        with self._lock:
            self._now += seconds
            due = sorted((s for s in self._sleepers if s.until <= self._now), key=lambda s: s.until)
            for sleeper in due:
                self._sleepers.remove(sleeper)
                sleeper.loop.call_soon_threadsafe(_settle, sleeper.woken)
            for limit in self._limits:
                if limit.until <= self._now:
                    limit.loop.call_soon_threadsafe(self._expire, limit)

    @property
    def sleepers(self) -> int:
        """How many wait."""
        return len(self._sleepers)

    async def sleeping(self, count: int = 1) -> None:
        """Wait until at least so many wait on this clock."""
        await self._until(lambda: len(self._sleepers) >= count)

    async def limited(self, seconds: float) -> None:
        """Wait until something runs that has exactly so many seconds left by this clock."""
        await self._until(lambda: any(abs(each.until - self._now - seconds) < 1e-6 for each in self._limits))

    async def _until(self, holds: Callable[[], bool]) -> None:
        loop = asyncio.get_running_loop()
        future: asyncio.Future[None] = loop.create_future()
        with self._lock:
            self._watchers.append((holds, loop, future))
            self._tell_watchers()
        await future

    def _tell_watchers(self) -> None:
        ready = [watcher for watcher in self._watchers if watcher[0]()]
        self._watchers = [watcher for watcher in self._watchers if watcher not in ready]
        for _, loop, future in ready:
            loop.call_soon_threadsafe(_settle, future)

    def _expire(self, limit: _Limit) -> None:
        if limit in self._limits:
            limit.timeout.reschedule(limit.loop.time())
