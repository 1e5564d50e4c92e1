"""The grammar between model and runtime: how a reply is read, corrected, and answered with an observation."""

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
from codepilot.protocol.calls import BUILTIN_TOOLS, Tools, tools_of
from codepilot.protocol.correction import correction, refusal
from codepilot.protocol.hints import missing_payloads, syntax_hint, unknown_name
from codepilot.protocol.mends import call_as, misused
from codepilot.protocol.notes import (
    completion_withheld,
    surplus_controls,
    unused_payloads,
)
from codepilot.protocol.observation import (
    NO_OUTPUT,
    Limits,
    Observation,
    build_observation,
    environment_change,
    protocol_observation,
)
from codepilot.protocol.parser import ReplyParser, parse_reply
from codepilot.protocol.payloads import PayloadBinder, normalise_path
from codepilot.protocol.reminder import intended_action, overlooked
from codepilot.protocol.tags import (
    CHANGE_TAG,
    MESSAGE_TAG,
    RESULT_TAG,
    SUMMARY_TAG,
    highest_task_number,
    task_message,
    task_number,
    user_message,
)
from codepilot.protocol.verdict import Verdict, judge

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
    "build_observation",
    "call_as",
    "completion_withheld",
    "correction",
    "environment_change",
    "highest_task_number",
    "intended_action",
    "judge",
    "misused",
    "missing_payloads",
    "normalise_path",
    "overlooked",
    "parse_reply",
    "protocol_observation",
    "refusal",
    "surplus_controls",
    "syntax_hint",
    "task_message",
    "task_number",
    "tools_of",
    "unknown_name",
    "unused_payloads",
    "user_message",
]
