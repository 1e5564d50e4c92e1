"""Delivers typed events to the hooks: in order, without blocking the emitter; `settled` waits for all of them."""

from __future__ import annotations

import asyncio
from collections import deque

from codepilot import events as e
from codepilot.hooks.bus import HookSystem, Runner
from codepilot.hooks.points import EventType
from codepilot.hooks.projection import Point, project

_ABOUT_PROSE = (e.TextStreamed, e.ReplyFinished, e.BlockOpened, e.TaskFinished)
"""What the model says, and what ends it. The others are looked at no further: a tool call makes three of them."""


class HookDelivery:
    """A queue between the loop, which must not wait for handlers, and the handlers.

    Args:
        hooks: the handlers.
        run_sync: runs a sync handler where it may block.
        stream: deliver prose as it arrives; otherwise once per reply, as one stripped text.
    """

    def __init__(self, hooks: HookSystem, run_sync: Runner, *, stream: bool) -> None:
        self._hooks = hooks
        self._run_sync = run_sync
        self._stream = stream
        # A queued message is handled at once, on the thread that called send_message(); prose that is gathered is told
        # when it is whole.
        self._not_projected = (e.MessageQueued,) if stream else (e.MessageQueued, e.TextStreamed)
        self._prose: list[str] = []
        self._waiting: deque[Point] = deque()
        self._draining: asyncio.Task[None] | None = None

    def take(self, event: e.Event) -> None:
        """Queue an event's hook point. Called from the loop's thread."""
        points = self._points(event)
        if not points:
            return
        self._waiting += (point for point in points if self._hooks.handlers(point[0]))
        if self._waiting and self._under_way() is None:
            self._draining = asyncio.get_running_loop().create_task(self._drain())

    async def settled(self) -> None:
        """Wait until every event taken so far has been handled."""
        while (draining := self._under_way()) is not None:
            await asyncio.shield(draining)

    def _under_way(self) -> asyncio.Task[None] | None:
        """The task that calls the handlers; one of a loop that ended in the middle of it counts no more."""
        draining = self._draining
        if draining is None or draining.done() or draining.get_loop() is not asyncio.get_running_loop():
            return None
        return draining

    async def _drain(self) -> None:
        while self._waiting:
            event, kwargs = self._waiting.popleft()
            await self._hooks.dispatch(event, kwargs, self._run_sync)

    def _points(self, event: e.Event) -> list[Point]:
        """The hook points of one event, prose gathered where it is not streamed."""
        points = self._of_prose(event) if isinstance(event, _ABOUT_PROSE) else []
        if isinstance(event, self._not_projected):
            return points
        point = project(event)
        if point is not None:
            points.append(point)
        return points

    def _of_prose(self, event: e.Event) -> list[Point]:
        """The hook points of what was said so far, if it is whole; a part of it is kept until then."""
        points: list[Point] = []
        if isinstance(event, e.TextStreamed):
            if not self._stream:
                self._prose.append(event.text)
            return points
        if self._prose and _ends_prose(event):
            text = "".join(self._prose).strip()
            self._prose.clear()
            if text:
                points.append((EventType.STREAM, {"text": text}))
        if (
            isinstance(event, e.TaskFinished)
            and event.status == "done"
            and self._hooks.has_handlers(EventType.STREAM)
        ):
            # As in 0.9.2: the completion's text goes out once as a stream event. Not to the default handler, which
            # would print it twice.
            points.append((EventType.STREAM, {"text": event.summary}))
        return points


def _ends_prose(event: e.Event) -> bool:
    """Whether what was said so far is whole: a reply that came to its limit goes on in the next one."""
    return not isinstance(event, e.ReplyFinished) or event.reason != "length"
