"""The stream of all events: which there are, their order and time, and their form in JSON."""

from __future__ import annotations

import dataclasses
import re
from dataclasses import field
from typing import Any

from codepilot.events.calls import (
    ControlFinished,
    ControlStarted,
    EffectStarted,
    PermissionAnswered,
    PermissionAsked,
    QuestionAnswered,
    QuestionAsked,
    Thought,
    ToolFinished,
    ToolStarted,
)
from codepilot.events.files import (
    ChangesTold,
    CheckpointAwaited,
    CheckpointSeeded,
    FileChanged,
    HeadMoved,
    RestoreFinished,
    RestoreStarted,
)
from codepilot.events.inbox import MessageDropped, MessageInjected, MessageQueued
from codepilot.events.reply import (
    BlockClosed,
    BlockOpened,
    BlockStreamed,
    ProviderRetried,
    ProviderSilent,
    ReplyFinished,
    ReplyPart,
    TextStreamed,
    ThinkingStreamed,
)
from codepilot.events.session import (
    ContextCompacted,
    ContextCut,
    ContextPruned,
    FileChangesTold,
    MessageStored,
    Rewound,
    SessionClosed,
    SessionOpened,
    SessionTrouble,
    TitleChanged,
)
from codepilot.events.task import (
    BudgetAsked,
    BudgetReached,
    ObservationMade,
    RuntimeFailed,
    SecurityRefused,
    SessionCleared,
    StepStarted,
    TaskFinished,
    TaskResumed,
    TaskStarted,
    WorkerLost,
)
from codepilot.events.terminals import (
    PersonCommandsOffered,
    PersonCommandsTold,
    TerminalClosed,
    TerminalOpened,
    TerminalsFound,
)
from codepilot.values import dataclass

Event = (
    TaskStarted
    | TaskResumed
    | StepStarted
    | TextStreamed
    | ThinkingStreamed
    | BlockOpened
    | BlockStreamed
    | BlockClosed
    | ReplyPart
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
    | EffectStarted
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
    | BudgetAsked
    | BudgetReached
    | MessageStored
    | SessionOpened
    | SessionClosed
    | SessionTrouble
    | SessionCleared
    | TitleChanged
    | Rewound
    | ContextPruned
    | ContextCut
    | ContextCompacted
    | CheckpointSeeded
    | CheckpointAwaited
    | HeadMoved
    | ChangesTold
    | RestoreStarted
    | RestoreFinished
    | FileChangesTold
)


@dataclass(frozen=True, slots=True)
class Stamped:
    """An event with its place in the stream."""

    sequence: int
    """From 1, without gaps, per runtime."""
    time: float
    """Seconds since the epoch."""
    event: Event
    record: int = 0
    """Its number in the journal of the session; 0: it is not kept, or was before the first words of the person."""
    extra: dict[str, Any] = field(default_factory=dict)


def type_name(event: Event) -> str:
    """The event's name in a JSON line: `ToolStarted` is `tool_started`."""
    return type_name_of(type(event))


def type_name_of(kind: type) -> str:
    """The same of a class of events."""
    return re.sub(r"(?<!^)(?=[A-Z])", "_", kind.__name__).lower()


def as_dict(stamped: Stamped) -> dict[str, Any]:
    """Type, sequence number, time and the event's fields in one flat dict of JSON values."""
    return {
        "type": type_name(stamped.event),
        "sequence": stamped.sequence,
        "time": round(stamped.time, 6),
        **({"record": stamped.record} if stamped.record else {}),
        **dataclasses.asdict(stamped.event),
        **stamped.extra,
    }
