"""The control block that is running, as the executor knows it."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextvars import Context, copy_context
from dataclasses import field
from typing import TYPE_CHECKING, Final, Literal

from codepilot.ports import HostCall
from codepilot.sandbox.report import CallList, Report
from codepilot.values import dataclass

if TYPE_CHECKING:
    from codepilot.sandbox.process import WorkerProcess

_WHERE_QUIET: Final = 0.02
"""Seconds of silence after which a hanging worker has said all of where it is."""
_WHERE_MOST: Final = 0.5
"""Seconds that it has for it: the machine may be busy."""

Kind = Literal["", "syntax", "lint", "exception", "timeout", "aborted", "crashed", "output_limit"]


@dataclass(frozen=True, slots=True, kw_only=True)
class BlockLimits:
    """What a control block may use."""

    seconds: float = 60.0
    """Of computing; time in tool calls does not count."""
    characters: int = 200_000
    """Printed."""
    memory: int = 512 * 1024 * 1024
    """Bytes of address space of the worker."""


@dataclass(frozen=True, slots=True)
class Ending:
    """How it ended; `kind` is empty where all went well."""

    kind: Kind
    error: str = ""


@dataclass(slots=True, eq=False)
class Block:
    """One block, from its start to its end."""

    number: int
    names: frozenset[str]
    call: HostCall
    outcome: asyncio.Future[Ending]
    started: float
    sources: dict[int, str]
    printed: list[str] = field(default_factory=list)
    size: int = 0
    calls: CallList = field(default_factory=CallList)
    context: Context = field(default_factory=copy_context)
    """The context variables of the task: a call comes in on the worker's socket, where there are those of its start."""
    task: asyncio.Task[None] | None = None
    """The tool call that is outstanding."""
    waited: float = 0.0
    """Seconds spent in tool calls that ended."""
    expired: bool = False

    def report(self, lost: Sequence[str] = ()) -> Report:
        """Tells how it ended; `lost` are the names that went with the worker."""
        return Report(self.number, self.sources, self.calls, lost, self.names)

    def settle(self, ending: Ending) -> None:
        """It has ended; only the first end counts. The outstanding tool call is cancelled."""
        if self.task is not None:
            self.task.cancel()
        if not self.outcome.done():
            self.outcome.set_result(ending)


async def where_it_hangs(process: WorkerProcess, block: Block) -> str:
    """At which line a hanging worker says it is, as far as it says so in time and the block is not over meanwhile."""
    process.words()
    process.ask_where()
    loop = asyncio.get_running_loop()
    said, until = "", loop.time() + _WHERE_MOST
    while loop.time() < until:
        await asyncio.sleep(_WHERE_QUIET)
        if block.outcome.done():  # the worker may be gone, and what it wrote with it
            break
        more = process.words()
        if said and not more:
            break
        said += more
    return said
