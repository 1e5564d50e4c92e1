"""What a provider is told and what it answers, free of any vendor's shapes."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import field
from typing import Any, Literal

from codepilot.values import dataclass

OnExit = Literal["ask", "detach", "end"]
"""What becomes of the terminals when their program is gone: ask the person, let them go on, end them."""


PersonCommands = Literal["offer", "send", "ignore"]
"""What becomes of commands that the person runs in a terminal that nobody holds: offer them to be told to the agent,
tell them at once, or leave them alone. What is run between taking a terminal and handing it back is always told."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Usage:
    """Tokens of one reply. `input_tokens` counts all of the prompt, the cached part included."""

    input_tokens: int = 0
    output_tokens: int = 0
    cache_read: int = 0
    cache_write: int = 0

    def __add__(self, other: Usage) -> Usage:
        return Usage(
            input_tokens=self.input_tokens + other.input_tokens,
            output_tokens=self.output_tokens + other.output_tokens,
            cache_read=self.cache_read + other.cache_read,
            cache_write=self.cache_write + other.cache_write,
        )

    def __sub__(self, other: Usage) -> Usage:
        return Usage(
            input_tokens=self.input_tokens - other.input_tokens,
            output_tokens=self.output_tokens - other.output_tokens,
            cache_read=self.cache_read - other.cache_read,
            cache_write=self.cache_write - other.cache_write,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Reasoning:
    """Opaque reasoning of a model, to be sent back only to the same provider, model and wire."""

    provider: str
    model: str
    wire: str
    blocks: tuple[dict[str, Any], ...]


@dataclass(frozen=True, slots=True)
class ModelMessage:
    """One turn of the conversation."""

    role: Literal["user", "assistant"]
    text: str
    reasoning: Reasoning | None = None
    lasting: bool = False
    """Many requests begin the same up to here: worth a mark where the service's cache wants one."""


def merged(messages: Iterable[ModelMessage]) -> list[ModelMessage]:
    """The messages with neighbours of one role joined, because some services insist on turns.

    Of two reasonings the later one stays: after a change of the model it is the one that can be sent back.
    """
    turns: list[ModelMessage] = []
    for message in messages:
        if turns and turns[-1].role == message.role:
            last = turns.pop()
            text = f"{last.text}\n\n{message.text}"
            reasoning = message.reasoning or last.reasoning
            turns.append(ModelMessage(last.role, text, reasoning, message.lasting or last.lasting))
        else:
            turns.append(message)
    return turns


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelRequest:
    """One question to the model."""

    system: str
    """Byte-stable for the whole session, so that it can be cached."""
    messages: tuple[ModelMessage, ...]
    max_tokens: int
    temperature: float | None = None
    """None: not sent. Only a value that the agent file names is sent."""
    thinking_budget: int | None = None
    """Tokens of thinking; None: off."""


@dataclass(frozen=True, slots=True)
class TextDelta:
    """A piece of the reply's text."""

    text: str


@dataclass(frozen=True, slots=True)
class ReasoningDelta:
    """A piece of the model's thinking, for the eye only."""

    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Retrying:
    """The service failed and will be asked again; what was given out of the reply so far is void."""

    attempt: int
    """The number of the try to come, from 2."""
    attempts: int
    """How many tries there are at most."""
    wait: float
    """Seconds until then."""
    reason: str


FinishReason = Literal["stop", "length", "refusal"]


@dataclass(frozen=True, slots=True)
class NativeCall:
    """A function call in the service's own form, apart from the text. It never runs: none was offered."""

    name: str
    """Empty where the service only said that there is one."""
    arguments: str
    """JSON, as it came."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplyEnd:
    """The service closed the reply properly. A stream that ends without one is a `ProviderError` (fault cut)."""

    reason: FinishReason
    usage: Usage | None = None
    reasoning: Reasoning | None = None
    calls: tuple[NativeCall, ...] = ()


ModelEvent = TextDelta | ReasoningDelta | Retrying | ReplyEnd


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolDescription:
    """A tool as the prompt shows it."""

    name: str
    signature: str
    """``read_file(path, start_line=1, end_line=None) -> str``"""
    text: str
    """For the model: what it is for, its arguments, its result."""
    builtin: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class ExecutionResult:
    """What came of one control block."""

    ok: bool
    printed: str = ""
    """What the block printed, within the cap."""
    error: str = ""
    """For the model: exception, line of the block, whether statements before it ran."""
    kind: Literal["", "syntax", "lint", "exception", "timeout", "aborted", "crashed", "output_limit"] = ""
    lost: tuple[str, ...] = ()
    """Names that a killed worker took along (functions, open objects); plain values were put back."""
    seconds: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Isolation:
    """How control blocks are kept apart from the host, as probed at start."""

    level: Literal["bwrap", "landlock", "seccomp", "process"]
    """`process` means: an own process with resource limits, but *not isolated*."""
    detail: str = ""
    """One line for `/doctor` and the log."""
    layers: tuple[str, ...] = field(default=())
    """What is in force, e.g. ("rlimits", "landlock 7", "seccomp")."""

    @property
    def isolated(self) -> bool:
        """The block cannot reach files, processes or the network."""
        return self.level in ("bwrap", "landlock")


@dataclass(frozen=True, slots=True)
class KeptFile:
    """What is kept of a file that is about to be written, so that the change can be undone; as in `FileChanged`."""

    before: str | None = ""
    after: str | None = ""
    folders: int = 0


async def keep_nothing(path: str, before: bytes | None, after: bytes) -> KeptFile:
    """For sessions in which nothing can be undone."""
    del path, before, after
    return KeptFile()
