"""The names of the hook points, as documented for codepilot-ai 0.2.1 and 0.9.2."""

from __future__ import annotations

from enum import Enum


class EventType(str, Enum):
    """What a handler can be registered for. The value is the name in lower case.

    Two of them answer back: `PERMISSION_REQUEST` (True, False or a `Decision`) and `ASK_USER` (the words).
    """

    START = "start"
    """task"""
    STEP = "step"
    """step, max_steps"""
    THINK = "think"
    """message"""
    STREAM = "stream"
    """text"""
    THINKING_STREAM = "thinking_stream"
    """thinking"""
    TOOL_CALL = "tool_call"
    """tool, args, label"""
    TOOL_RESULT = "tool_result"
    """tool, result"""
    ASK_USER = "ask_user"
    """question; a non-empty str is the answer"""
    PERMISSION_REQUEST = "permission_request"
    """tool, description, request (a `PermissionRequest`); True/False or a `Decision` is the answer"""
    SECURITY_ERROR = "security_error"
    """error"""
    RUNTIME_ERROR = "runtime_error"
    """error"""
    FINISH = "finish"
    """summary"""
    MAX_STEPS = "max_steps"
    """nothing"""
    USER_MESSAGE_QUEUED = "user_message_queued"
    """message"""
    USER_MESSAGE_INJECTED = "user_message_injected"
    """message"""
    SESSION_RESET = "session_reset"
    """nothing"""

    def __str__(self) -> str:
        return self.value
