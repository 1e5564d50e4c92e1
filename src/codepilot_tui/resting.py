"""The worker processes of a session are given back while its tab is hidden and its agent has nothing to do."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from codepilot.ports import Clock
    from codepilot_tui.bridge import Bridge

IDLE: Final = 60.0
"""Seconds without a task and without a question."""


class Rest:
    """Of one tab: without a spare from the moment that it is hidden, and without a worker once it was idle for long."""

    def __init__(self) -> None:
        self._hidden = self._over = False
        self._timer: asyncio.Task[None] | None = None
        self._asked: set[asyncio.Task[Any]] = set()

    def follow(self, bridge: Bridge, clock: Clock, *, shown: bool, idle: bool) -> None:
        """What is true of the tab now.

        Args:
            bridge: to its agent, which has started.
            clock: tells when it was idle for long.
            shown: it is the one on the screen.
            idle: its agent neither works nor asks.
        """
        if self._over:
            return
        if self._hidden is shown:
            self._hidden = not shown
            self._ask(bridge.ask(bridge.runtime.keep_spare(shown)))
        if shown or not idle:
            self._stop_waiting()
        elif self._timer is None:
            self._timer = self._ask(self._rest_later(bridge, clock))

    def end(self) -> None:
        """The tab is closed."""
        self._over = True
        self._stop_waiting()

    def _stop_waiting(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    async def _rest_later(self, bridge: Bridge, clock: Clock) -> None:
        await clock.sleep(IDLE)
        await bridge.ask(bridge.runtime.rest())

    def _ask(self, work: Coroutine[Any, Any, Any]) -> asyncio.Task[None]:
        task: asyncio.Task[None] = asyncio.create_task(work)
        self._asked.add(task)  # or nobody would hold it
        task.add_done_callback(self._asked.discard)
        return task
