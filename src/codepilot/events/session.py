"""The session: what the conversation holds, and which program has it open."""

from __future__ import annotations

from typing import Any, Literal

from codepilot.values import dataclass

MessageKind = Literal["task", "person", "reply", "observation", "summary"]
"""What a message is: a task, words of the person sent meanwhile, a reply of the model, what the model is told, or what
stands for earlier messages from then on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageStored:
    """The conversation has one message more: exactly what the model reads, or wrote."""

    role: Literal["user", "assistant"]
    text: str
    kind: MessageKind
    number: int = 0
    """Of the task, for its words."""
    message_id: str = ""
    """Of the person's words, as in MessageQueued."""
    reason: str = ""
    """Why a reply ended, as in ReplyFinished; `stopped` where we ended it because it went on and on, `cut` where the
    person stopped it or the service broke off."""
    reasoning: dict[str, Any] | None = None
    """Of a reply, to be sent back to the same model only."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FileChangesTold:
    """The agent was told that files it knows were changed by something else than its own edits."""

    files: tuple[str, ...]
    """Relative to the work folder where they are inside."""
    text: str
    """What the model reads."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ContextPruned:
    """Old results are left out of what the model sees, to save room."""

    messages: tuple[int, ...]
    """Their numbers, from 1."""
    forms: tuple[str, ...] = ()
    """How each stands from now on, as in `codepilot.context.shorter.Form`."""
    tokens_before: int
    """Of a request, estimated."""
    tokens_after: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ContextCut:
    """A summary stands for the beginning of the conversation from now on."""

    upto: int
    """For so many messages."""
    tokens_before: int
    """Of a request, estimated."""
    tokens_after: int
    input_tokens: int = 0
    """Of the request for the model's own words in the summary, as in ReplyFinished; 0: it was not asked."""
    output_tokens: int = 0
    cached_tokens: int = 0
    cache_write_tokens: int = 0
    cost: float | None = None
    """Of the session so far, in dollars, that request included; None where no price is known."""
    task_cost: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ContextCompacted:
    """The conversation was made shorter for the model because the person, or a program, asked for it."""

    tokens_before: int
    """Of the messages, estimated."""
    tokens_after: int
    """The same, if there was nothing to make shorter."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionOpened:
    """A program works on the session from now on."""

    session_id: str
    program: str
    """Its name."""
    pid: int
    model: str
    mode: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionClosed:
    """The program let go of the session, in good order."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionTrouble:
    """The session cannot be written, or can again. What is said and done meanwhile waits in memory, in its order."""

    why: str
    """Empty: it is written again, with all that waited."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rewound:
    """The conversation goes on from an earlier place, as if nothing had been said after it."""

    to: int
    """The record of the journal behind which it goes on."""
    to_offset: int
    """Bytes of the journal up to the end of that record."""
    left: int
    """The last record of what was left: going back to it takes this back."""
    restore: int = 0
    """The record of the restore that brought the files back with it; 0: there was none."""
    words: str = ""
    """Of the prompt that was left first; empty: an earlier rewind was taken back."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TitleChanged:
    """The session has a name that a person or a program gave it."""

    title: str
