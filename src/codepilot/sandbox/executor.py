"""The executor: runs control blocks in a worker process, keeps a spare at hand, and believes the worker nothing."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, Final

from codepilot.clock import SystemClock
from codepilot.errors import SandboxError, UsageError
from codepilot.messages import ExecutionResult, Isolation
from codepilot.ports import Clock, HostCall
from codepilot.sandbox.frames import FrameError, encode, pack
from codepilot.sandbox.ladder import NOT_STARTED, isolation_of
from codepilot.sandbox.lint import DEFAULT_IMPORTS
from codepilot.sandbox.process import Death, WorkerProcess
from codepilot.sandbox.replies import MAX_MIRROR, Called, Done, Hello, Printed, read
from codepilot.sandbox.report import CallList, Report

MAX_CALLS: Final = 10_000
_CALLS_PAST: Final = 100
"""So many calls beyond the limit are answered with an error; then the worker is killed."""
_MEMORY: Final = 512 * 1024 * 1024
_START_SECONDS: Final = 20.0
_WHERE_SECONDS: Final = 0.02
_CALL_GRACE_SECONDS: Final = 0.05
_SOURCES: Final = 50

Lost = Callable[[str, tuple[str, ...]], None]


@dataclass(slots=True, eq=False)
class _Worker:
    """A worker and whether it is ready: `hello` is None if it died first."""

    process: WorkerProcess
    hello: asyncio.Future[Hello | None]
    failure: str = ""


@dataclass(slots=True, eq=False)
class _Ending:
    kind: str
    error: str


@dataclass(slots=True, eq=False)
class _Block:
    """The block that is running."""

    number: int
    names: frozenset[str]
    call: HostCall
    outcome: asyncio.Future[_Ending]
    started: float
    sources: dict[int, str]
    printed: list[str] = field(default_factory=list)
    size: int = 0
    calls: CallList = field(default_factory=CallList)
    task: asyncio.Task[None] | None = None
    """The tool call that is outstanding."""
    waited: float = 0.0
    """Seconds spent in tool calls that ended."""
    expired: bool = False

    def report(self, lost: Sequence[str] = ()) -> Report:
        return Report(self.number, self.sources, self.calls, lost)


class WorkerExecutor:
    """Runs control blocks in a jailed worker process (the `Executor` of `ports`).

    Args:
        allowed_imports: modules that blocks may import; a package includes what is below it.
        time_limit: seconds that a block may compute; time in tool calls does not count.
        output_limit: characters that a block may print.
        clock: time; the machine's unless given.
        globals: constants that every block sees, e.g. WORK_DIR.
        on_lost: called when a worker was killed or died, with the reason and the names that are gone.
        memory_limit: bytes of address space of the worker.
    """

    def __init__(
        self,
        *,
        allowed_imports: Sequence[str] = DEFAULT_IMPORTS,
        time_limit: float = 60.0,
        output_limit: int = 200_000,
        clock: Clock | None = None,
        globals: Mapping[str, Any] | None = None,
        on_lost: Lost | None = None,
        memory_limit: int = _MEMORY,
    ) -> None:
        self.allowed_imports: tuple[str, ...] = tuple(allowed_imports)
        self._limit = time_limit
        self._output_limit = output_limit
        self._clock: Clock = clock or SystemClock()
        self._on_lost = on_lost
        self._setup = {
            "allowed": list(self.allowed_imports),
            "constants": encode(dict(globals or {})),
            "output_limit": output_limit,
            "memory": memory_limit,
        }
        self._loop: asyncio.AbstractEventLoop | None = None
        self._active: _Worker | None = None
        self._spare: _Worker | None = None
        self._dying: set[WorkerProcess] = set()
        self._calls: set[asyncio.Task[None]] = set()
        self._block: _Block | None = None
        self._number = 0
        self._sources: dict[int, str] = {}
        self._values: dict[str, str] = {}
        self._opaque: tuple[str, ...] = ()
        self._untold: tuple[str, ...] = ()
        self._isolation = NOT_STARTED
        self._closed = False

    # -- the port --------------------------------------------------------------------------------------------------

    @property
    def isolation(self) -> Isolation:
        """How blocks are kept apart, as the worker reported after closing its jail."""
        return self._isolation

    @property
    def worker_pid(self) -> int | None:
        """Process id of the worker that would run the next block, if it is started."""
        return self._active.process.pid if self._active else None

    async def start(self) -> None:
        """Start the worker and its spare now rather than with the first block.

        Raises:
            SandboxError: no worker can be started.
        """
        await self._ready()

    async def run(self, code: str, *, names: Sequence[str], call: HostCall) -> ExecutionResult:
        """Execute one block with these tool names as globals. Never raises for what the block does.

        Raises:
            UsageError: another block is running.
            SandboxError: no worker can be started, or the executor is closed.
        """
        if self._block is not None:
            raise UsageError("one control block at a time")
        block = self._block = self._new_block(code, names, call)
        watch: asyncio.Task[None] | None = None
        try:
            worker = await self._ready(block.outcome)
            if worker is not None and not block.outcome.done():
                self._begin(worker, block, code)
                watch = asyncio.create_task(self._watch(block))
            ending = await asyncio.shield(block.outcome)  # a cancelled wait must not cancel what it waits for
            if block.task is not None:
                await asyncio.wait({block.task}, timeout=_CALL_GRACE_SECONDS)
        except asyncio.CancelledError:
            self._stop(block, "aborted", "the task was cancelled")
            if block.task is not None:  # what the call still has to say comes before the end
                await asyncio.wait({block.task}, timeout=_CALL_GRACE_SECONDS)
            raise
        finally:
            self._block = None
            if watch is not None:
                watch.cancel()
        return self._result(block, ending)

    async def kill(self, reason: str) -> None:
        """Stop the running block at once; without one, nothing happens."""
        if self._block is not None:
            self._stop(self._block, "aborted", reason)

    async def reset(self) -> None:
        """Forget all names of earlier blocks: the next block gets a fresh worker.

        Raises:
            UsageError: a block is running.
        """
        if self._block is not None:
            raise UsageError("a control block is running")
        self._values.clear()
        self._opaque = self._untold = ()
        self._sources.clear()
        if self._active is not None:
            self._adopt_loop()
            self._retire(self._active)
            self._refill()

    async def close(self) -> None:
        """End the worker and its spare, and wait until they are gone."""
        self._closed = True
        if self._loop is None:
            return
        self._adopt_loop()
        if self._block is not None:
            self._stop(self._block, "aborted", "closing")
        for worker in (self._active, self._spare):
            if worker is not None:
                self._retire(worker)
        for process in tuple(self._dying):
            await process.dead.wait()
        if self._calls:
            await asyncio.wait(self._calls)

    # -- workers ---------------------------------------------------------------------------------------------------

    async def _ready(self, settled: asyncio.Future[_Ending] | None = None) -> _Worker | None:
        """The active worker, once it can take a block; None if the block is settled before."""
        if self._closed:
            raise SandboxError("the executor is closed")
        self._adopt_loop()
        failure = ""
        for _ in range(3):
            if self._active is None:
                self._active, self._spare = self._spare or self._spawn(), None
                if self._values:
                    self._active.process.send(pack({"t": "restore", "values": self._values}))
            worker = self._active
            hello = await self._hello(worker, settled)
            if settled is not None and settled.done():
                return None
            if hello is not None:
                self._isolation = isolation_of(hello.layers, hello.notes)
                self._refill()
                return worker
            failure = worker.failure or failure
        raise SandboxError(f"the worker for control blocks does not start: {failure or 'no reason given'}")

    async def _hello(self, worker: _Worker, settled: asyncio.Future[_Ending] | None) -> Hello | None:
        if not worker.hello.done():
            futures: set[asyncio.Future[Any]] = {worker.hello} if settled is None else {worker.hello, settled}
            done, _ = await asyncio.wait(futures, timeout=_START_SECONDS, return_when=asyncio.FIRST_COMPLETED)
            if not done:
                worker.failure = f"it was not ready after {_START_SECONDS:g} s"
                self._retire(worker)
        return worker.hello.result() if worker.hello.done() else None

    def _spawn(self) -> _Worker:
        setup = pack(self._setup | {"host": os.getpid()})
        process = WorkerProcess(setup, on_frame=self._on_frame, on_death=self._on_death)
        return _Worker(process, asyncio.get_running_loop().create_future())

    def _refill(self) -> None:
        """Have a spare. That it cannot be started now is told when it is needed."""
        if self._spare is None and not self._closed:
            with suppress(SandboxError):
                self._spare = self._spawn()

    def _retire(self, worker: _Worker) -> None:
        """Kill a worker; it is neither active nor spare any more."""
        self._active = None if self._active is worker else self._active
        self._spare = None if self._spare is worker else self._spare
        if not worker.hello.done():
            worker.hello.set_result(None)
        if not worker.process.dead.is_set():
            self._dying.add(worker.process)
            worker.process.kill()

    def _adopt_loop(self) -> None:
        """Work in the running loop. An executor may outlive a loop, e.g. with one `asyncio.run` per task."""
        loop = asyncio.get_running_loop()
        if self._loop is loop:
            return
        first, self._loop = self._loop is None, loop
        if first:
            return
        self._calls.clear()
        for process in (*self._dying, *([self._spare.process] if self._spare else [])):
            process.dispose()
        self._dying.clear()
        self._spare = None
        if self._active is not None:
            if self._active.hello.done():
                self._active.process.move()
            else:
                self._active.process.dispose()
                self._active = None

    # -- one block -------------------------------------------------------------------------------------------------

    def _new_block(self, code: str, names: Sequence[str], call: HostCall) -> _Block:
        self._number += 1
        self._sources[self._number] = code
        self._sources.pop(self._number - _SOURCES, None)
        return _Block(
            number=self._number,
            names=frozenset(names),
            call=call,
            outcome=asyncio.get_running_loop().create_future(),
            started=self._clock.monotonic(),
            sources=self._sources,
        )

    def _begin(self, worker: _Worker, block: _Block, code: str) -> None:
        try:
            frame = pack({"t": "run", "n": block.number, "code": code, "names": sorted(block.names)})
        except FrameError as error:
            block.outcome.set_result(_Ending("syntax", f"SyntaxError: the block is too long: {error}"))
            return
        worker.process.send(frame)

    def _result(self, block: _Block, ending: _Ending) -> ExecutionResult:
        lost, self._untold = self._untold, ()
        return ExecutionResult(
            ok=not ending.kind,
            printed="".join(block.printed).encode("utf-8", "replace").decode("utf-8"),
            error=ending.error,
            kind=ending.kind,  # type: ignore[arg-type]
            lost=lost,
            seconds=self._clock.monotonic() - block.started,
        )

    async def _watch(self, block: _Block) -> None:
        """End the block when it has computed for too long. Tool calls do not count."""
        while (left := self._limit - (self._clock.monotonic() - block.started - block.waited)) > 0:
            await self._clock.sleep(left)
            while block.task is not None:
                await asyncio.wait({block.task})
        worker = self._active
        if worker is None or block.outcome.done():
            return
        block.expired = True
        worker.process.mute()
        worker.process.words()
        worker.process.ask_where()
        await asyncio.sleep(_WHERE_SECONDS)
        self._stop(block, "timeout", worker.process.words())

    def _stop(self, block: _Block, kind: str, said: str) -> None:
        """Kill the worker under a running block and settle it."""
        if block.outcome.done():
            return
        worker = self._active
        lost: tuple[str, ...] = ()
        if worker is not None and worker.hello.done():
            self._retire(worker)
            lost = self._lose("time limit" if kind == "timeout" else said)
        report = block.report(lost)
        text = report.timeout(self._limit, said) if kind == "timeout" else report.aborted(said)
        self._settle(block, _Ending(kind, text))
        if not self._closed:
            self._refill()

    def _lose(self, reason: str) -> tuple[str, ...]:
        """The active worker is no more: what goes with it."""
        lost, self._opaque = self._opaque, ()
        self._untold = (*self._untold, *lost)
        if self._on_lost is not None:
            self._on_lost(reason, lost)
        return lost

    def _settle(self, block: _Block, ending: _Ending) -> None:
        if block.task is not None:
            block.task.cancel()
        if not block.outcome.done():
            block.outcome.set_result(ending)

    # -- what the worker says --------------------------------------------------------------------------------------

    def _on_frame(self, process: WorkerProcess, frame: dict[str, Any]) -> None:
        reply = read(frame)
        if isinstance(reply, Hello):
            self._greet(process, reply)
            return
        block = self._block
        if (
            self._active is None
            or self._active.process is not process
            or block is None
            or block.outcome.done()
        ):
            raise FrameError("it spoke while no block was running")
        if block.task is not None:
            raise FrameError("it spoke while it should wait for a tool")
        match reply:
            case Printed(text=text):
                block.size += len(text)
                if block.size > self._output_limit:
                    raise FrameError("it printed more than it may")
                block.printed.append(text)
            case Called():
                self._answer(process, block, reply)
            case Done():
                self._finish(block, reply)

    def _greet(self, process: WorkerProcess, hello: Hello) -> None:
        for worker in (self._active, self._spare):
            if worker is not None and worker.process is process and not worker.hello.done():
                worker.hello.set_result(hello)
                return
        raise FrameError("it greeted twice")

    def _finish(self, block: _Block, done: Done) -> None:
        if done.number != block.number:
            raise FrameError("it ended a block that is not running")
        if done.opaque is not None:
            for name in done.gone:
                self._values.pop(name, None)
            self._values.update(done.values)
            self._opaque = done.opaque
            if sum(map(len, self._values.values())) > MAX_MIRROR:
                self._values.clear()
                raise FrameError("it handed over more values than it may")
        self._settle(block, _Ending(done.kind, block.report(self._untold).of(done, self._output_limit)))

    def _answer(self, process: WorkerProcess, block: _Block, called: Called) -> None:
        if called.name not in block.names:
            raise FrameError("it called a tool that does not exist")
        block.calls.add(called.name, called.args)
        if block.calls.count > MAX_CALLS:
            if block.calls.count > MAX_CALLS + _CALLS_PAST:
                raise FrameError(f"more than {MAX_CALLS:,} tool calls in one block")
            process.send(
                _refused("RuntimeError", f"one block may make {MAX_CALLS:,} tool calls; use another block")
            )
            return
        block.task = asyncio.get_running_loop().create_task(self._serve(process, block, called))
        self._calls.add(block.task)
        block.task.add_done_callback(self._calls.discard)

    async def _serve(self, process: WorkerProcess, block: _Block, called: Called) -> None:
        since = self._clock.monotonic()
        try:
            frame = pack({"t": "ok", "v": encode(await block.call(called.name, called.args, called.kwargs))})
        except asyncio.CancelledError:
            if block.outcome.done():
                raise
            frame = _refused("RuntimeError", f"{called.name}() was cancelled")
        except FrameError as error:
            frame = _refused(
                "ValueError", f"the result of {called.name}() cannot be handed to the block: {error}"
            )
        except Exception as error:  # noqa: BLE001 - the seam: what a tool raises is raised again inside the block
            frame = _refused(type(error).__name__, _text(error))
        block.waited += self._clock.monotonic() - since
        if not block.outcome.done():
            block.task = None
            process.send(frame)

    # -- the worker's death ----------------------------------------------------------------------------------------

    def _on_death(self, process: WorkerProcess, death: Death) -> None:
        self._dying.discard(process)
        for worker in (self._active, self._spare):
            if worker is not None and worker.process is process:
                self._bury(worker, death)

    def _bury(self, worker: _Worker, death: Death) -> None:
        """A worker died that nobody meant to kill."""
        spare = self._spare is worker
        worker.failure = (
            death.broken or death.words.strip()[-1_000:] or f"it ended with status {death.status}"
        )
        ready = worker.hello.done()
        self._retire(worker)
        if spare or not ready:
            return
        block = self._block
        running = block is not None and not block.outcome.done()
        lost = self._lose(death.broken or f"it ended with status {death.status}")
        if running and block is not None:
            report = block.report(lost)
            if block.expired:
                self._settle(block, _Ending("timeout", report.timeout(self._limit, death.words)))
            else:
                self._settle(
                    block, _Ending("crashed", report.crashed(death.status, death.words, death.broken))
                )
        self._refill()


def _refused(kind: str, text: str) -> bytes:
    return pack({"t": "err", "type": kind, "text": text})


def _text(error: BaseException) -> str:
    text = str(error.args[0]) if isinstance(error, KeyError) and error.args else str(error)
    return text if len(text) <= 20_000 else text[:20_000] + " …"
