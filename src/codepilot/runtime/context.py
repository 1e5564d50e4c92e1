"""What the two public runtimes have for the model's window."""

from __future__ import annotations

import threading
from collections.abc import Callable, Coroutine
from typing import TYPE_CHECKING, Any, TypeVar

from codepilot.context.report import Compacted, ContextReport
from codepilot.errors import UsageError

if TYPE_CHECKING:
    from codepilot.hooks.threads import CallersThread
    from codepilot.runtime.agent import Agent
    from codepilot.runtime.lifecycle import Lifecycle
    from codepilot.runtime.loop_thread import LoopThread
    from codepilot.runtime.tasks import Tasks

T = TypeVar("T")


class AsyncContext:
    """Part of `AsyncRuntime`."""

    _agent: Agent
    _life: Lifecycle
    _tasks: Tasks

    async def compact(self) -> Compacted | None:
        """Make the conversation shorter for the model, without waiting until its window is full.

        Old results are left out, then a summary stands for the beginning, if that saves at least a fifth. The
        conversation itself stays whole, and the model can look things up in it.

        Returns:
            What it saved; None while a task is being worked on: then it is done before its next request, and the event
            `ContextCompacted` tells what it saved.

        Raises:
            UsageError: after `close()`.
        """
        self._tasks.refuse_closed()
        if self._tasks.running:
            self._agent.loop.compact_next()
            return None
        return await self._life.compact()

    def context_report(self) -> ContextReport:
        """What fills the model's window: the rules and tools, and each message, in tokens."""
        return self._agent.loop.context_report()

    def system_prompt(self) -> str:
        """What the model is told before the conversation: the rules and tools."""
        return self._agent.system_prompt()

    async def leave_out(self, message: int) -> bool:
        """Have one line stand for an old result in what the model sees; it can still look it up.

        Args:
            message: its number, from 1, as in `ContextReport.entries`.

        Returns:
            Whether it is done: not for words and replies, the last result, or what is left out already.

        Raises:
            UsageError: a task is being worked on, or after `close()`.
        """
        self._tasks.refuse_closed()
        if self._tasks.running:
            raise UsageError(
                "A result can be left out when the agent is idle.", hint="Stop it first, or wait."
            )
        return await self._life.leave_out(message)


class Context:
    """Part of `Runtime`: the same for code without an event loop."""

    _async: AsyncContext
    _thread: LoopThread
    _caller: CallersThread
    _one_run: threading.Lock

    @property
    def running(self) -> bool:
        """Whether a task is being worked on."""
        return self._async._tasks.running

    def compact(self) -> Compacted | None:
        """Make the conversation shorter for the model; see `AsyncRuntime.compact`.

        While a task is being worked on, also in its handlers and tools, this returns None at once.
        """
        if self.running:
            self._async._tasks.refuse_closed()
            self._async._agent.loop.compact_next()
            return None
        return self._lent(self._async.compact)

    def context_report(self) -> ContextReport:
        """What fills the model's window: the rules and tools, and each message, in tokens."""
        return self._async.context_report()

    def leave_out(self, message: int) -> bool:
        """Have one line stand for an old result in what the model sees; see `AsyncRuntime.leave_out`."""
        if self.running:
            raise UsageError(
                "A result can be left out when the agent is idle.", hint="Stop it first, or wait."
            )
        return self._lent(lambda: self._async.leave_out(message))

    def _lent(self, work: Callable[[], Coroutine[Any, Any, T]]) -> T:
        """Do it on the loop, while handlers run on this thread."""
        self._async._tasks.refuse_closed()
        with self._one_run:
            return self._caller.lend_while(lambda: self._thread.submit(work()), self._async._tasks.stop)
