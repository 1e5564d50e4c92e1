"""A clock that a test moves by hand."""

from __future__ import annotations

import asyncio
import threading
from dataclasses import dataclass


@dataclass(slots=True)
class _Sleeper:
    until: float
    loop: asyncio.AbstractEventLoop
    woken: asyncio.Future[None]


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
        self._watchers: list[tuple[int, asyncio.AbstractEventLoop, asyncio.Future[None]]] = []
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
            self._now += max(seconds, 0.0) if self._auto else 0.0
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

    def advance(self, seconds: float) -> None:
        """Move the time and wake whoever is due, the earliest first."""
        with self._lock:
            self._now += seconds
            due = sorted((s for s in self._sleepers if s.until <= self._now), key=lambda s: s.until)
            for sleeper in due:
                self._sleepers.remove(sleeper)
                sleeper.loop.call_soon_threadsafe(_settle, sleeper.woken)

    @property
    def sleepers(self) -> int:
        """How many wait."""
        return len(self._sleepers)

    async def sleeping(self, count: int = 1) -> None:
        """Wait until at least so many wait on this clock."""
        loop = asyncio.get_running_loop()
        future: asyncio.Future[None] = loop.create_future()
        with self._lock:
            self._watchers.append((count, loop, future))
            self._tell_watchers()
        await future

    def _tell_watchers(self) -> None:
        ready = [w for w in self._watchers if len(self._sleepers) >= w[0]]
        self._watchers = [w for w in self._watchers if w not in ready]
        for _, loop, future in ready:
            loop.call_soon_threadsafe(_settle, future)
