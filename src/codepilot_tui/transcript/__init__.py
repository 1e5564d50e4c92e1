"""What the chat shows: items (`items`), and their making from the event stream (`reducer`). Pure, no screen."""

from codepilot_tui.state import Activity, Queued, Status
from codepilot_tui.transcript.items import (
    AgentTurn,
    CallLine,
    CallState,
    Change,
    Completion,
    Item,
    Notice,
    NoticeKind,
    Payload,
    Prose,
    Question,
    Thinking,
    UserTurn,
    plain_text,
)
from codepilot_tui.transcript.reducer import Transcript

__all__ = [
    "Activity",
    "AgentTurn",
    "CallLine",
    "CallState",
    "Change",
    "Completion",
    "Item",
    "Notice",
    "NoticeKind",
    "Payload",
    "Prose",
    "Question",
    "Queued",
    "Status",
    "Thinking",
    "Transcript",
    "UserTurn",
    "plain_text",
]
