"""A half-typed line that stands in the way: how often the shell is told to drop it."""

import asyncio

import pytest

from codepilot.terminal.session import dropping
from codepilot.terminal.session.boundaries import Prompt
from codepilot.terminal.session.dropping import Dropping
from codepilot.terminal.shell.shells import Bash


class Line:
    """Takes what is typed; no shell reads it."""

    closed = False

    def __init__(self):
        self.typed = []

    def write(self, data):
        self.typed.append(data)


@pytest.fixture(autouse=True)
def at_once(monkeypatch):
    monkeypatch.setattr(dropping, "UNHEARD", 0)


def half_typed():
    """A prompt with a part of a line, of a shell that tells the end of each command."""
    prompt = Prompt()
    prompt.command_ended()
    prompt.came()
    prompt.key(b"touch", silent=False)
    return prompt


async def given_up(made):
    async with asyncio.timeout(60):
        while not made.gave_up:
            await asyncio.sleep(0)


async def test_a_shell_that_never_drops_it_is_told_three_times():
    """It was told each second for ever: the interrupt went to whatever was typed there afterwards."""
    line = Line()
    made = Dropping(half_typed(), Bash(), line, lambda: True)
    made.begin()
    await given_up(made)
    assert line.typed == [b"\x03", b"\x03", Bash.surely]
    assert made.in_vain
    made.begin()  # the next command tries anew
    await given_up(made)
    assert line.typed == [b"\x03", b"\x03", Bash.surely] * 2


async def test_it_is_not_told_again_when_the_line_is_no_longer_in_the_way():
    line, wanted = Line(), [True]
    made = Dropping(half_typed(), Bash(), line, lambda: wanted[0])
    made.begin()
    wanted[0] = False  # the person took the keyboard
    while made._next is not None:
        await asyncio.sleep(0)
    assert line.typed == [b"\x03"] and not made.gave_up
    wanted[0] = True
    assert made.gave_up


async def test_a_second_beginning_takes_the_place_of_the_first():
    line = Line()
    made = Dropping(half_typed(), Bash(), line, lambda: True)
    made.begin()
    made.begin()
    await given_up(made)
    assert line.typed == [b"\x03", b"\x03", b"\x03", Bash.surely]
