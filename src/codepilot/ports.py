"""The contracts between the loop and everything around it, on one page. Adapters know these, not each other."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from typing import Any, Protocol, runtime_checkable

from codepilot.decision import Decision, PermissionRequest, PlannedEdit
from codepilot.events import Effect, Event
from codepilot.messages import (
    ExecutionResult,
    Isolation,
    KeptFile,
    ModelEvent,
    ModelRequest,
    ToolDescription,
    keep_nothing,
)
from codepilot.values import dataclass

EventSink = Callable[[Event], None]
"""Takes a fact. Quick, never blocks, never raises; may be called from the loop's thread only."""


class Clock(Protocol):
    """Time, so that tests can move it."""

    def time(self) -> float:
        """Seconds since 1970, as the system tells them."""
        ...

    def monotonic(self) -> float:
        """Seconds on a clock that only goes on."""
        ...

    async def sleep(self, seconds: float) -> None:
        """Return after so many seconds."""
        ...

    def timeout(self, seconds: float) -> AbstractAsyncContextManager[asyncio.Timeout]:
        """End what runs inside with `TimeoutError` after so many seconds."""
        ...


@runtime_checkable
class Provider(Protocol):
    """A model. `name` is the provider's, `model` the model's name on the wire."""

    name: str
    model: str

    def stream(self, request: ModelRequest) -> AsyncIterator[ModelEvent]:
        """The reply in pieces; the last one is `ReplyEnd`.

        Raises:
            ProviderError: the service failed, or the stream ended without a finish reason (fault `cut`).
        """
        ...

    async def close(self) -> None:
        """Let go of sockets. Closing a running `stream()` generator stops the reply at once."""
        ...


class Approver(Protocol):
    """Who can say yes, and answer questions."""

    async def decide(self, request: PermissionRequest) -> Decision:
        """Wait for an answer; no answer is a denial, never a yes."""
        ...

    async def answer(self, question: str) -> str | None:
        """The person's words, or None when nobody can be asked."""
        ...


class Begin(Protocol):
    """Says that a call begins to do what it was permitted to do."""

    async def __call__(
        self,
        effect: Effect,
        *,
        command: str = "",
        terminal: str = "",
        host: str = "",
        path: str = "",
        before: str | None = None,
        after: str | None = None,
    ) -> None:
        """Return when it is durable that this may have happened. Fields as in `EffectStarted`."""
        ...


async def kept_by_nobody(
    effect: Effect,
    *,
    command: str = "",
    terminal: str = "",
    host: str = "",
    path: str = "",
    before: str | None = None,
    after: str | None = None,
) -> None:
    """For calls of which nothing is recorded."""


Keep = Callable[[str, bytes | None, bytes], Awaitable[KeptFile]]
"""Keeps the bytes of a file: its path as in `FileChanged`, what it holds (None: nothing), what it will."""


@dataclass(frozen=True, slots=True)
class CallContext:
    """What a tool is given beside its arguments."""

    call_id: str
    emit: EventSink
    permit: Callable[[PermissionRequest], Awaitable[Decision]]
    """Policy first, then the approver; emits PermissionAsked/Answered itself."""
    take_payload: Callable[[str], str | None]
    """The next unused payload bound to this path (normalised), or None."""
    payload_paths: Callable[[], Sequence[str]]
    """Paths of the payloads that no call has taken yet."""
    append: Callable[[str], None]
    """Adds text to what the model reads after the step (built-in results are added by the caller)."""
    ask: Callable[[str], Awaitable[str | None]]
    """Puts a question to the person."""
    begin: Begin = kept_by_nobody
    """Awaited between the permission and the act; never for what only reads."""
    keep: Keep = keep_nothing
    """Awaited before `begin` by a call that writes a file."""
    stopped: Callable[[str, str], None] = lambda text, reason: None
    """Called by a tool that is being cancelled, if it knows what became of its work: the result for the model in place
    of the one that it can no longer give, and a sentence for the person."""


