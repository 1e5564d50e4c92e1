"""An event loop on a thread of its own, for code that has none."""

from __future__ import annotations

import asyncio
import os
import threading
from collections.abc import Coroutine
from concurrent.futures import Future
from typing import Any, TypeVar

from codepilot.errors import UsageError

T = TypeVar("T")
FORKED = "This runtime was started before the process was forked, and works in the parent only."


class LoopThread:
    """An event loop on a daemon thread, started at its first use."""

    def __init__(self) -> None:
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None
        self._lock = threading.Lock()
        self._pid = os.getpid()

    def submit(self, work: Coroutine[Any, Any, T]) -> Future[T]:
        """Run a coroutine on the loop.

        Raises:
            UsageError: this process is a fork of the one that the thread runs in.
        """
        if self.forked:
            work.close()
            raise UsageError(FORKED, hint="Make a runtime in the child process.")
        with self._lock:
            if self._loop is None:
                self._pid = os.getpid()
                self._loop = asyncio.new_event_loop()
                self._thread = threading.Thread(
                    target=_run, args=(self._loop,), name="codepilot-loop", daemon=True
                )
                self._thread.start()
        return asyncio.run_coroutine_threadsafe(work, self._loop)

    @property
    def started(self) -> bool:
        """Whether there is a loop."""
        return self._loop is not None

    @property
    def forked(self) -> bool:
        """Whether the thread was started in a process of which this one is a fork: it does not run here."""
        return self.started and os.getpid() != self._pid

    @property
    def is_this_one(self) -> bool:
        """Whether the running thread is the loop's."""
        return self._thread is threading.current_thread()

    def stop(self) -> None:
        """End the loop and its thread; what still runs on it is cancelled."""
        with self._lock:
            loop, thread, self._loop = self._loop, self._thread, None
        if loop is None or thread is None:
            return
        asyncio.run_coroutine_threadsafe(_cancel_all(), loop).add_done_callback(
            lambda _: loop.call_soon_threadsafe(loop.stop)
        )
        if self.is_this_one:  # collected there: the thread ends when it comes back to its loop
            return
        thread.join(timeout=5)


def _run(loop: asyncio.AbstractEventLoop) -> None:
    """Run the loop until it is stopped, and close it.

    A `KeyboardInterrupt` or `SystemExit` of a task goes to whoever waits for the task and also out of the loop, which
    would end here, and whoever waits would wait for ever.
    """
    while True:
        try:
            loop.run_forever()
        except (KeyboardInterrupt, SystemExit):
            continue
        loop.close()
        return


async def _cancel_all() -> None:
    tasks = asyncio.all_tasks() - {asyncio.current_task()}
    for task in tasks:
        task.cancel()
    if tasks:
        await asyncio.wait(tasks, timeout=2)
