"""Notices that the model is silent, so that whoever waits is told."""

from __future__ import annotations

import asyncio
from types import TracebackType

from codepilot import events as e
from codepilot.ports import Clock, EventSink

NOTICE = 20.0
"""Seconds without a word after which it is told."""


class SilenceWatch:
    """Reports once in each silence that no word comes; used as `async with` round the reading of a reply.

    Args:
        clock: time.
        emit: takes the event.
    """

    def __init__(self, clock: Clock, emit: EventSink) -> None:
        self._clock = clock
        self._emit = emit
        self._since = clock.monotonic()
        self._begun = False
        self._moved = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    def heard(self) -> None:
        """A word came."""
        self._begun = True
        self._restart(0.0)

    def asked_again(self, wait: float) -> None:
        """The reply begins anew after so many seconds."""
        self._begun = False
        self._restart(wait)

    async def __aenter__(self) -> SilenceWatch:
        self._task = asyncio.create_task(self._watch())
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._task is not None
        self._task.cancel()
        await asyncio.wait((self._task,))

    def _restart(self, wait: float) -> None:
        self._since = self._clock.monotonic() + wait
        self._moved.set()

    async def _watch(self) -> None:
        while True:
            silent = self._clock.monotonic() - self._since
            if silent >= NOTICE:
                self._emit(e.ProviderSilent(seconds=silent, begun=self._begun))
                self._moved.clear()
                await self._moved.wait()
                continue
            try:
                async with self._clock.timeout(NOTICE - silent):
                    await asyncio.Event().wait()
            except TimeoutError:
                pass
