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
    "SyntaxProblem",
    "Thinking",
    "ThinkingDelta",
    "Tools",
    "Verdict",
    "build_observation",
    "completion_withheld",
    "correction",
    "environment_change",
    "held_payloads",
    "highest_task_number",
    "intended_action",
    "judge",
    "normalise_path",
    "overlooked",
    "parse_reply",
    "payload_advice",
    "protocol_observation",
    "refusal",
    "surplus_controls",
    "syntax_error",
    "task_message",
    "task_number",
    "tools_of",
    "unused_payloads",
    "user_message",
]
