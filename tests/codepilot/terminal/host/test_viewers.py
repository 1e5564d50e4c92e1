"""When a host ends, once the programs that keep it are gone."""

import asyncio

import pytest

from codepilot.terminal.host.viewers import Lifetime


class World:
    def __init__(self, on_exit, idle=0.1):
        self.ended, self.terminals, self.used = asyncio.Event(), True, False
        self.why = ""
        self.lifetime = Lifetime(
            on_exit, idle, end=self.end, any_terminal=lambda: self.terminals, in_use=lambda: self.used
        )

    def end(self, why):
        self.why = why
        self.ended.set()

    async def end_comes(self):
        await asyncio.wait_for(self.ended.wait(), 20)


@pytest.mark.parametrize(
    ("on_exit", "wish", "stays"),
    [
        ("end", None, False),
        ("end", "", False),
        ("end", "detach", True),
        ("ask", None, True),
        ("ask", "", False),
        ("ask", "end", False),
        ("ask", "detach", True),
        ("detach", None, True),
        ("detach", "", True),
        ("detach", "end", False),
    ],
)
async def test_whether_it_stays(on_exit, wish, stays):
    world = World(on_exit, idle=3600)
    world.used = True
    assert world.lifetime.stays(wish) is stays
    world.lifetime.left_alone(wish)
    assert world.ended.is_set() is not stays
    world.lifetime.kept()


async def test_it_ends_when_nothing_runs_for_long_enough():
    world = World("detach")
    world.lifetime.left_alone(None)
    await world.end_comes()
    assert "nothing ran" in world.why


async def test_it_ends_with_its_last_shell():
    world = World("detach", idle=3600)
    world.terminals = False
    world.lifetime.left_alone(None)
    await world.end_comes()
    assert "last terminal" in world.why


async def test_what_runs_keeps_it_and_then_the_time_begins_anew():
    world = World("detach", idle=0.05)
    looks = 0

    def in_use():
        nonlocal looks
        looks += 1
        return looks < 5

    world.lifetime = Lifetime("detach", 0.05, end=world.end, any_terminal=lambda: True, in_use=in_use)
    world.lifetime.left_alone(None)
    await world.end_comes()
    assert looks >= 5


async def test_a_program_that_comes_back_keeps_it():
    world = World("detach", idle=0)
    world.lifetime.left_alone(None)
    world.lifetime.kept()
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    assert not world.ended.is_set()
    world.lifetime.left_alone(None)
    await world.end_comes()
