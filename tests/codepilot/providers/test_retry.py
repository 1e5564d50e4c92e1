"""The retry loop: what is asked again, how long it waits, and how it is stopped."""

from __future__ import annotations

import asyncio

import pytest

from codepilot.errors import ProviderError
from codepilot.messages import ReplyEnd, Retrying, TextDelta
from codepilot.providers.retry import RetryingProvider
from codepilot.testing import Fault, ManualClock, Turn


def retrying(bench, clock, **more):
    return RetryingProvider(bench.provider(), clock, jitter=lambda: 1.0, **more)


def busy(status=503, **headers):
    return Turn(
        fault=Fault(status=status, headers={name.replace("_", "-"): v for name, v in headers.items()})
    )


async def run(bench, ask_for, *turns, **more):
    for turn in turns:
        bench.server.script.add(turn)
    clock = ManualClock(auto=True)
    async with asyncio.timeout(30):
        events = [event async for event in retrying(bench, clock, **more).stream(ask_for())]
    return events, clock.slept


async def test_it_asks_again_until_it_works(bench, ask_for):
    events, slept = await run(bench, ask_for, busy(503), busy(529), busy(500), "ok")
    assert slept == [0.5, 1.0, 2.0]
    assert [(e.attempt, e.attempts, e.wait) for e in events if isinstance(e, Retrying)] == [
        (2, 6, 0.5),
        (3, 6, 1.0),
        (4, 6, 2.0),
    ]
    assert TextDelta("ok") in events and isinstance(events[-1], ReplyEnd)
    assert len(bench.server.requests) == 4
    bench.server.check()


async def test_it_gives_up_after_the_last_attempt(bench, ask_for):
    turns = [busy()] * 3
    with pytest.raises(ProviderError) as caught:
        await run(bench, ask_for, *turns, attempts=3)
    assert caught.value.fault == "overloaded"
    assert "3 times" in caught.value.hint
    assert len(bench.server.requests) == 3


async def test_waits_grow_to_a_cap(bench, ask_for):
    _, slept = await run(bench, ask_for, *[busy()] * 5, "ok", cap=3.0)
    assert slept == [0.5, 1.0, 2.0, 3.0, 3.0]


async def test_it_waits_as_long_as_it_is_told(bench, ask_for):
    _, slept = await run(bench, ask_for, busy(429, retry_after="17"), "ok")
    assert slept == [17.0]


async def test_it_does_not_sit_out_an_hour(bench, ask_for):
    with pytest.raises(ProviderError) as caught:
        await run(bench, ask_for, busy(429, retry_after="3600"), "ok")
    assert "3600 s" in caught.value.hint
    assert len(bench.server.requests) == 1


@pytest.mark.parametrize("status", [400, 401, 403, 404, 413])
async def test_what_will_not_pass_is_not_asked_again(bench, ask_for, status):
    with pytest.raises(ProviderError):
        await run(bench, ask_for, busy(status), "ok")
    assert len(bench.server.requests) == 1


@pytest.mark.parametrize("kind", ["cut_at", "eof_at", "end_clean_at", "bad_at", "err_at"])
async def test_a_stream_that_broke_before_its_first_word_is_asked_for_again(bench, ask_for, kind):
    events, slept = await run(bench, ask_for, Turn(text="lost words", fault=Fault(**{kind: 0})), "ok")
    assert "".join(e.text for e in events if isinstance(e, TextDelta)) == "ok"
    assert len(slept) == 1


async def test_a_stream_that_broke_after_its_first_word_is_not(bench, ask_for):
    bench.server.script.add(Turn(text="one two three", fault=Fault(eof_at=2)))
    bench.server.script.add("ok")
    words = []
    with pytest.raises(ProviderError) as caught:
        async for event in retrying(bench, ManualClock(auto=True)).stream(ask_for()):
            words.append(event)
    assert caught.value.fault == "cut"
    assert words == [TextDelta("one"), TextDelta(" two")]
    assert len(bench.server.requests) == 1


async def test_the_wait_is_seen_and_can_be_cancelled(bench, ask_for):
    bench.server.script.add(busy())
    clock, seen = ManualClock(), []

    async def read():
        async for event in retrying(bench, clock).stream(ask_for()):
            seen.append(event)

    task = asyncio.create_task(read())
    async with asyncio.timeout(30):
        await clock.sleeping()
        assert isinstance(seen[0], Retrying) and "503" in seen[0].reason
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
    assert clock.sleepers == 0
    assert len(bench.server.requests) == 1


async def test_the_wait_ends_when_the_clock_says_so(bench, ask_for):
    bench.server.script.add(busy())
    bench.server.script.add("ok")
    clock, seen = ManualClock(), []

    async def read():
        async for event in retrying(bench, clock).stream(ask_for()):
            seen.append(event)

    task = asyncio.create_task(read())
    async with asyncio.timeout(30):
        await clock.sleeping()
        clock.advance(0.4)
        assert clock.sleepers == 1
        clock.advance(0.2)
        await task
    assert TextDelta("ok") in seen
