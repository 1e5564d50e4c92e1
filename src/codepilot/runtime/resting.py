"""What the two public runtimes have for programs that keep many of them: processes are given back while idle."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from codepilot.runtime.agent import Agent
    from codepilot.runtime.lifecycle import Lifecycle
    from codepilot.runtime.loop_thread import LoopThread
    from codepilot.runtime.tasks import Tasks


class AsyncResting:
    """Part of `AsyncRuntime`."""

    _agent: Agent
    _life: Lifecycle
    _tasks: Tasks

    async def rest(self) -> bool:
        """Give the worker processes back while the agent is idle; the next control block starts new ones.

        That block finds the names of earlier ones. Where one of them could not be put back (a function, a class, one
        list under two names), the worker stays and only its spare goes. The terminals stay.

        Returns:
            Whether no worker is left; False while a task is being worked on, which this leaves alone.

        Raises:
            UsageError: after `close()`.
        """
        self._tasks.refuse_closed()
        return await self._life.rest()

    async def keep_spare(self, wanted: bool) -> None:
        """Whether a spare worker is kept from now on; it is unless told otherwise. Also while a task is worked on.

        Args:
            wanted: without one less memory is used, and the block after one that was stopped waits for a new worker.

        Raises:
            UsageError: after `close()`.
        """
        self._tasks.refuse_closed()
        self._life.follow_loop()
        self._agent.executor.keep_spare(wanted)


class Resting:
    """Part of `Runtime`: the same for code without an event loop."""

    _async: AsyncResting
    _thread: LoopThread
    _one_run: threading.Lock

    def rest(self) -> bool:
        """Give the worker processes back while the agent is idle; see `AsyncRuntime.rest`."""
        self._async._tasks.refuse_closed()
        if not self._one_run.acquire(blocking=False):  # also in a handler or a tool, which must not wait
            return False
        try:
            return not self._thread.started or self._thread.submit(self._async.rest()).result()
        finally:
            self._one_run.release()
