"""A host is looked at while it owes an answer, and at no other time."""

from __future__ import annotations

import asyncio

import pytest

from codepilot.terminal.client import liveness
from codepilot.terminal.client.liveness import Liveness


class Watched:
    """A host that owes an answer, or does not."""

    def __init__(self) -> None:
        self.owes = True
        self.looks = 0
        self.done: list[str] = []
        self.liveness = Liveness(self.waits, lambda: self.done.append("asked"), self.given_up)
        self.over = asyncio.Event()

    def waits(self) -> bool:
        self.looks += 1
        return self.owes

    def given_up(self) -> None:
        self.done.append("given up")
        self.over.set()

    async def turns(self, count: int) -> None:
        """Let the loop go round, each time with the look that is due."""
        for _ in range(count):
            await asyncio.sleep(0)


@pytest.fixture(autouse=True)
def no_time_between_looks(monkeypatch):
    monkeypatch.setattr(liveness, "TICK", 0)


async def test_one_that_says_nothing_is_asked_once_and_then_given_up():
    host = Watched()
    host.liveness.watch()
    host.liveness.watch()
    async with asyncio.timeout(60):
        await host.over.wait()
    await host.turns(50)
    assert host.done == ["asked", "given up"] and host.looks == 10


async def test_one_that_owes_nothing_is_not_looked_at_any_more():
    """An idle program woke up every few seconds, and asked for a word that nobody waits for."""
    host = Watched()
    host.liveness.watch()
    host.owes = False
    async with asyncio.timeout(60):
        while not host.looks:
            await host.turns(1)
    await host.turns(50)
    assert host.looks == 1 and host.done == []
    host.owes = True
    host.liveness.watch()
    async with asyncio.timeout(60):
        await host.over.wait()
    assert host.done == ["asked", "given up"]


async def test_one_that_says_something_now_and_then_is_kept():
    host = Watched()
    host.liveness.watch()
    async with asyncio.timeout(60):
        while host.looks < 50:
            host.liveness.heard()
            await host.turns(1)
    host.owes = False
    assert host.done == []
