"""The retry loop: what is asked again, how long it waits, and how it is stopped."""

from __future__ import annotations

import asyncio

import pytest

from codepilot.errors import ProviderError
from codepilot.messages import ReplyEnd, Retrying, TextDelta
from codepilot.providers.retry import RetryingProvider, Schedule
from codepilot.testing import Fault, ManualClock, Turn


def retrying(bench, clock, **more):
    schedule = Schedule(**more)
    return RetryingProvider(bench.provider(), clock, schedule=schedule, jitter=lambda: 1.0)


def busy(status=503, **headers):
    return Turn(
        fault=Fault(status=status, headers={name.replace("_", "-"): v for name, v in headers.items()})
    )


async def run(bench, ask_for, *turns, **more):
    for turn in turns:
        bench.server.script.add(turn)
    clock = ManualClock(auto=True)
    async with asyncio.timeout(60):
        events = [event async for event in retrying(bench, clock, **more).stream(ask_for())]
    return events, clock.slept


async def test_it_asks_again_until_it_works(bench, ask_for):
    events, slept = await run(bench, ask_for, busy(500), busy(502), busy(408), "ok")
    assert slept == [0.5, 1.0, 2.0]
    assert [(e.attempt, e.attempts, e.wait) for e in events if isinstance(e, Retrying)] == [
        (2, 6, 0.5),
        (3, 6, 1.0),
        (4, 6, 2.0),
    ]
    assert TextDelta("ok") in events and isinstance(events[-1], ReplyEnd)
    assert len(bench.server.requests) == 4
    bench.server.check()


@pytest.mark.parametrize("status", [429, 503, 529])
async def test_a_service_that_has_too_much_to_do_gets_more_tries(bench, ask_for, status):
    events, slept = await run(bench, ask_for, *[busy(status)] * 7, "ok")
    assert slept == [0.5, 1.0, 2.0, 4.0, 8.0, 16.0, 30.0]
    assert {e.attempts for e in events if isinstance(e, Retrying)} == {8}


async def test_it_gives_up_after_the_last_attempt(bench, ask_for):
    turns = [busy(500)] * 3
    with pytest.raises(ProviderError) as caught:
        await run(bench, ask_for, *turns, attempts=3)
    assert caught.value.fault == "overloaded"
    assert "3 times" in caught.value.hint
    assert len(bench.server.requests) == 3


async def test_waits_grow_to_a_cap(bench, ask_for):
    _, slept = await run(bench, ask_for, *[busy(500)] * 5, "ok", cap=3.0)
    assert slept == [0.5, 1.0, 2.0, 3.0, 3.0]


async def test_it_waits_as_long_as_it_is_told(bench, ask_for):
    _, slept = await run(bench, ask_for, busy(429, retry_after="17"), "ok")
    assert slept == [17.0]


@pytest.mark.parametrize("value", ["0", "0.1", "Sat, 21 Nov 2020 10:00:30 GMT"])
async def test_a_wait_of_nothing_is_not_taken_at_its_word(bench, ask_for, value):
    """M2: six requests in a second, each refused."""
    _, slept = await run(bench, ask_for, *[busy(429, retry_after=value)] * 3, "ok")
    assert slept == [0.5, 1.0, 2.0]


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


@pytest.mark.parametrize("kind", ["cut_at", "eof_at", "end_clean_at", "bad_at", "err_at"])
async def test_a_stream_that_broke_after_words_is_asked_for_again_after_a_wait(bench, ask_for, kind):
    """M2: it was asked again four times without a pause, so that a restart of one second ended the task."""
    events, slept = await run(bench, ask_for, *[Turn(text="one two", fault=Fault(**{kind: 2}))] * 3, "ok")
    assert slept == [0.5, 1.0, 2.0]
    voids = [index for index, event in enumerate(events) if isinstance(event, Retrying)]
    assert events[voids[-1] + 1 :][0] == TextDelta("ok")
    assert len(voids) == 3 and isinstance(events[-1], ReplyEnd)


