"""How long a silent model is waited for; time is moved by hand, the SDKs and the socket are real."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager

import pytest

from codepilot.agentfile import TimeoutConfig
from codepilot.errors import ProviderError
from codepilot.messages import ReplyEnd, TextDelta
from codepilot.providers.patience import TAIL, Patience
from codepilot.providers.peer import Peer
from codepilot.testing import Fault, ManualClock, Turn

TEXT = "one two three four five"
DEAF = TimeoutConfig(first_word=30.0, between_words=20.0, whole_reply=100.0)


class Reading:
    """One reply, read while the test moves the time."""

    def __init__(self) -> None:
        self.clock = ManualClock()
        self.events = []
        self.error: ProviderError | None = None

    @property
    def text(self):
        return "".join(event.text for event in self.events if isinstance(event, TextDelta))

    async def read(self, stream):
        try:
            async for event in stream:
                self.events.append(event)
        except ProviderError as error:
            self.error = error


@asynccontextmanager
async def reading(bench, ask_for, turn, timeout=DEAF):
    bench.server.script.add(turn)
    reading = Reading()
    stream = bench.provider(timeout=timeout, clock=reading.clock).stream(ask_for())
    async with asyncio.timeout(60):
        task = asyncio.create_task(reading.read(stream))
        while not bench.server.requests:
            await asyncio.sleep(0)
        yield reading
        await task
    await asyncio.to_thread(bench.server.requests[0].ended.wait, 10)


@pytest.mark.parametrize(
    ("fault", "seconds", "setting"),
    [
        (Fault(hang_headers=True), 30, "first_word"),
        (Fault(stall_at=0), 30, "first_word"),
        (Fault(stall_at=2), 20, "between_words"),
    ],
    ids=["no headers", "no first word", "no next word"],
)
async def test_silence_ends_when_it_lasted_too_long(bench, ask_for, fault, seconds, setting):
    async with reading(bench, ask_for, Turn(text=TEXT, fault=fault)) as reply:
        await reply.clock.limited(seconds)
        reply.clock.advance(seconds - 1)
        assert reply.error is None
        reply.clock.advance(1)
    error = reply.error
    assert (error.fault, error.retryable, error.status) == ("timeout", True, None)
    assert f"no word for {seconds} s" in error.message and f"model.timeout.{setting}" in error.hint
    assert reply.text == ("one two" if setting == "between_words" else "")
    assert bench.server.requests[0].left


@pytest.mark.parametrize("at", [0, 2])
@pytest.mark.parametrize("kind", ["delta", "ping", "comment"])
async def test_what_holds_no_words_is_silence(bench, ask_for, kind, at):
    """M3: a delta without content, a ping or a comment a second kept a stream alive for ever."""
    first, longest = (30, 30) if at == 0 else (20, 20)
    async with reading(bench, ask_for, Turn(text=TEXT, fault=Fault(idle_at=at, body=kind))) as reply:
        await reply.clock.limited(first)
        for left in range(longest - 5, 0, -5):
            reply.clock.advance(5)
            await reply.clock.limited(left)
            assert reply.error is None
        reply.clock.advance(5)
    assert reply.error.fault == "timeout" and f"{longest} s" in reply.error.message


class TestOneReply:
    """`Patience` alone: parts that come when the test says so."""

    @pytest.fixture
    def clock(self):
        return ManualClock()

    @pytest.fixture
    def patience(self, clock):
        return Patience(clock, DEAF, Peer(provider="p", model="m", base_url="http://h:1/v1"))

    async def wait(self, clock, patience, left, seconds, *, comes=True):
        """Wait for a part that comes after so many seconds; `left` is how long it may take."""
        part = asyncio.get_running_loop().create_future()
        waiting = asyncio.create_task(patience.over(part))
        async with asyncio.timeout(60):
            await clock.limited(left)
            clock.advance(seconds)
            if comes:
                part.set_result("a part")
            return await waiting

    async def test_what_is_no_word_does_not_end_the_silence(self, clock, patience):
        await self.wait(clock, patience, 30, 10)
        await self.wait(clock, patience, 20, 19)
        await self.wait(clock, patience, 1, 0)

    async def test_every_word_does(self, clock, patience):
        for left in (30, 20, 20, 20):
            await self.wait(clock, patience, left, 15)
            patience.heard()
        with pytest.raises(ProviderError, match="no word for 20 s"):
            await self.wait(clock, patience, 20, 20, comes=False)

    async def test_what_may_follow_the_end_has_its_time_however_long_the_silence_before_it(
        self, clock, patience
    ):
        await self.wait(clock, patience, 30, 29)
        patience.finished()
        await self.wait(clock, patience, TAIL, 1)

    async def test_a_reply_that_finds_no_end_is_given_up(self, clock, patience):
        for left in (30, *[20] * 7):
            await self.wait(clock, patience, left, 10 if left == 20 else 20)
            patience.heard()
        with pytest.raises(ProviderError, match="not complete after 100 s") as caught:
            await self.wait(clock, patience, 10, 10, comes=False)
        assert (caught.value.fault, caught.value.retryable) == ("timeout", False)
        assert "model.timeout.whole_reply" in caught.value.hint

    async def test_a_timeout_of_someone_else_is_not_taken_for_silence(self, clock, patience):
        with pytest.raises(TimeoutError, match="not ours"):
            await patience.over(self.fail())

    async def fail(self):
        raise TimeoutError("not ours")


async def test_a_slow_reader_is_no_silent_service(bench, ask_for):
    bench.server.script.add("one two three")
    clock = ManualClock()
    got = []
    async with asyncio.timeout(60):
        async for event in bench.provider(timeout=DEAF, clock=clock).stream(ask_for()):
            clock.advance(50)
            got.append(event)
    assert isinstance(got[-1], ReplyEnd)


async def test_counts_that_never_come_are_not_waited_for(bench, ask_for):
    async with reading(bench, ask_for, Turn(text="a", fault=Fault(stall_at=-1))) as reply:
        await reply.clock.limited(5)
        reply.clock.advance(5)
    assert reply.error is None and isinstance(reply.events[-1], ReplyEnd)
