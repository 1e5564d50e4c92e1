"""Where sync handlers run, so that they may block: the thread that called `Runtime.run()`, or one of their own."""

from __future__ import annotations

import asyncio
import contextlib
import contextvars
import queue
import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any, TypeVar

from codepilot.caught import Caught, caught, in_thread, value_of

T = TypeVar("T")
_Job = tuple[Callable[[], Any], "Future[Caught]"]

SIGNAL_LOOK = 0.2
"""Seconds after which a waiting thread looks for a ^C that woke nobody."""


async def on_daemon_thread(job: Callable[[], Any]) -> Any:
    """Run a blocking question in a thread that nothing waits for at exit, should the asking be given up."""
    loop = asyncio.get_running_loop()
    answer: asyncio.Future[Caught] = loop.create_future()
    context = contextvars.copy_context()

    def settle(result: Caught) -> None:
        if not answer.done():
            answer.set_result(result)

    def work() -> None:
        result = context.run(caught, job)
        with contextlib.suppress(RuntimeError):  # the loop was closed meanwhile
            loop.call_soon_threadsafe(settle, result)

    threading.Thread(target=work, name="codepilot-question", daemon=True).start()
    return value_of(await answer)


class CallersThread:
    """Lends the thread that waits for a future to the handlers, which are called on another loop.

    Use it as `await callers_thread(job)` on the loop; while no thread is lent, jobs run in a thread of the pool.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._jobs: queue.SimpleQueue[_Job | None] | None = None
        self._lender: int | None = None

    @property
    def is_this_one(self) -> bool:
        """Whether the running thread is the one that is lent: then it runs a handler."""
        return self._lender == threading.get_ident()

    async def __call__(self, job: Callable[[], Any]) -> Any:
        """Run a job on the lent thread; called from the loop."""
        done: Future[Caught] = Future()
        with self._lock:
            lent = self._jobs
            if lent is not None:
                lent.put((job, done))
        if lent is None:
            return await in_thread(job)
        return value_of(await asyncio.wrap_future(done))

    def lend_while(self, begin: Callable[[], Future[T]], stop: Callable[[], None]) -> T:
        """Begin something on the loop, run jobs here until it is done, and give its result.

        What is no `Exception` (KeyboardInterrupt, SystemExit …), in a handler or while waiting, calls `stop` and is
        raised at the end; a second one is raised at once.

        Args:
            begin: called once the thread is lent, so that no job comes too early; gives what is waited for.
            stop: makes that end soon.
        """
        jobs: queue.SimpleQueue[_Job | None] = queue.SimpleQueue()
        with self._lock:
            self._jobs, self._lender = jobs, threading.get_ident()
        interrupt: BaseException | None = None
        asked = False

        def stop_once() -> None:
            nonlocal asked
            if not asked:
                asked = True
                stop()

        try:
            future = begin()
            future.add_done_callback(lambda _: jobs.put(None))
            while True:
                try:
                    _work_off(jobs, stop_once)
                    break
                except BaseException as error:  # also a CancelledError, which a handler may let out
                    if interrupt is not None:
                        raise
                    interrupt = error
                    stop_once()
        finally:
            with self._lock:  # from here on nothing is added
                self._jobs = self._lender = None
            while not jobs.empty():
                jobs.put(None)
                _work_off(jobs, stop_once)
        if interrupt is not None:
            raise interrupt
        return future.result()


def _next_job(jobs: queue.SimpleQueue[_Job | None]) -> _Job | None:
    while True:
        # A ^C that comes between Python's look at signals and the kernel's wait wakes nobody: look again.
        with contextlib.suppress(queue.Empty):
            return jobs.get(timeout=SIGNAL_LOOK)


def _work_off(jobs: queue.SimpleQueue[_Job | None], stop: Callable[[], None]) -> None:
    while (entry := _next_job(jobs)) is not None:
        job, done = entry
        if not done.set_running_or_notify_cancel():
            continue
        result = caught(job)
        if result.error is None or isinstance(result.error, Exception):
            done.set_result(result)
            continue
        stop()  # before the answer, so that the agent does not go on with it
        done.set_result(Caught())
        raise result.error
