"""The grammar between model and runtime: how a reply is read, corrected, and answered with an observation."""

from codepilot.protocol.binding import PayloadBinder
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
    normalise_path,
)
from codepilot.protocol.checks import SyntaxProblem, payload_advice, syntax_error
from codepilot.protocol.correction import correction, refusal
from codepilot.protocol.notes import (
    completion_withheld,
    held_payloads,
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
from codepilot.protocol.reminder import BUILTIN_TOOLS, intended_action
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
    "SyntaxProblem",
    "build_observation",
    "completion_withheld",
    "correction",
    "environment_change",
    "held_payloads",
    "highest_task_number",
    "intended_action",
    "normalise_path",
    "parse_reply",
    "payload_advice",
    "protocol_observation",
    "refusal",
    "surplus_controls",
    "syntax_error",
    "task_message",
    "task_number",
    "unused_payloads",
    "user_message",
]
