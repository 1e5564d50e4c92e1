from __future__ import annotations

import asyncio
import threading

import pytest

from codepilot import testing
from codepilot.events import StepStarted, TaskStarted, TextStreamed
from codepilot.ports import Clock, EventSink
from codepilot.testing import ManualClock, RecordingSink


async def test_time_stands_until_it_is_moved():
    clock: Clock = ManualClock(start=100.0)
    order = []

    async def wait(seconds):
        await clock.sleep(seconds)
        order.append(seconds)

    async with asyncio.timeout(60), asyncio.TaskGroup() as group:
        for seconds in (3, 1, 2):
            group.create_task(wait(seconds))
        await clock.sleeping(3)
        clock.advance(0.5)
        assert clock.sleepers == 3
        clock.advance(2.0)
        assert clock.sleepers == 1
        clock.advance(1.0)
    assert order == [1, 2, 3]
    assert (clock.monotonic(), clock.time()) == (3.5, 103.5)


async def test_a_cancelled_sleep_leaves_nothing():
    clock = ManualClock()
    task = asyncio.create_task(clock.sleep(5))
    await clock.sleeping()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert clock.sleepers == 0
    clock.advance(10)


async def test_another_thread_may_move_it():
    clock = ManualClock()
    task = asyncio.create_task(clock.sleep(5))
    await clock.sleeping()
    thread = threading.Thread(target=clock.advance, args=(5,))
    thread.start()
    async with asyncio.timeout(60):
        await task
    thread.join()


async def test_an_automatic_clock_only_counts():
    clock = ManualClock(auto=True)
    await clock.sleep(30)
    await clock.sleep(0)
    assert clock.slept == [30, 0] and clock.monotonic() == 30


async def test_a_limit_ends_its_body_when_the_time_is_moved_so_far():
    clock: Clock = ManualClock()
    ended = []

    async def wait():
        try:
            async with clock.timeout(10) as limit:
                await asyncio.Event().wait()
        except TimeoutError:
            ended.append(limit.expired())

    task = asyncio.create_task(wait())
    async with asyncio.timeout(60):
        await clock.limited(10)
        clock.advance(9)
        await clock.limited(1)
        assert not ended
        clock.advance(1)
        await task
    assert ended == [True]
    clock.advance(10)  # what has ended is not ended twice


async def test_a_limit_that_was_kept_does_nothing():
    clock = ManualClock(auto=True)
    async with clock.timeout(10) as limit:
        await clock.sleep(9)
    await clock.sleep(9)
    assert not limit.expired()
    with pytest.raises(TimeoutError):
        async with clock.timeout(0):
            await asyncio.Event().wait()


async def test_a_limit_lets_a_cancellation_of_someone_else_pass():
    clock = ManualClock()
    task = asyncio.create_task(_hang(clock))
    await clock.limited(5)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


async def _hang(clock):
    async with clock.timeout(5):
        await asyncio.Event().wait()


async def test_the_sink_keeps_and_tells():
    sink: EventSink = RecordingSink()
    assert isinstance(sink, RecordingSink)
    sink(TaskStarted(task="t", number=1))
    waiting = asyncio.create_task(sink.until(lambda events: len(events) == 3))
    await asyncio.sleep(0)
    for text in "ab":
        sink(TextStreamed(text=text))
    async with asyncio.timeout(60):
        await waiting
        await sink.until(lambda events: len(events) == 3)
    assert sink.names() == ["task_started", "text_streamed", "text_streamed"]
    assert [event.text for event in sink.of(TextStreamed)] == ["a", "b"]
    assert sink.of(StepStarted) == []


def test_the_package_names_what_it_has():
    assert all(getattr(testing, name) for name in testing.__all__)
    with pytest.raises(AttributeError):
        testing.Nothing  # noqa: B018
