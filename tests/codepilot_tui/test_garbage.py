"""Full collections of garbage wait until nobody types."""

from __future__ import annotations

import gc
from collections.abc import Callable

import pytest

from codepilot_tui import garbage
from codepilot_tui.garbage import MOST, OLD, REST, Garbage

LOOK = {"generation": 1}


class Clock:
    """A loop whose time is moved by hand."""

    def __init__(self) -> None:
        self.now = 100.0
        self.later: list[tuple[float, Callable[[], None]]] = []

    def time(self) -> float:
        return self.now

    def call_soon_threadsafe(self, callback: Callable[[], None]) -> None:
        self.call_later(0, callback)

    def call_later(self, delay: float, callback: Callable[[], None]) -> None:
        self.later.append((self.now + delay, callback))

    def go(self, seconds: float) -> None:
        self.now += seconds
        while due := [each for each in self.later if each[0] <= self.now]:
            self.later.remove(due[0])
            due[0][1]()


@pytest.fixture
def made():
    collected: list[float] = []
    clock = Clock()
    made = Garbage(lambda: collected.append(clock.now))
    made._loop = clock
    return made, clock, collected


def test_a_full_collection_comes_as_often_as_with_python(made) -> None:
    garbage, clock, collected = made
    for _ in range(OLD - 1):
        garbage.looked("start", LOOK)
        garbage.looked("stop", {"generation": 0})
        garbage.looked("stop", LOOK)
    clock.go(60)
    assert not collected, "it is not due"
    garbage.looked("stop", LOOK)
    clock.go(0)
    assert len(collected) == 1
    clock.go(60)
    assert len(collected) == 1 and not clock.later, "at rest nothing wakes up"


def test_it_waits_while_somebody_types(made) -> None:
    garbage, clock, collected = made
    for _ in range(OLD):
        garbage.looked("stop", LOOK)
    for _ in range(50):
        garbage.touched()
        clock.go(REST / 2)
    assert not collected
    clock.go(REST)
    assert len(collected) == 1


def test_it_does_not_wait_for_ever(made) -> None:
    garbage, clock, collected = made
    for _ in range(MOST):
        garbage.looked("stop", LOOK)
    garbage.touched()
    clock.go(0)
    assert len(collected) == 1


def test_one_by_somebody_else_counts(made) -> None:
    garbage, clock, collected = made
    for _ in range(OLD - 1):
        garbage.looked("stop", LOOK)
    garbage.looked("stop", {"generation": 2})
    garbage.looked("stop", LOOK)
    clock.go(60)
    assert not collected


async def test_python_never_begins_one_by_itself_and_gets_it_back_in_the_end() -> None:
    before, callbacks, enabled = gc.get_threshold(), list(gc.callbacks), gc.isenabled()
    full: list[int] = []
    made = Garbage()
    made.start()
    try:
        gc.callbacks.append(lambda phase, info: full.append(info["generation"]) if phase == "stop" else None)
        rings = []
        for _ in range(garbage.YOUNG[0] * 50):
            ring: list[object] = []
            ring.append(ring)
            rings.append(ring)
        assert 1 in full and 2 not in full
    finally:
        gc.callbacks.pop()
        made.stop()
        gc.unfreeze()
    made.stop()
    assert (gc.get_threshold(), gc.callbacks, gc.isenabled()) == (before, callbacks, enabled)
