"""The facts of a run, in order: the one stream that screens, logs, journals and hooks read.

Each event is past tense, immutable and plain data. `Stamped` adds the sequence number and the time. The public
`EventType` of `hooks` is a projection of these.

Order within a task: TaskStarted, then per step StepStarted, (BudgetAsked+, BudgetReached?)?, (MessageInjected)*,
PersonCommandsTold?, FileChangesTold?, (ProviderRetried)*,
(TextStreamed | ThinkingStreamed | BlockOpened | BlockStreamed | BlockClosed | ReplyPart)*, ReplyFinished,
(ProviderRetried, …, ReplyFinished: again where the stream broke, and the one before says `cut`)*,
(ControlStarted, (ToolStarted … ToolFinished | Thought)*, ControlFinished)?, ObservationMade?; at the end one
TaskFinished. ProviderSilent may stand anywhere before ReplyFinished.
Between ToolStarted and ToolFinished of a call stand its PermissionAsked/PermissionAnswered, QuestionAsked/
QuestionAnswered, EffectStarted and FileChanged. MessageStored stands before the event that speaks of the same words,
but for the task's, which follows TaskStarted. FileChanged of a command comes when the files were looked at: before
TaskFinished, but maybe in a later step; ChangesTold ends them. CheckpointSeeded may stand anywhere; RestoreStarted,
FileChanged and RestoreFinished come between tasks.
"""

from __future__ import annotations

from codepilot.events.calls import (
    ControlFinished,
    ControlStarted,
    Effect,
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
    ChangeSource,
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
    BlockKind,
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
    MessageKind,
    MessageStored,
    Rewound,
    SessionClosed,
    SessionOpened,
    SessionTrouble,
    TitleChanged,
)
from codepilot.events.stream import Event, Stamped, as_dict, type_name, type_name_of
from codepilot.events.task import (
    STANDING_BY,
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

__all__ = [
    "BlockClosed",
    "BlockKind",
    "BlockOpened",
    "BlockStreamed",
    "BudgetAsked",
    "BudgetReached",
    "ChangeSource",
    "CheckpointAwaited",
    "ChangesTold",
    "CheckpointSeeded",
    "ContextCompacted",
    "ContextCut",
    "ContextPruned",
    "ControlFinished",
    "ControlStarted",
    "Effect",
    "EffectStarted",
    "Event",
    "FileChanged",
    "HeadMoved",
    "FileChangesTold",
    "MessageDropped",
    "MessageInjected",
    "MessageKind",
    "MessageQueued",
    "MessageStored",
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
    "ReplyPart",
    "RestoreFinished",
    "RestoreStarted",
    "RuntimeFailed",
    "STANDING_BY",
    "SecurityRefused",
    "SessionCleared",
    "Rewound",
    "SessionClosed",
    "SessionOpened",
    "SessionTrouble",
    "Stamped",
    "StepStarted",
    "TaskFinished",
    "TaskResumed",
    "TaskStarted",
    "TerminalClosed",
    "TerminalOpened",
    "TerminalsFound",
    "TextStreamed",
    "ThinkingStreamed",
    "Thought",
    "TitleChanged",
    "ToolFinished",
    "ToolStarted",
    "WorkerLost",
    "as_dict",
    "type_name",
    "type_name_of",
]
