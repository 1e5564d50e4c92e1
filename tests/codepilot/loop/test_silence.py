"""The notice of a silence, by itself: what began it, and from when it counts."""

import asyncio

import pytest

from codepilot import events as e
from codepilot.loop.silence import NOTICE, SilenceWatch
from codepilot.testing import ManualClock


@pytest.fixture
def clock():
    return ManualClock()


async def told(clock, events, seconds):
    """What is told when the time is moved on, once the watch waits for it."""
    async with asyncio.timeout(60):
        await clock.limited(seconds)
        clock.advance(seconds)
        while not events:
            await asyncio.sleep(0)
    return events.pop()


async def test_a_reply_that_is_asked_for_again_has_not_begun(clock):
    events = []
    async with SilenceWatch(clock, events.append) as watch:
        watch.heard()
        assert (await told(clock, events, NOTICE)).begun
        watch.asked_again(0.0)
        assert await told(clock, events, NOTICE) == e.ProviderSilent(seconds=NOTICE, begun=False)


async def test_the_wait_before_a_new_try_is_no_silence_of_the_model(clock):
    events = []
    async with SilenceWatch(clock, events.append) as watch:
        watch.asked_again(30.0)
        assert await told(clock, events, 30.0 + NOTICE) == e.ProviderSilent(seconds=NOTICE, begun=False)
