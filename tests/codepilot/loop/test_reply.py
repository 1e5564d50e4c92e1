"""How one reply is read, from a provider that says what the test says."""

import pytest

from codepilot.loop.reply import ReplyReader
from codepilot.loop.wiring import Outlet
from codepilot.messages import ModelRequest, ReasoningDelta, ReplyEnd, Retrying, TextDelta, Usage
from codepilot.testing import ManualClock

END = ReplyEnd(reason="stop", usage=Usage())


class Saying:
    name = model = "saying"

    def __init__(self, *pieces):
        self.pieces = pieces

    async def stream(self, request):
        for piece in self.pieces:
            yield piece

    async def close(self):
        pass


async def settled():
    pass


async def read(*pieces, limit):
    reader = ReplyReader(Saying(*pieces), Outlet([].append, settled), ManualClock())
    return await reader.read(ModelRequest(system="", messages=(), max_tokens=9), limit)


@pytest.mark.parametrize("kind", [TextDelta, ReasoningDelta])
async def test_a_reply_is_stopped_behind_its_limit_thinking_included(kind):
    pieces = [kind("x" * 50)] * 4
    assert not (await read(*pieces, END, limit=200)).stopped
    assert "more than 199 characters" in (await read(*pieces, END, limit=199)).stopped


async def test_what_a_try_that_broke_had_said_does_not_count_to_the_limit():
    again = Retrying(attempt=1, attempts=3, wait=0.0, reason="cut")
    received = await read(TextDelta("x" * 90), again, TextDelta("All is well."), END, limit=100)
    assert (received.stopped, received.reply.raw) == ("", "All is well.")
