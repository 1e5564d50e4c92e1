"""The tool calls of a block, without a worker."""

import asyncio

import pytest

from codepilot.clock import SystemClock
from codepilot.frames import FrameError
from codepilot.sandbox import calls
from codepilot.sandbox.block import Block, Ending
from codepilot.sandbox.calls import ToolCalls
from codepilot.sandbox.codec import FrameCutter, decode
from codepilot.sandbox.replies import Called


class Process:
    """Keeps the frames that the worker would get."""

    def __init__(self):
        self.frames = []

    def send(self, frame):
        self.frames += FrameCutter().feed(frame)


def block(call):
    return Block(
        number=1,
        names=frozenset({"tool"}),
        call=call,
        outcome=asyncio.get_running_loop().create_future(),
        started=0.0,
        sources={1: "tool()"},
    )


async def answered(call, *args):
    served, process = ToolCalls(SystemClock()), Process()
    running = block(call)
    served.answer(process, running, Called("tool", list(args), {}))
    await served.ended()
    await asyncio.sleep(0)  # those who are told of the end
    return running, process.frames[0]


async def test_the_value_of_a_tool_is_sent_back():
    async def double(name, args, kwargs):
        return [name, args[0] * 2]

    running, frame = await answered(double, 21)
    assert (frame["t"], decode(frame["v"])) == ("ok", ["tool", 42])
    assert running.task is None and running.calls.count == 1


@pytest.mark.parametrize(
    ("error", "kind", "text", "count"),
    [
        (ValueError("bad"), "ValueError", "bad", 1),
        (TypeError("no such argument"), "TypeError", "no such argument", 0),
        (KeyError("tool"), "KeyError", "tool", 0),
        (GeneratorExit("odd"), "GeneratorExit", "odd", 1),
    ],
)
async def test_what_a_tool_raises_is_raised_in_the_block(error, kind, text, count):
    async def broken(name, args, kwargs):
        raise error

    running, frame = await answered(broken)
    assert (frame["type"], frame["text"], running.calls.made) == (kind, text, count)


async def test_a_value_that_cannot_cross_is_named():
    async def odd(name, args, kwargs):
        return set(range(6_000))

    frame = (await answered(odd))[1]
    assert frame["type"] == "ValueError" and "cannot be handed to the block" in frame["text"]


async def test_calls_past_the_bound_are_refused_and_then_end_the_worker(monkeypatch):
    async def tool(name, args, kwargs):
        return None

    monkeypatch.setattr(calls, "MAX_CALLS", 1)
    monkeypatch.setattr(calls, "_CALLS_PAST", 1)
    served, process, running = ToolCalls(SystemClock()), Process(), block(tool)
    for _ in range(2):
        served.answer(process, running, Called("tool", [], {}))
        await served.ended()
    assert "one block may make 1 tool calls" in process.frames[1]["text"]
    assert running.calls.made == 1 and "tool()" in str(running.calls)
    with pytest.raises(FrameError, match="more than 1 tool calls"):
        served.answer(process, running, Called("tool", [], {}))


async def test_a_block_ends_once_and_takes_its_call_along():
    async def forever(name, args, kwargs):
        await asyncio.Event().wait()

    served, process, running = ToolCalls(SystemClock()), Process(), block(forever)
    served.answer(process, running, Called("tool", [], {}))
    running.settle(Ending("aborted", "stopped"))
    running.settle(Ending(""))
    async with asyncio.timeout(60):
        await served.ended()
    assert running.outcome.result() == Ending("aborted", "stopped") and process.frames == []
