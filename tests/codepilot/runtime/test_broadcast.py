"""The stream of events of a runtime: who reads it, and until when."""

import asyncio

import pytest

from codepilot import events as e
from codepilot.clock import SystemClock
from codepilot.hooks import HookSystem
from codepilot.hooks.delivery import HookDelivery
from codepilot.runtime.broadcast import Broadcast


def test_a_reader_ends_once_however_often_it_is_said():
    hooks = HookSystem()
    events = Broadcast(hooks, HookDelivery(hooks, asyncio.run, stream=False), SystemClock())
    seen = []
    first, second = events.subscribe(seen.append), events.subscribe(seen.append)
    first()
    first()
    events.publish(e.SessionCleared())
    assert len(seen) == 1, "the same function still reads by its second subscription"
    second()
    events.publish(e.SessionCleared())
    assert len(seen) == 1


def broken(told, *, error=ValueError):
    """A stream of which the first reader raises at each event, and a reader behind it."""
    hooks = HookSystem(defaults=False)
    events = Broadcast(hooks, HookDelivery(hooks, asyncio.run, stream=False), SystemClock())
    hooks.on_error = lambda text: events.publish(e.RuntimeFailed(error=text, source="hook"))

    def bad(stamped):
        raise error("own")

    events.subscribe(bad)
    events.subscribe(lambda stamped: told.append(stamped))
    return hooks, events


def test_a_reader_that_raises_is_told_once_and_the_others_read_on_in_order(caplog):
    told = []
    hooks, events = broken(told)
    for _ in range(3):
        events.publish(e.SessionCleared())
    text = "A function given to subscribe() raised ValueError: own"
    cleared, failed = e.SessionCleared(), e.RuntimeFailed(error=text, source="hook")
    assert [stamped.event for stamped in told] == [cleared, failed, cleared, cleared]
    assert [stamped.sequence for stamped in told] == [1, 2, 3, 4]
    assert caplog.text.count("Traceback") == 1
    hooks.sum_up()
    assert (
        told[-1].event.error == "A function given to subscribe() raised ValueError 3 more times in this task."
    )


def test_a_reader_that_leaves_the_program_does_so():
    _, events = broken([], error=SystemExit)
    with pytest.raises(SystemExit):
        events.publish(e.SessionCleared())
