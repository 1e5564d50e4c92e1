"""The names of the hook points, as documented for codepilot-ai 0.2.1 and 0.9.2."""

from __future__ import annotations

from enum import Enum


class EventType(str, Enum):
    """What a handler can be registered for. The value is the name in lower case.

    Handlers are called with keywords; take ``**_`` too, for keywords may be added. Two events answer back. These are
    the keywords:

        START: task
        STEP: step, max_steps
        THINK: message
        STREAM: text
        THINKING_STREAM: thinking
        TOOL_CALL: tool, args (every parameter by its name), label (its main argument, as a screen shows it)
        TOOL_RESULT: tool, result
        ASK_USER: question. A non-empty str is the answer.
        PERMISSION_REQUEST: tool, description, request (a `PermissionRequest`). True or `Decision(allow=True)` is a yes.
        SECURITY_ERROR: error
        RUNTIME_ERROR: error, hint (what to do next, or ""), source (as `Outcome.error_source`)
        FINISH: summary
        MAX_STEPS: none
        USER_MESSAGE_QUEUED: message
        USER_MESSAGE_INJECTED: message
        SESSION_RESET: none
    """

    START = "start"
    STEP = "step"
    THINK = "think"
    STREAM = "stream"
    THINKING_STREAM = "thinking_stream"
    TOOL_CALL = "tool_call"
    TOOL_RESULT = "tool_result"
    ASK_USER = "ask_user"
    PERMISSION_REQUEST = "permission_request"
    SECURITY_ERROR = "security_error"
    RUNTIME_ERROR = "runtime_error"
    FINISH = "finish"
    MAX_STEPS = "max_steps"
    USER_MESSAGE_QUEUED = "user_message_queued"
    USER_MESSAGE_INJECTED = "user_message_injected"
    SESSION_RESET = "session_reset"

    def __str__(self) -> str:
        return self.value
