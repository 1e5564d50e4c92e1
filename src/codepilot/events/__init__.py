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

from codepilot.events.calls import (
    ControlFinished,
    ControlStarted,
    FileChanged,
    PermissionAnswered,
    PermissionAsked,
    QuestionAnswered,
    QuestionAsked,
    Thought,
    ToolFinished,
    ToolStarted,
)
from codepilot.events.inbox import MessageDropped, MessageInjected, MessageQueued
from codepilot.events.reply import (
    BlockClosed,
    BlockKind,
    BlockOpened,
    BlockStreamed,
    ProviderRetried,
    ProviderSilent,
    ReplyFinished,
    TextStreamed,
    ThinkingStreamed,
)
from codepilot.events.stream import Event, Stamped, as_dict, type_name
from codepilot.events.task import (
    STANDING_BY,
    ObservationMade,
    RuntimeFailed,
    SecurityRefused,
    SessionCleared,
    StepStarted,
    TaskFinished,
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

__all__ = [
    "BlockClosed",
    "BlockKind",
    "BlockOpened",
    "BlockStreamed",
    "ControlFinished",
    "ControlStarted",
    "Event",
    "FileChanged",
    "MessageDropped",
    "MessageInjected",
    "MessageQueued",
    "ObservationMade",
    "PermissionAnswered",
    "PermissionAsked",
    "PersonCommandsOffered",
    "PersonCommandsTold",
    "ProviderRetried",
    "ProviderSilent",
    "QuestionAnswered",
    "QuestionAsked",
    "ReplyFinished",
    "RuntimeFailed",
    "STANDING_BY",
    "SecurityRefused",
    "SessionCleared",
    "Stamped",
    "StepStarted",
    "TaskFinished",
    "TaskStarted",
    "TerminalClosed",
    "TerminalOpened",
    "TerminalsFound",
    "TextStreamed",
    "ThinkingStreamed",
    "Thought",
    "ToolFinished",
    "ToolStarted",
    "WorkerLost",
    "as_dict",
    "type_name",
]
