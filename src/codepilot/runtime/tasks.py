"""One task at a time, on the event loop that awaits it; from which other threads may stop it."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Awaitable, Callable, Coroutine
from contextvars import ContextVar
from dataclasses import replace
from typing import Any

from codepilot.errors import CodepilotError, UsageError, named_error
from codepilot.loop import Outcome
from codepilot.runtime.loop_thread import FORKED

_within: ContextVar[asyncio.Task[Any] | None] = ContextVar("codepilot_task", default=None)
"""The task that this code is part of: a handler or a tool of it must not wait for its end."""


def _with_reason(outcome: Outcome, error: BaseException) -> Outcome:
    """How a task ended whose work raised, and what."""
    if outcome.status != "failed" or outcome.error:
        return outcome
    if isinstance(error, CodepilotError):
        return replace(outcome, error=error.message, hint=error.hint)
    return replace(outcome, error=named_error(error))


class Tasks:
    """The task that a runtime works on, and whether another may begin.

    It belongs to the event loop that awaits `run()`; that may be another one for each task.
    """

    def __init__(self) -> None:
        self.last: Outcome | None = None
        """How the last task ended."""
        self.closed = False
        """No other task begins."""
        self.loop: asyncio.AbstractEventLoop | None = None
        self._process = os.getpid()
        self._running: asyncio.Task[Outcome] | None = None
        self._one = asyncio.Lock()
        self._due = False
        self._stop_when_due = False

    @property
    def running(self) -> bool:
        """Whether a task is being worked on."""
        return self._running is not None

    @property
    def stopping(self) -> bool:
        """Whether the task was told to stop."""
        return self._running is not None and self._running.cancelling() > 0

    @property
    def alone(self) -> asyncio.Lock:
        """Held while a task is worked on, until all that follows it is done."""
        return self._one

    def follow(self) -> asyncio.AbstractEventLoop:
        """Belong to the running loop from now on.

        Raises:
            UsageError: it belongs to another that is still running.
        """
        loop = asyncio.get_running_loop()
        if self.loop is not loop:
            if self.loop is not None and self.loop.is_running():
                raise UsageError(
                    "This runtime belongs to another event loop, which is still running.",
                    hint="Use it there (asyncio.run_coroutine_threadsafe), or make one for each loop.",
                )
            self.loop, self._one, self._process = loop, asyncio.Lock(), os.getpid()
        return loop

    async def run(
        self,
        work: Callable[[], Coroutine[Any, Any, Outcome]],
        noted: Callable[[], Outcome | None],
        after: Callable[[], Awaitable[None]],
    ) -> Outcome:
        """Work until it ends or is stopped; waits for an earlier task.

        Args:
            work: begins the task.
            noted: how it ended as far as the work itself noted that, for tasks that are stopped or fail.
            after: awaited when it is over, however it ended.

        Raises:
            UsageError: closed.
            Exception: what the work raised.
        """
        async with self._one:
            self.refuse_closed()
            running = self._running = asyncio.create_task(self._marked(work))
            self._due = False
            if self._stop_when_due:  # after the task's first step, so that its words are kept
                asyncio.get_running_loop().call_soon(running.cancel)
            try:
                self.last = await running
            except asyncio.CancelledError:
                self.last = noted() or Outcome("aborted")
                current = asyncio.current_task()
                if current is not None and current.cancelling():
                    raise  # the caller was cancelled, not the task by stop()
            except BaseException as error:
                self.last = _with_reason(noted() or Outcome("failed"), error)
                raise
            finally:
                self._running = None
                await after()
            return self.last

    async def _marked(self, work: Callable[[], Coroutine[Any, Any, Outcome]]) -> Outcome:
        _within.set(asyncio.current_task())
        return await work()

    def stop(self) -> None:
        """Stop what is being worked on, at once. From any thread; no effect when idle."""
        if self._due:
            self._stop_when_due = True
        running, loop = self._running, self.loop
        if running is None or loop is None or running.done():
            return
        loop.call_soon_threadsafe(running.cancel)

    def refuse_closed(self) -> None:
        """Let nothing be asked of a runtime that will never work on it.

        Raises:
            UsageError: closed, or this process is a fork of the one that it works in.
        """
        if self.closed:
            raise UsageError("This runtime is closed.", hint="Make a new one.")
        self.refuse_forked()

    def refuse_forked(self) -> None:
        """Let nothing be done in a fork of the process whose sessions, shells and threads these are.

        Raises:
            UsageError: this process is one.
        """
        if self.loop is not None and os.getpid() != self._process:
            raise UsageError(FORKED, hint="Make a runtime in the child process.")

    def expect(self) -> None:
        """A task is about to be started on another thread: a `stop()` from now on is meant for it."""
        self._stop_when_due, self._due = False, True

    def is_within(self) -> bool:
        """Whether the running code is part of the task that is being worked on."""
        task = _within.get()
        return task is not None and task is self._running