TakePayload = Callable[[str], str | None]
"""The next unused payload bound to this path (normalised), or None."""


class StepPreview(Protocol):
    """What a control block is going to write, as far as its text says."""

    def begin(self, code: str) -> None:
        """A block begins."""
        ...

    def called(self, name: str, args: Sequence[Any], kwargs: Mapping[str, Any]) -> None:
        """A call begins that writes a file."""
        ...

    async def edits(self, take: TakePayload) -> Sequence[PlannedEdit]:
        """The change of the call that was begun last and those that follow it, in the order of writing.

        Args:
            take: gives the payloads that were left before that call, without using them up.
        """
        ...


class Permit(Protocol):
    """Policy first, then the approver."""

    def __call__(
        self, request: PermissionRequest, ahead: Callable[[], Awaitable[Sequence[PlannedEdit]]] | None = None
    ) -> Awaitable[Decision]:
        """Decide on one request.

        Args:
            request: what waits for a yes.
            ahead: gives `PermissionRequest.step`; called only if somebody has to be asked.
        """
        ...


class Toolset(Protocol):
    """The tools that a control block may call."""

    def names(self) -> tuple[str, ...]:
        """All names, built-in first, in the order of the prompt."""
        ...

    def describe(self) -> Sequence[ToolDescription]:
        """For the prompt."""
        ...

    async def call(
        self, name: str, args: Sequence[Any], kwargs: Mapping[str, Any], context: CallContext
    ) -> Any:
        """Run one call. Emits ToolStarted and ToolFinished; tool errors come back as text.

        Raises:
            KeyError: no such tool.
            TypeError: the arguments do not fit the signature (the block gets it as its own TypeError).
        """
        ...

    def begin_step(self) -> None:
        """A new reply is about to run: forget what held for the last one (per-step guards)."""
        ...


HostCall = Callable[[str, Sequence[Any], Mapping[str, Any]], Awaitable[Any]]
"""Serves one tool call of the worker: name, args, kwargs. An exception is raised again inside the block."""


class Executor(Protocol):
    """Runs control blocks, away from the host."""

    @property
    def isolation(self) -> Isolation:
        """How, as probed at start."""
        ...

    async def run(self, code: str, *, names: Sequence[str], call: HostCall) -> ExecutionResult:
        """Execute one block with these tool names as globals. Never raises for what the block does.

        One block at a time. Cancelling the task that awaits this kills the worker at once.
        """
        ...

    async def kill(self, reason: str) -> None:
        """Stop a running block within 100 ms; `run` returns with kind `aborted`."""
        ...

    async def reset(self) -> None:
        """Forget all names of earlier blocks."""
        ...

    async def close(self) -> None:
        """End the worker and its spare."""
        ...


class SessionLog(Protocol):
    """What is recorded of a session. A record is there when `append` returns, and durable after a barrier."""

    def append(self, type: str, data: dict[str, Any]) -> int:
        """Add a record; returns its number, from 1. From any thread.

        Raises:
            SessionError: the log cannot be opened, or is closed. A full disk raises nothing: see `trouble`.
        """
        ...

    async def barrier(self) -> None:
        """Return when all that was appended is durable, or cannot be made so."""
        ...

    def lines(self) -> Iterable[bytes]:
        """The records as lines, oldest first."""
        ...

    @property
    def trouble(self) -> str:
        """Why what is appended is only in memory; empty: it is not."""
        ...


class SessionStore(Protocol):
    """Where a conversation is kept. Messages are dicts with `role` and `content`."""

    session_id: str

    def load(self) -> list[dict[str, Any]]:
        """The messages that are kept; none for a new conversation."""
        ...

    def save(self, messages: list[dict[str, Any]]) -> None:
        """Keep these in place of what was kept."""
        ...

    def reset(self) -> None:
        """Keep nothing any more."""
        ...