@pytest.mark.parametrize("kind", ["authentication_error", "permission_error", "invalid_request_error"])
async def test_a_fault_in_the_stream_that_will_not_pass_is_not_asked_again(bench, ask_for, kind):
    fault = Fault(err_at=2, body={"type": kind, "message": "no"})
    with pytest.raises(ProviderError) as caught:
        await run(bench, ask_for, Turn(text="one two", fault=fault), "ok")
    assert not caught.value.retryable
    assert len(bench.server.requests) == 1


async def test_an_overloaded_service_is_borne_in_a_stream_as_before_it(bench, ask_for):
    fault = Fault(err_at=2, body={"type": "overloaded_error", "message": "Overloaded"})
    _, slept = await run(bench, ask_for, *[Turn(text="one two", fault=fault)] * 7, "ok")
    assert sum(slept) == 61.5


@pytest.mark.parametrize("at", [0, 2])
async def test_silence_is_tried_once_more_and_no_oftener(bench, ask_for, at):
    """M1: five or six times 90 to 300 s."""
    for _ in range(2):
        bench.server.script.add(Turn(text="one two three", fault=Fault(stall_at=at)))
    clock, seen, limit = ManualClock(), [], 60 if at else 180
    provider = RetryingProvider(bench.provider(clock=clock), clock, jitter=lambda: 1.0)

    async def read():
        async for event in provider.stream(ask_for()):
            seen.append(event)

    async def silence(number):
        while len(bench.server.requests) < number:
            await asyncio.sleep(0)
        await clock.limited(limit)
        clock.advance(limit)

    async with asyncio.timeout(60):
        task = asyncio.create_task(read())
        await silence(1)
        await clock.sleeping()
        assert [(e.attempt, e.attempts) for e in seen if isinstance(e, Retrying)] == [(2, 2)]
        clock.advance(0.5)
        await silence(2)
        with pytest.raises(ProviderError) as caught:
            await task
    assert caught.value.fault == "timeout" and f"no word for {limit} s" in caught.value.message
    assert "model.timeout" in caught.value.hint and "Asked 2 times" in caught.value.hint
    assert len(bench.server.requests) == 2


async def test_a_silence_after_another_failure_is_still_the_first(bench, ask_for):
    for turn in (busy(500), Turn(text="one two", fault=Fault(stall_at=0)), "ok"):
        bench.server.script.add(turn)
    clock, seen = ManualClock(), []
    provider = RetryingProvider(bench.provider(clock=clock), clock, jitter=lambda: 1.0)

    async def read():
        async for event in provider.stream(ask_for()):
            seen.append(event)

    async with asyncio.timeout(60):
        task = asyncio.create_task(read())
        await clock.sleeping()
        clock.advance(0.5)
        while len(bench.server.requests) < 2:
            await asyncio.sleep(0)
        await clock.limited(180)
        clock.advance(180)
        await clock.sleeping()
        clock.advance(1.0)
        await task
    assert TextDelta("ok") in seen
    assert len(bench.server.requests) == 3


async def test_a_gateway_that_waited_too_long_is_no_silence(bench, ask_for):
    _, slept = await run(bench, ask_for, *[busy(504)] * 3, "ok")
    assert len(slept) == 3


async def test_the_wait_is_seen_and_can_be_cancelled(bench, ask_for):
    bench.server.script.add(busy())
    clock, seen = ManualClock(), []

    async def read():
        async for event in retrying(bench, clock).stream(ask_for()):
            seen.append(event)

    task = asyncio.create_task(read())
    async with asyncio.timeout(60):
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
    async with asyncio.timeout(60):
        await clock.sleeping()
        clock.advance(0.4)
        assert clock.sleepers == 1
        clock.advance(0.2)
        await task
    assert TextDelta("ok") in seen


async def test_who_stops_reading_ends_the_request_at_once():
    """Left to the collector of garbage it would be billed on, and its connection stay open."""

    class Endless:
        name = model = "endless"
        closed = False

        async def stream(self, request):
            try:
                while True:
                    yield TextDelta("more")
            finally:
                self.closed = True

        async def close(self):
            pass

    provider = Endless()
    reading = RetryingProvider(provider, ManualClock()).stream(None)
    assert await anext(reading) == TextDelta("more")
    await reading.aclose()
    assert provider.closed
