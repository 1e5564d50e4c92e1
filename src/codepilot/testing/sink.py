"""An event sink that keeps what it was given."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TypeVar

from codepilot.events import Event, type_name

_Kind = TypeVar("_Kind")


class RecordingSink:
    """Implements `ports.EventSink`; to be called from the loop's thread, as sinks are."""

    def __init__(self) -> None:
        self.events: list[Event] = []
        self._waiting: list[tuple[Callable[[list[Event]], bool], asyncio.Future[None]]] = []

    def __call__(self, event: Event) -> None:
        """Keep one event."""
        self.events.append(event)
        for condition, future in list(self._waiting):
            if not future.done() and condition(self.events):
                future.set_result(None)

    def of(self, kind: type[_Kind]) -> list[_Kind]:
        """The events of one type, in order."""
        return [event for event in self.events if isinstance(event, kind)]

    def names(self) -> list[str]:
        """All events by name, in order: `["task_started", "step_started", …]`."""
        return [type_name(event) for event in self.events]

    async def until(self, condition: Callable[[list[Event]], bool]) -> None:
        """Wait until the events fulfil a condition; at once if they do."""
        if condition(self.events):
            return
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        entry = (condition, future)
        self._waiting.append(entry)
        try:
            await future
        finally:
            self._waiting.remove(entry)
