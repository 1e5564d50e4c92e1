"""Typed events → the hook points of the public API. Pure; one event gives at most one point."""

from __future__ import annotations

from typing import Any

from codepilot import events as e
from codepilot.hooks.points import EventType

Point = tuple[EventType, dict[str, Any]]

_SPEAKING = ("think", "done")
"""Tools without an effect: their text becomes `THINK` or `FINISH`, not a call with a result."""


def project(event: e.Event) -> Point | None:
    """The hook point and keyword arguments that stand for an event, or None if the public API has none.

    `PERMISSION_REQUEST` and `ASK_USER` are not projected: they are questions and go through `HookApprover`.
    """
    match event:
        case e.TaskStarted():
            return EventType.START, {"task": event.task}
        case e.StepStarted():
            return EventType.STEP, {"step": event.step, "max_steps": event.max_steps}
        case e.Thought():
            return EventType.THINK, {"message": event.message}
        case e.TextStreamed():
            return EventType.STREAM, {"text": event.text}
        case e.ThinkingStreamed():
            return EventType.THINKING_STREAM, {"thinking": event.text}
        case e.ToolStarted():
            if not event.builtin or event.tool in _SPEAKING:  # as documented: custom tools fire no events
                return None
            return EventType.TOOL_CALL, {"tool": event.tool, "args": event.args, "label": event.label}
        case e.ToolFinished():
            return (
                (EventType.TOOL_RESULT, {"tool": event.tool, "result": event.result})
                if event.builtin and event.tool not in _SPEAKING
                else None
            )
        case e.SecurityRefused():
            return EventType.SECURITY_ERROR, {"error": event.error}
        case e.RuntimeFailed():
            return EventType.RUNTIME_ERROR, {"error": event.error, "hint": event.hint, "source": event.source}
        case e.TaskFinished():
            if event.status in ("done", "replied", "needs_person"):
                return EventType.FINISH, {"summary": event.summary or e.STANDING_BY}
            return (EventType.MAX_STEPS, {}) if event.status == "max_steps" else None
        case e.MessageQueued():
            return EventType.USER_MESSAGE_QUEUED, {"message": event.message}
        case e.MessageInjected():
            return EventType.USER_MESSAGE_INJECTED, {"message": event.message}
        case e.SessionCleared():
            return EventType.SESSION_RESET, {}
        case _:
            return None
