"""How one reply is read, from a provider that says what the test says."""

import pytest

from codepilot import events as e
from codepilot.loop.reply import ReplyReader
from codepilot.loop.wiring import Outlet
from codepilot.messages import ModelRequest, ReasoningDelta, ReplyEnd, Retrying, TextDelta, Usage
from codepilot.secrets import SecretBook
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


PASSPHRASE = "correct horse battery staple"
KEY = "-----BEGIN KEY-----\n" + "MIIEpAIBAAKCAQEA7bq\n" * 9 + "-----END KEY-----"
SECRETS = SecretBook({"VAULT_PASSPHRASE": PASSPHRASE, "DEPLOY_KEY": KEY, "A_TOKEN": "x9$" * 700})


@pytest.mark.parametrize("kind", [TextDelta, ReasoningDelta])
async def test_no_part_of_a_reply_ends_within_a_secret(kind):
    """Seen: a passphrase and the lines of a private key in the clear, each half in a record of its own."""
    said = f"It is {PASSPHRASE}, and once more: {PASSPHRASE} or {PASSPHRASE[:20]}s. The key:\n{KEY}\n{'x9$' * 700} end "
    events, clock = [], ManualClock()

    class Slowly(Saying):
        async def stream(self, request):
            async for piece in super().stream(request):
                yield piece
                clock.advance(1)

    pieces = [kind(said[at : at + 3]) for at in range(0, len(said), 3)]
    outlet = Outlet(events.append, settled, cut=SECRETS.cut)
    await ReplyReader(Slowly(*pieces, END), outlet, clock).read(
        ModelRequest(system="", messages=(), max_tokens=9), 10_000
    )
    parts = [
        event.text if kind is TextDelta else event.thinking
        for event in events
        if isinstance(event, e.ReplyPart)
    ]
    assert len(parts) > 10
    told = "".join(map(SECRETS.replaced, parts))
    assert told == SECRETS.replaced(said)[: len(told)] and told.count("[secret VAULT_PASSPHRASE]") == 2
    assert "[secret DEPLOY_KEY]" in told and "[secret A_TOKEN]" in told
