"""The workers of an executor: the active one, a warm spare, and those that are still dying."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Final

from codepilot.errors import SandboxError, with_stop
from codepilot.frames import FrameError
from codepilot.sandbox.process import Death, Frame, WorkerProcess
from codepilot.sandbox.replies import Called, Done, Hello, Printed, read

_START_SECONDS: Final = 20.0
_TRIES: Final = 3


@dataclass(slots=True, eq=False)
class _Worker:
    """A worker and whether it is ready: `hello` is None if it died first."""

    process: WorkerProcess
    hello: asyncio.Future[Hello | None]
    failure: str = ""


class Pool:
    """Keeps one worker ready for the next block and one behind it.

    Args:
        setup: makes the frame that tells a new worker what it may do.
        restore: makes the frame that gives it the values of earlier blocks, if there are any.
        on_reply: called for what the active worker says, but its greeting; may raise `FrameError`.
        on_death: called when the active worker dies without having been retired.
    """

    def __init__(
        self,
        *,
        setup: Callable[[], bytes],
        restore: Callable[[], bytes | None],
        on_reply: Callable[[Printed | Called | Done], None],
        on_death: Callable[[Death], None],
    ) -> None:
        self._setup = setup
        self._restore = restore
        self._on_reply = on_reply
        self._on_death = on_death
        self._loop: asyncio.AbstractEventLoop | None = None
        self._active: _Worker | None = None
        self._spare: _Worker | None = None
        self._dying: set[WorkerProcess] = set()
        self._keeps_spare = True
        self._closed = False

    @property
    def process(self) -> WorkerProcess | None:
        """The active worker, if it is ready for blocks."""
        return self._active.process if self._active is not None and self._active.hello.done() else None

    async def ready(self, settled: asyncio.Future[Any] | None = None) -> Hello | None:
        """Wait until there is an active worker that can take a block.

        Args:
            settled: waiting makes no sense any more once this is done.

        Returns:
            What it reported about itself; None if `settled` came first.

        Raises:
            SandboxError: no worker can be started, or the pool is closed.
        """
        if self._closed:
            raise SandboxError("The executor is closed.")
        self.adopt_loop()
        failure = ""
        for _ in range(_TRIES):
            worker = self._active or self._promote()
            hello = await self._hello(worker, settled)
            if settled is not None and settled.done():
                return None
            if hello is not None:
                self.refill()
                return hello
            failure = worker.failure or failure
        raise SandboxError(
            f"The worker for control blocks does not start: {with_stop(failure or 'no reason given')}"
        )

    def _promote(self) -> _Worker:
        worker = self._active = self._spare or self._spawn()
        self._spare = None
        values = self._restore()
        if values is not None:
            worker.process.send(values)
        return worker

    async def _hello(self, worker: _Worker, settled: asyncio.Future[Any] | None) -> Hello | None:
        if not worker.hello.done():
            futures: set[asyncio.Future[Any]] = {worker.hello} if settled is None else {worker.hello, settled}
            done, _ = await asyncio.wait(futures, timeout=_START_SECONDS, return_when=asyncio.FIRST_COMPLETED)
            if not done:
                worker.failure = f"it was not ready after {_START_SECONDS:g} s"
                self._retire(worker)
        return worker.hello.result() if worker.hello.done() else None

    def _spawn(self) -> _Worker:
        process = WorkerProcess(self._setup(), on_frame=self._heard, on_death=self._died)
        return _Worker(process, asyncio.get_running_loop().create_future())

    def refill(self) -> None:
        """Have a spare. If it cannot be started now, that is told when one is needed."""
        if self._spare is None and self._keeps_spare and not self._closed:
            with suppress(SandboxError):
                self._spare = self._spawn()

    def retire(self) -> None:
        """Kill the active worker; the spare takes its place with the next block."""
        if self._active is not None:
            self._retire(self._active)
            self.refill()

    def _retire(self, worker: _Worker) -> None:
        self._active = None if self._active is worker else self._active
        self._spare = None if self._spare is worker else self._spare
        if not worker.hello.done():
            worker.hello.set_result(None)
        if not worker.process.dead.is_set():
            self._dying.add(worker.process)
            worker.process.kill()

    def keep_spare(self, wanted: bool) -> None:
        """Whether there is a spare from now on."""
        self._keeps_spare = wanted
        if self._loop is None:
            return
        self.adopt_loop()
        if self._spare is not None and not wanted:
            self._retire(self._spare)
        elif self._active is not None:
            self.refill()

    async def rest(self, *, wholly: bool) -> bool:
        """End the spare, and the active worker too; `ready` starts another. Returns when they are reaped.

        Args:
            wholly: end the active one; not while it is being started.

        Returns:
            Whether there is no active one any more.
        """
        if self._loop is None:
            return True
        self.adopt_loop()
        if self._spare is not None:
            self._retire(self._spare)
        if self._active is not None and self._active.hello.done() and wholly:
            self._retire(self._active)
        await self._reaped()
        return self._active is None

    async def close(self) -> None:
        """End all workers and wait until they are reaped."""
        self._closed = True
        if self._loop is None:
            return
        self.adopt_loop()
        for worker in (self._active, self._spare):
            if worker is not None:
                self._retire(worker)
        await self._reaped()

    async def _reaped(self) -> None:
        for process in tuple(self._dying):
            await process.dead.wait()

    def adopt_loop(self) -> None:
        """Work in the running loop. A pool may outlive a loop, e.g. with one `asyncio.run` per task."""
        loop = asyncio.get_running_loop()
        first, changed = self._loop is None, self._loop is not loop
        self._loop = loop
        if first or not changed:
            return
        for process in (*self._dying, *([self._spare.process] if self._spare else [])):
            process.dispose()
        self._dying.clear()
        self._spare = None
        if self._active is None:
            return
        if self._active.hello.done():
            self._active.process.move()
        else:
            self._active.process.dispose()
            self._active = None

    def _find(self, process: WorkerProcess) -> _Worker | None:
        for worker in (self._active, self._spare):
            if worker is not None and worker.process is process:
                return worker
        return None

    def _heard(self, process: WorkerProcess, frame: Frame) -> None:
        worker = self._find(process)
        if worker is None:
            return  # it is dying
        reply = read(frame)
        if isinstance(reply, Hello):
            if worker.hello.done():
                raise FrameError("it greeted twice")
            worker.hello.set_result(reply)
        elif worker is self._active:
            self._on_reply(reply)
        else:
            raise FrameError("it sent something before it was asked")

    def _died(self, process: WorkerProcess, death: Death) -> None:
        self._dying.discard(process)
        worker = self._find(process)
        if worker is None:
            return
        worker.failure = (
            death.broken or death.words.strip()[-1_000:] or f"it ended with status {death.status}"
        )
        was_ready, was_active = worker.hello.done(), worker is self._active
        self._retire(worker)
        if was_ready and was_active:
            self._on_death(death)
            self.refill()
