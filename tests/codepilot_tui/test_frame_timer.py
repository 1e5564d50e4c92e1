"""When the screen is painted."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from textual.app import App

from codepilot_tui.frame_timer import FrameTimer

GUARD = 60


class Clock:
    """Time that is moved by whoever waits."""

    def __init__(self) -> None:
        self.now = 100.0
        self.waits: list[float] = []
        self.go_on = asyncio.Event()

    async def sleep(self, seconds: float) -> None:
        self.waits.append(seconds)
        await self.go_on.wait()
        self.go_on.clear()
        self.now += seconds


class Painting(App[None]):
    """Counts how often it was to paint; each time takes so many seconds."""

    def __init__(self, clock: Clock, takes: float) -> None:
        super().__init__()
        self.clock, self.takes = clock, takes
        self.frames: list[float] = []

    def begin(self) -> FrameTimer:
        self.timer = FrameTimer(
            self.screen, 1.0, self.paint, now=lambda: self.clock.now, sleep=self.clock.sleep
        )
        self.timer._start()
        return self.timer

    def paint(self) -> None:
        self.timer.pause()
        self.frames.append(self.clock.now)
        self.clock.now += self.takes


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(GUARD):
        while not condition():
            await asyncio.sleep(0.01)


async def painted(takes: float, check: Callable[[Painting, FrameTimer], Awaitable[None]]) -> None:
    app = Painting(Clock(), takes)
    async with app.run_test():
        timer = app.begin()
        await check(app, timer)
        timer.stop()


async def test_the_first_change_after_a_rest_is_painted_at_once() -> None:
    async def check(app: Painting, timer: FrameTimer) -> None:
        for now in (100.0, 207.3):
            app.clock.now = now
            timer.resume()
            await until(lambda now=now: app.frames[-1:] == [now])
            await until(lambda: len(app.clock.waits) == len(app.frames))
            app.clock.go_on.set()
            await until(lambda: not app.clock.go_on.is_set())

    await painted(0.0, check)


async def test_the_next_one_waits_for_what_is_left_of_the_interval() -> None:
    async def check(app: Painting, timer: FrameTimer) -> None:
        timer.resume()
        await until(lambda: app.clock.waits == [0.75])
        timer.resume()
        assert app.frames == [100.0]
        app.clock.go_on.set()
        await until(lambda: app.frames == [100.0, 101.0])

    await painted(0.25, check)


async def test_after_a_slow_frame_the_next_one_is_due() -> None:
    async def check(app: Painting, timer: FrameTimer) -> None:
        timer.resume()
        await until(lambda: app.clock.waits == [0.0])

    await painted(3.0, check)
