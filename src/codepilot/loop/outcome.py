"""What the loop is told, where a task stands, and how it ends."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import field
from typing import Literal

from codepilot import protocol
from codepilot.context.budget import Window
from codepilot.messages import Usage
from codepilot.protocol import PayloadBlock, Reply
from codepilot.values import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class LoopSettings:
    """What the agent file says about the loop."""

    system: Callable[[], str]
    """The system prompt; asked for once a task, so that new tools are seen."""
    max_steps: int = 20
    max_tokens: int = 4096
    temperature: float | None = None
    thinking_budget: int | None = None
    context_window: int = 0
    window: Window = Window()
    """How much of the conversation is sent."""
    summary_tokens: int = 0
    """Of the model's own words in a summary."""
    cost: Callable[[Usage], float | None] = lambda usage: None
    """Dollars for a usage, where prices are known."""
    prices_of: str = ""
    """The day of the prices."""
    max_cost: float | None = None
    """Dollars that the session may cost; None: any number."""
    ask_steps: bool = False
    """The limit of steps was given for this run: the person is asked when most of them are used."""
    spool: Callable[[str], str] | None = None
    """Keeps a long text in a file; returns its path."""
    limits: protocol.Limits = protocol.LIMITS
    """How much of a step's output the model reads."""
    work_dir: str = ""

    @property
    def max_reply(self) -> int:
        """Characters of a reply. What is longer has lost its way, whatever the service was told."""
        return max(200_000, 16 * self.max_tokens)


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a task ended."""

    status: Literal["done", "replied", "max_steps", "max_cost", "aborted", "failed", "needs_person"]
    summary: str | None = None
    """The completion's text; None for every other end."""
    reply: str = ""
    """What the model said to the person, for `replied`; also where it meant to act and could not, and for `done` where
    its answer was first taken for an act."""
    steps: int = 0
    error: str = ""
    """What went wrong, for `failed`."""
    error_source: str = ""
    """Where: `provider` (the model's service), `protocol` (the model keeps to a form that does not run), `worker` (the
    process that runs the blocks), `session` (another program has gone on
    with it), `context` (it is too long for the model); empty where `run()` raised."""
    hint: str = ""
    """What to do next, for `failed`."""
    usage: Usage = field(default_factory=Usage)
    """Of the whole session so far."""
    cost: float | None = None
    """Dollars of the whole session so far; None: no price is known."""


@dataclass(slots=True)
class Progress:
    """Where one task stands."""

    max_steps: int
    step: int = 0
    reminders: int = 0
    again: int = 0
    """Corrections in a row for replies that had no clear meaning."""
    continuations: int = 0
    endless: int = 0
    """Replies that were stopped because they did not end."""
    said: list[str] = field(default_factory=list)
    """An answer that goes on after the output limit, as far as it has come."""
    refused: Reply | None = None
    """The last reply that was taken for an act in a form that does not run; it may have been an answer."""
    held: tuple[PayloadBlock, ...] = ()
    reading: bool = False
    executing: bool = False
    unanswered: bool = False
    """A question of it found nobody."""
    permitted: bool = False
    """Something of it that needs a permission had one."""
    usage: Usage = field(default_factory=Usage)
    """Of the whole session so far."""
