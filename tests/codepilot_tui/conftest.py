"""A program that takes keys as the application does, without a screen."""

from __future__ import annotations

import pytest
from textual import events

from codepilot_tui.held_keys import Ahead, HeldKeys


class Timer:
    """What runs out when the test says so."""

    def __init__(self, program: Program, at: float, call) -> None:
        self.program, self.at, self.call = program, at, call

    def cancel(self) -> None:
        self.program.timers.remove(self)


class Program:
    """Takes keys as the application does."""

    def __init__(self) -> None:
        self.time = 0.0
        self.done: list[str] = []
        self.waiting = []
        self.said: list[str] = []
        self.timers: list[Timer] = []
        ahead = Ahead({"quit"}, {"interrupt"}, "leader", {"s"})
        self.keys = HeldKeys(
            self.handle,
            self.waiting.append,
            ahead,
            lambda: self.said.append("dropped"),
            lambda: self.time,
            self.after,
        )
        self.over = []

    def after(self, seconds: float, call) -> Timer:
        self.timers.append(Timer(self, self.time + seconds, call))
        return self.timers[-1]

    async def pass_time(self, seconds: float) -> None:
        self.time += seconds
        for timer in [each for each in self.timers if each.at <= self.time]:
            self.timers.remove(timer)
            timer.call()
        while self.waiting:
            await self.next_message()

    async def handle(self, typed) -> None:
        self.done.append(typed.text if isinstance(typed, events.Paste) else typed.key)
        if self.done[-1] == "open":
            self.over.append(self.keys.hold())

    async def type(self, *keys: str) -> None:
        for key in keys:
            event = events.Paste(key[1:]) if key.startswith("=") else events.Key(key, None)
            if not self.keys.takes(event):
                await self.handle(event)

    async def next_message(self) -> None:
        waiting, self.waiting[:] = list(self.waiting), []
        for call in waiting:
            await call()

    @staticmethod
    def key_at(seconds: float, name: str = "n") -> events.Key:
        """A key that was read at a time."""
        key = events.Key(name, name)
        key.time = seconds
        return key


@pytest.fixture
def program() -> Program:
    return Program()
