"""The stream of events of a runtime: who reads it, and until when."""

import asyncio

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
