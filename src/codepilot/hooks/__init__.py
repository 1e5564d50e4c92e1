"""Handlers of events: what the public API of codepilot-ai calls hooks."""

from codepilot.hooks.bus import HookSystem
from codepilot.hooks.decorators import (
    on_ask_user,
    on_finish,
    on_permission_request,
    on_runtime_error,
    on_stream,
    on_think,
    on_tool_call,
    on_tool_result,
    on_user_message_injected,
    on_user_message_queued,
)
from codepilot.hooks.points import EventType
from codepilot.hooks.projection import project

__all__ = [
    "EventType",
    "HookSystem",
    "on_ask_user",
    "on_finish",
    "on_permission_request",
    "on_runtime_error",
    "on_stream",
    "on_think",
    "on_tool_call",
    "on_tool_result",
    "on_user_message_injected",
    "on_user_message_queued",
    "project",
]
