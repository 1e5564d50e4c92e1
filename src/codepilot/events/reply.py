"""What comes from the model, as it comes."""

from __future__ import annotations

from typing import Literal

from codepilot.values import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class TextStreamed:
    """Prose of the reply, as it comes. Never holds a fence of a control, payload or completion block."""

    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ThinkingStreamed:
    """Thinking of the model, as it comes."""

    text: str


BlockKind = Literal["control", "payload", "completion"]


@dataclass(frozen=True, slots=True, kw_only=True)
class BlockOpened:
    """The model began a block."""

    kind: BlockKind
    path: str = ""
    """Of a payload: its `filename=`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BlockStreamed:
    """More of the open block, as it comes."""

    kind: BlockKind
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class BlockClosed:
    """The block's closing fence came."""

    kind: BlockKind
    text: str
    path: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplyPart:
    """A longer piece of the reply as the model wrote it, fences included; every half second or 2,000 characters.

    For what keeps the words of a reply that may never be finished; the text is void once its MessageStored came.
    """

    text: str
    thinking: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplyFinished:
    """The reply is over: whole and stored, or cut and void."""

    text: str
    reason: str
    """stop, length, refusal or cut."""
    input_tokens: int = 0
    output_tokens: int = 0
    cached_tokens: int = 0
    context_window: int = 0
    """Of the model; 0 where unknown."""
    cost: float | None = None
    """Of the session so far, in dollars; None where no price is known."""
    cache_write_tokens: int = 0
    """Written to the service's cache, as a part of `input_tokens`; those that were read from it are `cached_tokens`."""
    step_cost: float | None = None
    """Of this reply alone."""
    task_cost: float | None = None
    """Of the task so far."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ProviderRetried:
    """The model's service failed; a new try follows after `wait` seconds. Words of the failed reply are void."""

    attempt: int
    attempts: int
    wait: float
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ProviderSilent:
    """No word has come from the model for a while; it is still waited for. Told once in each silence."""

    seconds: float
    """So long by now. Whoever shows it counts on by itself until the next event of the reply."""
    begun: bool
    """The reply has begun; else not one word of it has come."""
