"""The executor: gives control blocks to a worker process, serves their tool calls, treats its frames as hostile."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, Literal

from codepilot.clock import SystemClock
from codepilot.errors import UsageError
from codepilot.frames import FrameError
from codepilot.messages import ExecutionResult, Isolation
from codepilot.ports import Clock, HostCall
from codepilot.sandbox.block import Block, BlockLimits, Ending, where_it_hangs
from codepilot.sandbox.calls import ToolCalls
from codepilot.sandbox.codec import encode, pack
from codepilot.sandbox.isolation import NOT_STARTED, isolation_of
from codepilot.sandbox.kept import KeptNames
from codepilot.sandbox.lint import DEFAULT_IMPORTS
from codepilot.sandbox.pool import Pool
from codepilot.sandbox.process import Death, WorkerProcess
from codepilot.sandbox.replies import Called, Done, Printed

_CALL_GRACE_SECONDS: Final = 0.2
"""What a cancelled tool call gets to report its end before `run` returns; a command has to be asked how far it came."""
_SOURCES: Final = 50

Lost = Callable[[str, tuple[str, ...]], None]


class WorkerExecutor:
    """Runs control blocks in a jailed worker process (the `Executor` of `ports`).

    Args:
        allowed_imports: modules that blocks may import; a package includes what is below it. None: `DEFAULT_IMPORTS`.
        limits: what a block may use.
        clock: time; the machine's unless given.
        globals: constants that every block sees, e.g. WORK_DIR.
        on_lost: called when a worker was killed or died, with the reason and the names that are gone.
    """

    def __init__(
        self,
        *,
        allowed_imports: Sequence[str] | None = None,
        limits: BlockLimits | None = None,
        clock: Clock | None = None,
        globals: Mapping[str, Any] | None = None,
        on_lost: Lost | None = None,
    ) -> None:
        self.allowed_imports: tuple[str, ...] = tuple(
            DEFAULT_IMPORTS if allowed_imports is None else allowed_imports
        )
        self._limits = limits or BlockLimits()
        self._clock: Clock = clock or SystemClock()
        self._on_lost = on_lost
        self._setup: dict[str, Any] = {
            "allowed": list(self.allowed_imports),
            "constants": encode(dict(globals or {})),
            "output_limit": self._limits.characters,
            "memory": self._limits.memory,
        }
        self._kept = KeptNames()
        self._pool = Pool(
            setup=lambda: pack(self._setup | {"host": os.getpid()}),
            restore=self._kept.frame,
            on_reply=self._on_reply,
            on_death=self._on_death,
        )
        self._served = ToolCalls(self._clock)
        self._block: Block | None = None
        self._number = 0
        self._sources: dict[int, str] = {}
        self._isolation = NOT_STARTED

    # -- the port --------------------------------------------------------------------------------------------------

    @property
    def isolation(self) -> Isolation:
        """How blocks are kept apart, as the worker reported after closing its jail."""
        return self._isolation

    async def start(self) -> None:
        """Start the worker and its spare now rather than with the first block.

        Raises:
            SandboxError: no worker can be started.
        """
        await self._ready(None)

    async def run(self, code: str, *, names: Sequence[str], call: HostCall) -> ExecutionResult:
        """Execute one block with these tool names as globals. Never raises for what the block does.

        Raises:
            UsageError: another block is running.
            SandboxError: no worker can be started, or the executor is closed.
        """
        if self._block is not None:
            raise UsageError("One control block at a time.")
        block = self._block = self._new_block(code, names, call)
        watch: asyncio.Task[None] | None = None
        try:
            process = await self._ready(block.outcome)
            if process is not None and not block.outcome.done():
                self._begin(process, block, code)
                watch = asyncio.create_task(self._watch(block))
            # Shielded, or cancelling this task would settle the block before `_stop` could end what runs.
            ending = await asyncio.shield(block.outcome)
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
            raise UsageError("A control block is running.")
        self._kept.clear()
        self._sources.clear()
        if self._pool.process is not None:
            self._pool.adopt_loop()
            self._pool.retire()

    async def rest(self) -> bool:
        """Give the worker and its spare back until a block needs one; that finds the names of earlier blocks.

        The worker stays if it holds a name that could not be put back, a function for example.

        Returns:
            Whether no worker is left.

        Raises:
            UsageError: a block is running.
        """
        if self._block is not None:
            raise UsageError("A control block is running.")
        return await self._pool.rest(wholly=self._kept.whole)

    def keep_spare(self, wanted: bool) -> None:
        """Whether a spare is kept behind the worker from now on, so that a block need not wait after one was killed."""
        self._pool.keep_spare(wanted)

    async def close(self) -> None:
        """End the worker and its spare, and wait until they are gone."""
        if self._block is not None:
            self._stop(self._block, "aborted", "closing")
        await self._pool.close()
        await self._served.ended()

    # -- one block -------------------------------------------------------------------------------------------------

    async def _ready(self, settled: asyncio.Future[Ending] | None) -> WorkerProcess | None:
        hello = await self._pool.ready(settled)
        if hello is not None:
            self._isolation = isolation_of(hello.layers, hello.notes)
        return self._pool.process

    def _new_block(self, code: str, names: Sequence[str], call: HostCall) -> Block:
        self._number += 1
        self._sources[self._number] = code
        self._sources.pop(self._number - _SOURCES, None)
        return Block(
            number=self._number,
            names=frozenset(names),
            call=call,
            outcome=asyncio.get_running_loop().create_future(),
            started=self._clock.monotonic(),
            sources=self._sources,
        )

    def _begin(self, process: WorkerProcess, block: Block, code: str) -> None:
        try:
            frame = pack({"t": "run", "n": block.number, "code": code, "names": sorted(block.names)})
        except FrameError as error:
            block.settle(Ending("syntax", f"SyntaxError: the block is too long: {error}"))
            return
        block.started = self._clock.monotonic()
        process.send(frame)

    def _result(self, block: Block, ending: Ending) -> ExecutionResult:
        return ExecutionResult(
            ok=not ending.kind,
            printed="".join(block.printed).encode("utf-8", "replace").decode("utf-8"),
            error=ending.error,
            kind=ending.kind,
            lost=self._kept.tell(),
            seconds=self._clock.monotonic() - block.started,
        )

    async def _watch(self, block: Block) -> None:
        """End the block when it has computed for too long. Tool calls do not count."""
        while (left := self._limits.seconds - (self._clock.monotonic() - block.started - block.waited)) > 0:
            await self._clock.sleep(left)
            while block.task is not None:
                await asyncio.wait({block.task})
        process = self._pool.process
        if process is None or block.outcome.done():
            return
        block.expired = True
        process.mute()
        self._stop(block, "timeout", await where_it_hangs(process, block))

    def _stop(self, block: Block, kind: Literal["timeout", "aborted"], said: str) -> None:
        """Kill the worker under a running block and settle the block."""
        if block.outcome.done():
            return
        lost: tuple[str, ...] = ()
        if self._pool.process is not None:
            self._pool.retire()
            lost = self._lose("time limit" if kind == "timeout" else said)
        report = block.report(lost)
        block.settle(
            Ending(
                kind,
                report.timeout(self._limits.seconds, said) if kind == "timeout" else report.aborted(said),
            )
        )

    def _lose(self, reason: str) -> tuple[str, ...]:
        """The active worker is gone: note what went with it."""
        lost = self._kept.lose()
        if self._on_lost is not None:
            self._on_lost(reason, lost)
        return lost

    # -- what the worker says --------------------------------------------------------------------------------------

    def _on_reply(self, reply: Printed | Called | Done) -> None:
        block = self._block
        if block is None or block.outcome.done():
            raise FrameError("it sent something while no block was running")
        if block.task is not None:
            raise FrameError("it sent something while it had to wait for a tool")
        match reply:
            case Printed(text=text):
                block.size += len(text)
                if block.size > self._limits.characters:
                    raise FrameError("it printed more than it may")
                block.printed.append(text)
            case Called():
                self._answer(block, reply)
            case Done():
                self._finish(block, reply)

    def _finish(self, block: Block, done: Done) -> None:
        if done.number != block.number:
            raise FrameError("it ended a block that is not running")
        self._kept.note(done)
        block.settle(Ending(done.kind, block.report(self._kept.untold).of(done, self._limits.characters)))

    def _answer(self, block: Block, called: Called) -> None:
        process = self._pool.process
        if process is None or called.name not in block.names:
            raise FrameError("it called a tool that does not exist")
        self._served.answer(process, block, called)

    def _on_death(self, death: Death) -> None:
        """The worker died unexpectedly."""
        lost = self._lose(death.broken or f"it ended with status {death.status}")
        block = self._block
        if block is None:
            return
        report = block.report(lost)
        if block.expired:
            block.settle(Ending("timeout", report.timeout(self._limits.seconds, death.words)))
        else:
            block.settle(Ending("crashed", report.crashed(death.status, death.words, death.broken)))
