"""The grammar between model and runtime: how a reply is read, corrected, and answered with an observation.

What judges a finished reply is loaded when the first one is judged: it is half of the package, and a start needs none
of it.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from codepilot.protocol.blocks import (
    BlockClosed,
    BlockDelta,
    BlockOpened,
    CompletionBlock,
    ControlBlock,
    DisplayFence,
    Malformed,
    OpenBlock,
    Part,
    PayloadBlock,
    Prose,
    ProseDelta,
    Reply,
    ReplyEvent,
    Thinking,
    ThinkingDelta,
)
from codepilot.protocol.correction import correction, refusal
from codepilot.protocol.observation import (
    CHANGE_TAG,
    LIMITS,
    MESSAGE_TAG,
    NO_OUTPUT,
    RESULT_TAG,
    SUMMARY_TAG,
    Limits,
    Observation,
    build_observation,
    completion_withheld,
    environment_change,
    highest_task_number,
    protocol_observation,
    surplus_controls,
    task_message,
    task_number,
    unused_payloads,
    user_message,
)
from codepilot.protocol.parser import ReplyParser, parse_reply
from codepilot.protocol.payloads import PayloadBinder, normalise_path

if TYPE_CHECKING:
    from codepilot.protocol.calls import BUILTIN_TOOLS, Tools, tools_of
    from codepilot.protocol.hints import missing_payloads, syntax_hint, unknown_name
    from codepilot.protocol.mends import call_as
    from codepilot.protocol.reminder import intended_action, overlooked
    from codepilot.protocol.standing import answer_of, stands_by
    from codepilot.protocol.verdict import Verdict, judge

_LATE = {
    "BUILTIN_TOOLS": "calls",
    "Tools": "calls",
    "Verdict": "verdict",
    "answer_of": "standing",
    "call_as": "mends",
    "intended_action": "reminder",
    "judge": "verdict",
    "missing_payloads": "hints",
    "overlooked": "reminder",
    "stands_by": "standing",
    "syntax_hint": "hints",
    "tools_of": "calls",
    "unknown_name": "hints",
}

__all__ = [
    "BUILTIN_TOOLS",
    "CHANGE_TAG",
    "MESSAGE_TAG",
    "NO_OUTPUT",
    "RESULT_TAG",
    "SUMMARY_TAG",
    "BlockClosed",
    "BlockDelta",
    "BlockOpened",
    "CompletionBlock",
    "ControlBlock",
    "DisplayFence",
    "LIMITS",
    "Limits",
    "Malformed",
    "Observation",
    "OpenBlock",
    "Part",
    "PayloadBinder",
    "PayloadBlock",
    "Prose",
    "ProseDelta",
    "Reply",
    "ReplyEvent",
    "ReplyParser",
    "Thinking",
    "ThinkingDelta",
    "Tools",
    "Verdict",
    "answer_of",
    "build_observation",
    "call_as",
    "completion_withheld",
    "correction",
    "environment_change",
    "highest_task_number",
    "intended_action",
    "judge",
    "missing_payloads",
    "normalise_path",
    "overlooked",
    "parse_reply",
    "protocol_observation",
    "refusal",
    "stands_by",
    "surplus_controls",
    "syntax_hint",
    "task_message",
    "task_number",
    "tools_of",
    "unknown_name",
    "unused_payloads",
    "user_message",
]


def __getattr__(name: str) -> Any:
    """Load what judges a reply when it is first asked for."""
    if name not in _LATE:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_LATE[name]}"), name)
