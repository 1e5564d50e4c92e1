"""The facts of a run, in order: the one stream that screens, logs, journals and hooks read.

Each event is past tense, immutable and plain data. `Stamped` adds the sequence number and the time. The public
`EventType` of `hooks` is a projection of these.

Order within a task: TaskStarted, then per step StepStarted, (MessageInjected)*, PersonCommandsTold?,
(ProviderRetried)*, (TextStreamed | ThinkingStreamed | BlockOpened | BlockStreamed | BlockClosed)*, ReplyFinished,
(ProviderRetried, …, ReplyFinished: again where the stream broke, and the one before says `cut`)*,
(ControlStarted, (ToolStarted … ToolFinished | Thought)*, ControlFinished)?, ObservationMade?; at the end one
TaskFinished. ProviderSilent may stand anywhere before ReplyFinished.
Between ToolStarted and ToolFinished of a call stand its PermissionAsked/PermissionAnswered, QuestionAsked/
QuestionAnswered and FileChanged.
"""

from __future__ import annotations

import dataclasses
import re
from dataclasses import field
from typing import Any, Literal

from codepilot.decision import RequestKind
from codepilot.values import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskStarted:
    """`run()` was called."""

    task: str
    number: int
    """Counts from 1 in a session."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StepStarted:
    """A step begins: one model reply and what it does."""

    step: int
    max_steps: int


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


@dataclass(frozen=True, slots=True, kw_only=True)
class ControlStarted:
    """The worker was given the control block."""

    code: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ControlFinished:
    """The control block ended."""

    ok: bool
    kind: str = ""
    """Why not, as in `ExecutionResult.kind`."""
    error: str = ""
    printed: str = ""
    seconds: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Thought:
    """The model called `think()`."""

    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolStarted:
    """A tool was called from the control block."""

    call_id: str
    tool: str
    args: dict[str, Any]
    """Every parameter by its name; JSON values, long ones shortened."""
    defaulted: tuple[str, ...] = ()
    """The parameters among them that the call left at their defaults."""
    label: str = ""
    """The main argument for a call line: a path, `main › pytest -q`, a pattern."""
    terminal: str = ""
    """The terminal in which it plays, if any."""
    builtin: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolFinished:
    """The call returned to the block."""

    call_id: str
    tool: str
    result: str
    """The text that the model gets."""
    state: Literal["ok", "error", "denied", "aborted", "running", "waiting"] = "ok"
    figure: str = ""
    """For the right edge of a call line: `1–40 of 96`, `exit 1`, `+3 −1`, `4 matches`."""
    seconds: float = 0.0
    """The call's own time: that in which a person was asked is not in it."""
    asked: float = 0.0
    """Seconds for which a permission or an answer was waited for."""
    builtin: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class PermissionAsked:
    """A person is being asked. The edit's texts are not repeated here (see `FileChanged`); the hook gets them."""

    request_id: str
    call_id: str
    tool: str
    description: str
    kind: RequestKind


@dataclass(frozen=True, slots=True, kw_only=True)
class PermissionAnswered:
    """The question was answered: by a person, a mode, a rule, or denied because nobody was there."""

    request_id: str
    call_id: str
    tool: str
    allow: bool
    reason: str = ""
    by: str = "person"


@dataclass(frozen=True, slots=True, kw_only=True)
class QuestionAsked:
    """The model called `ask_user()`."""

    question_id: str
    call_id: str
    question: str


@dataclass(frozen=True, slots=True, kw_only=True)
class QuestionAnswered:
    """The person's words, or None: nobody answered."""

    question_id: str
    call_id: str
    answer: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class FileChanged:
    """A tool wrote a file."""

    call_id: str
    path: str
    """Relative to the work folder where it is inside."""
    before: str | None
    """None: it did not exist. Texts over 256 KB are left out of both and `coarse` is set."""
    after: str
    added: int
    removed: int
    coarse: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class SecurityRefused:
    """The lint refused a control block; nothing of it ran."""

    error: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RuntimeFailed:
    """Something went wrong that the person should know."""

    error: str
    source: Literal["provider", "protocol", "control", "worker", "terminal", "session", "hook", "tool"]
    """The model's service, the form of a reply, the code of a block, the process that runs the blocks, a terminal,
    the session's store, a handler, a tool."""
    hint: str = ""
    """What to do next."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageQueued:
    """`send_message()` was called; the words wait for the next step."""

    message_id: str
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageInjected:
    """Queued words entered the model's context."""

    message_id: str
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageDropped:
    """Queued words were taken back before the model saw them."""

    message_id: str
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ObservationMade:
    """What the model reads back after a step."""

    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkerLost:
    """The worker was killed or died; a spare took over."""

    reason: str
    lost: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class TerminalOpened:
    """A terminal exists."""

    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TerminalClosed:
    """A terminal ended."""

    name: str
    exit_code: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TerminalsFound:
    """Terminals that an earlier program left in this folder go on here."""

    terminals: tuple[str, ...]
    running: tuple[str, ...] = ()
    """What runs in them, as `main runs make`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonCommandsOffered:
    """The person ran commands in a terminal that nobody held; the agent hears of them if the person wants it."""

    terminal: str
    count: int
    """So many are offered now; 0: none any more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonCommandsTold:
    """The agent was told what the person ran in terminals."""

    terminals: tuple[str, ...]
    commands: tuple[str, ...]
    text: str
    """What the model reads."""


STANDING_BY = "Agent replied. Standing by for next task."
"""The summary of a task that the agent answered without acting, as codepilot-ai words it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskFinished:
    """`run()` is about to return."""

    status: Literal["done", "replied", "max_steps", "aborted", "failed", "needs_person"]
    summary: str = ""
    """The completion's text, or a standard line."""
    steps: int = 0
    seconds: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionCleared:
    """`reset()` was called: the conversation is empty."""


Event = (
    TaskStarted
    | StepStarted
    | TextStreamed
    | ThinkingStreamed
    | BlockOpened
    | BlockStreamed
    | BlockClosed
    | ReplyFinished
    | ProviderRetried
    | ProviderSilent
    | ControlStarted
    | ControlFinished
    | Thought
    | ToolStarted
    | ToolFinished
    | PermissionAsked
    | PermissionAnswered
    | QuestionAsked
    | QuestionAnswered
    | FileChanged
    | SecurityRefused
    | RuntimeFailed
    | MessageQueued
    | MessageInjected
    | MessageDropped
    | ObservationMade
    | WorkerLost
    | TerminalOpened
    | TerminalClosed
    | TerminalsFound
    | PersonCommandsOffered
    | PersonCommandsTold
    | TaskFinished
    | SessionCleared
)


@dataclass(frozen=True, slots=True)
class Stamped:
    """An event with its place in the stream."""

    sequence: int
    """From 1, without gaps, per runtime."""
    time: float
    """Seconds since the epoch."""
    event: Event
    extra: dict[str, Any] = field(default_factory=dict)


def type_name(event: Event) -> str:
    """The event's name in a JSON line: `ToolStarted` is `tool_started`."""
    return re.sub(r"(?<!^)(?=[A-Z])", "_", type(event).__name__).lower()


def as_dict(stamped: Stamped) -> dict[str, Any]:
    """Type, sequence number, time and the event's fields in one flat dict of JSON values."""
    return {
        "type": type_name(stamped.event),
        "sequence": stamped.sequence,
        "time": round(stamped.time, 6),
        **dataclasses.asdict(stamped.event),
        **stamped.extra,
    }
