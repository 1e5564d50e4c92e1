"""What a loop is connected with, by what it is for."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import field

from codepilot.context.extract import Known
from codepilot.journal.unfinished import OpenCall
from codepilot.loop.checkpoints import Checkpoints, NoCheckpoints
from codepilot.loop.deciding import Verdict, known_of_none
from codepilot.loop.extracted import nothing_known
from codepilot.loop.numbers import Numbers
from codepilot.loop.spending import Spending
from codepilot.ports import (
    Approver,
    Clock,
    EventSink,
    Executor,
    Permit,
    Provider,
    StepPreview,
    Toolset,
)
from codepilot.values import dataclass


async def kept_nowhere() -> None:
    """For a loop whose events nobody keeps."""


def anywhere(text: str, end: int) -> int:
    """For a loop that knows no secrets: a text may be cut wherever one likes."""
    del text
    return end


@dataclass(frozen=True, slots=True)
class Outlet:
    """Where events go."""

    emit: EventSink
    """Takes every event."""
    settled: Callable[[], Awaitable[None]]
    """Awaited where handlers must have caught up, so that slow ones slow the agent instead of piling up."""
    durable: Callable[[], Awaitable[None]] = kept_nowhere
    """Awaited where what was emitted so far must not be lost, also if the power fails.

    Raises `SessionError` where nothing may follow from it: another program has gone on with the session.
    """
    stepped: Callable[[], Awaitable[None]] = kept_nowhere
    """Awaited after each step. Raises as `durable`."""
    cut: Callable[[str, int], int] = anywhere
    """Gives the place, at most the one it is given, at which a text may be cut: see `SecretBook.cut`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BlockPorts:
    """What control blocks act through."""

    executor: Executor
    """Runs their code."""
    toolset: Toolset
    """What they may call."""
    approver: Approver
    """Who answers `ask_user`."""
    permit: Permit
    """Judges a permission request: policy first, then the approver."""
    preview: StepPreview | None = None
    """Tells what else a step is going to write when one write is asked about; None: nothing is told."""
    numbers: Numbers = field(default_factory=Numbers)
    """Of calls and questions. Loops that follow each other share them: no number is given twice."""
    checkpoints: Callable[[], Checkpoints] = NoCheckpoints
    """Gives what keeps the changes that calls make."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LoopPorts:
    """What a loop works with."""

    provider: Provider
    """The model."""
    block: BlockPorts
    outlet: Outlet
    clock: Clock
    look: Callable[[str], str | None] = lambda path: None
    """Gives the text of a file of the work folder as it is now."""
    known: Callable[[], Awaitable[Mapping[str, Known]]] = nothing_known
    """Gives what is known of files beside the messages, for a summary."""
    recover: Callable[[OpenCall, bool], Awaitable[Verdict | None]] = known_of_none
    """Asks those who may know what became of a call in which an earlier program ended; the person only if told so."""
    spending: Spending = field(default_factory=Spending)
    """What was spent so far. Loops that follow each other share it."""
    news: Callable[[], Awaitable[str]] | None = None
    """Gives what happened outside since it was asked last, as the model is to read it; asked before each step."""
