"""One task at a time, and how it is stopped."""

import asyncio
import threading

import pytest

from codepilot.errors import UsageError
from codepilot.loop import Outcome
from codepilot.runtime.tasks import Tasks

GUARD = 60


def nothing():
    return None


async def no_more():
    return None


async def test_a_second_task_waits_until_all_that_follows_the_first_is_done():
    tasks, seen, go_on = Tasks(), [], asyncio.Event()
    tasks.follow()

    async def work(name):
        seen.append(f"{name} begins")
        return Outcome("done", name)

    async def after():
        await go_on.wait()
        seen.append("after")

    async with asyncio.timeout(GUARD):
        first = asyncio.create_task(tasks.run(lambda: work("one"), nothing, after))
        second = asyncio.create_task(tasks.run(lambda: work("two"), nothing, after))
        while not seen:
            await asyncio.sleep(0)
        assert seen == ["one begins"]
        go_on.set()
        assert (await first).summary == "one"
        assert (await second).summary == "two"
    assert seen == ["one begins", "after", "two begins", "after"]
    assert tasks.last == Outcome("done", "two")


async def test_a_stop_from_another_thread_ends_it_and_its_own_note_tells_how():
    tasks, begun = Tasks(), asyncio.Event()
    tasks.follow()

    async def work():
        begun.set()
        await asyncio.Event().wait()
        raise AssertionError

    async with asyncio.timeout(GUARD):
        running = asyncio.create_task(tasks.run(work, lambda: Outcome("aborted", steps=3), no_more))
        await begun.wait()
        assert tasks.running and not tasks.stopping
        threading.Thread(target=tasks.stop).start()
        outcome = await running
    assert (outcome.status, outcome.steps) == ("aborted", 3)
    assert not tasks.running


async def test_a_caller_that_is_cancelled_is_told_so():
    tasks, begun, after = Tasks(), asyncio.Event(), []
    tasks.follow()

    async def work():
        begun.set()
        await asyncio.Event().wait()
        raise AssertionError

    async def note():
        after.append(tasks.last)

    async with asyncio.timeout(GUARD):
        running = asyncio.create_task(tasks.run(work, nothing, note))
        await begun.wait()
        running.cancel()
        with pytest.raises(asyncio.CancelledError):
            await running
    assert after == [Outcome("aborted")]


async def test_a_failure_is_raised_and_noted():
    tasks = Tasks()
    tasks.follow()

    async def work():
        raise ValueError("broken")

    with pytest.raises(ValueError, match="broken"):
        await tasks.run(work, nothing, no_more)
    assert tasks.last == Outcome("failed", error="ValueError: broken")


async def test_a_failure_that_the_work_noted_is_given_its_reason():
    tasks = Tasks()
    tasks.follow()

    async def work():
        raise UsageError("No.", hint="Do that.")

    with pytest.raises(UsageError):
        await tasks.run(work, lambda: Outcome("failed", steps=3), no_more)
    assert tasks.last == Outcome("failed", steps=3, error="No.", hint="Do that.")
    with pytest.raises(UsageError):
        await tasks.run(work, lambda: Outcome("aborted", steps=3), no_more)
    assert tasks.last == Outcome("aborted", steps=3)


async def test_a_stop_before_an_expected_task_begins_is_meant_for_it():
    tasks = Tasks()
    tasks.follow()
    tasks.stop()  # idle: no effect
    tasks.expect()
    tasks.stop()
    steps = []

    async def work():
        steps.append("first")
        await asyncio.Event().wait()
        raise AssertionError

    async with asyncio.timeout(GUARD):
        assert (await tasks.run(work, nothing, no_more)).status == "aborted"
        assert steps == ["first"]
        tasks.expect()

        async def through():
            return Outcome("done")

        assert (await tasks.run(through, nothing, no_more)).status == "done"


async def test_code_of_the_task_knows_that_it_is_within():
    tasks = Tasks()
    tasks.follow()

    async def work():
        assert tasks.is_within()
        assert await asyncio.to_thread(tasks.is_within)
        return Outcome("done")

    assert not tasks.is_within()
    await tasks.run(work, nothing, no_more)
    assert not tasks.is_within()


async def test_closed_it_begins_nothing():
    tasks = Tasks()
    tasks.follow()
    tasks.closed = True

    async def work():
        raise AssertionError

    with pytest.raises(UsageError, match="closed"):
        await tasks.run(work, nothing, no_more)


async def test_it_follows_from_a_loop_that_ended_and_never_from_one_that_runs():
    tasks = Tasks()
    await asyncio.to_thread(lambda: asyncio.run(_follow(tasks)))
    assert tasks.follow() is asyncio.get_running_loop()
    with pytest.raises(UsageError, match="another event loop"):
        await asyncio.to_thread(lambda: asyncio.run(_follow(tasks)))


async def _follow(tasks):
    tasks.follow()
