"""Output on its way to the screen: at the emulator's pace, in order, and with the program held meanwhile."""

import asyncio

import pytest

from codepilot.terminal.engines import available, new_engine
from codepilot.terminal.screen import Effect
from codepilot.terminal.session.display import ScreenFeed

GUARD = 60


class Told:
    """A feed of a real engine, and what it told."""

    def __init__(self, name, columns=80, lines=24):
        self.engine = new_engine(columns, lines, prefer=name)
        self.held = []
        self.answers = b""
        self.effects = []
        self.changes = 0
        self.feed = ScreenFeed(self.engine, self)

    def hold(self, held):
        self.held.append(held)

    def answer(self, replies):
        self.answers += replies

    def tell_effects(self, effects):
        self.effects.append(effects)

    def screen_changed(self):
        self.changes += 1

    def screen_fed(self, data):
        raise AssertionError("it is the display that tells this")


@pytest.fixture(params=("ghostty", "bittty"))
def name(request):
    if request.param not in available():
        pytest.skip(f"{request.param} cannot be loaded here")
    return request.param


async def until(holds):
    async with asyncio.timeout(GUARD):
        while not holds():
            await asyncio.sleep(0)


async def test_little_output_is_shown_at_once(name):
    told = Told(name)
    told.feed.add(b"hello \x1b[6n")
    assert told.engine.text() == "hello"
    assert told.answers == b"\x1b[1;7R"
    assert (told.held, told.changes) == ([], 1)
    told.feed.close()


async def test_a_flood_is_taken_in_turns_and_the_program_waits():
    told = Told("bittty")
    lines = [f"line {number}" for number in range(30_000)]
    told.feed.add("\r\n".join(lines[:20_000]).encode())
    assert told.held == [True], "slower than the turn allows"
    told.feed.add(("\r\n" + "\r\n".join(lines[20_000:])).encode())
    await until(lambda: told.held == [True, False])
    assert told.changes > 2
    assert told.engine.text(history=True).splitlines()[-100:] == lines[-100:]
    told.feed.close()


async def test_other_work_goes_on_meanwhile():
    told = Told("bittty")
    turns = []
    told.feed.add(b"\x1b[?2J" * 200)
    while told.held[-1:] != [False]:
        turns.append(told.held[-1:])
        await asyncio.sleep(0)
    assert len(turns) > 10
    told.feed.close()


async def test_an_end_in_the_middle_of_a_flood_leaves_nothing_running():
    told = Told("bittty")
    told.feed.add(b"y\r\n" * 200_000)
    changes = told.changes
    told.feed.close()
    for _ in range(5):
        await asyncio.sleep(0)
    assert told.changes == changes


async def test_effects_are_told_at_once_and_then_now_and_then(name):
    told = Told(name)
    told.feed.add(b"\x07")
    assert told.effects == [(Effect("bell"),)]
    for _ in range(50):
        told.feed.add(b"\x07")
    assert len(told.effects) == 1
    await until(lambda: len(told.effects) == 2)
    told.feed.close()


async def test_modes_are_put_in_order_behind_all_output():
    told = Told("bittty")
    told.feed.add(b"y\r\n" * 20_000 + b"\x1b[?1049h\x1b[?1003h")
    assert told.held == [True]
    told.feed.reset_modes()
    told.feed.add(b"prompt")
    await until(lambda: told.held == [True, False])
    update = told.engine.take_update(full=True)
    assert not update.modes.alternate and update.modes.mouse == "off"
    assert told.engine.text().endswith("y\nprompt")
    told.feed.close()
