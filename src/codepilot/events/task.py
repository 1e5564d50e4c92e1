"""A task from its start to its end, and what goes wrong in it."""

from __future__ import annotations

from typing import Literal

from codepilot.values import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskStarted:
    """`run()` was called."""

    task: str
    number: int
    """Counts from 1 in a session."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskResumed:
    """A task goes on in which an earlier program ended."""

    number: int
    step: int
    """In which it was cut; 0: before the first."""
    where: str
    """In words: `in step 3, in execute make`."""
    then: str = ""
    """What became of what was open, in sentences; empty: nothing was."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StepStarted:
    """A step begins: one model reply and what it does."""

    step: int
    max_steps: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SecurityRefused:
    """The lint refused a control block; nothing of it ran."""

    error: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RuntimeFailed:
    """Something went wrong that the person should know."""

    error: str
    source: Literal[
        "provider",
        "protocol",
        "control",
        "worker",
        "terminal",
        "session",
        "hook",
        "tool",
        "context",
        "budget",
    ]
    """The model's service, the form of a reply, the code of a block, the process that runs the blocks, a terminal,
    the session's store, a handler, a tool, the conversation became too long for the model, or what it costs cannot be
    limited."""
    hint: str = ""
    """What to do next."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ObservationMade:
    """What the model reads back after a step."""

    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkerLost:
    """The worker was killed or died; a spare took over."""

    reason: str
    lost: tuple[str, ...] = ()


STANDING_BY = "Agent replied. Standing by for next task."
"""The summary of a task that the agent answered without acting, as codepilot-ai words it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskFinished:
    """`run()` is about to return."""

    status: Literal["done", "replied", "max_steps", "max_cost", "aborted", "failed", "needs_person"]
    summary: str = ""
    """The completion's text, or a standard line."""
    steps: int = 0
    seconds: float = 0.0
    input_tokens: int = 0
    """Of all requests of the task, as in ReplyFinished."""
    output_tokens: int = 0
    cached_tokens: int = 0
    cache_write_tokens: int = 0
    cost: float | None = None
    """Of the task, in dollars; None where no price is known."""
    session_cost: float | None = None
    """Of the session so far."""
    prices_of: str = ""
    """The day of the prices, as YYYY-MM-DD; empty where none is known."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BudgetAsked:
    """The person is being asked whether the task goes on; BudgetReached says what came of it, if anybody was there."""

    question: str


@dataclass(frozen=True, slots=True, kw_only=True)
class BudgetReached:
    """Four fifths of a limit are used, or all of it; the person was asked, if there is one."""

    kind: Literal["cost", "steps"]
    used: float
    """Dollars of the session, or steps of the task."""
    limit: float
    """In force from now on."""
    go_on: bool
    """Else the task ends here."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionCleared:
    """`reset()` was called: the conversation is empty."""
