"""Typed events → the hook points of the public API. Pure; one event gives at most one point."""

from __future__ import annotations

from typing import Any

from codepilot import events as e
from codepilot.hooks.points import EventType

Point = tuple[EventType, dict[str, Any]]

_SPEAKING = ("think", "done")
"""Tools without an effect: their text becomes `THINK` or `FINISH`, not a call with a result."""

_PLAIN: dict[type[e.Event], tuple[EventType, dict[str, str]]] = {
    e.TaskStarted: (EventType.START, {"task": "task"}),
    e.StepStarted: (EventType.STEP, {"step": "step", "max_steps": "max_steps"}),
    e.Thought: (EventType.THINK, {"message": "message"}),
    e.TextStreamed: (EventType.STREAM, {"text": "text"}),
    e.ThinkingStreamed: (EventType.THINKING_STREAM, {"thinking": "text"}),
    e.SecurityRefused: (EventType.SECURITY_ERROR, {"error": "error"}),
    e.RuntimeFailed: (EventType.RUNTIME_ERROR, {"error": "error", "hint": "hint", "source": "source"}),
    e.MessageQueued: (EventType.USER_MESSAGE_QUEUED, {"message": "message"}),
    e.MessageInjected: (EventType.USER_MESSAGE_INJECTED, {"message": "message"}),
    e.SessionCleared: (EventType.SESSION_RESET, {}),
}
"""Events that stand for a point whatever they say: the point, and from which field each keyword comes."""


def project(event: e.Event) -> Point | None:
    """The hook point and keyword arguments that stand for an event, or None if the public API has none.

    `PERMISSION_REQUEST` and `ASK_USER` are not projected: they are questions and go through `HookApprover`.
    """
    if (plain := _PLAIN.get(type(event))) is not None:
        point, fields = plain
        return point, {keyword: getattr(event, field) for keyword, field in fields.items()}
    match event:
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
        case e.TaskFinished():
            if event.status in ("done", "replied", "needs_person"):
                return EventType.FINISH, {"summary": event.summary or e.STANDING_BY}
            return (EventType.MAX_STEPS, {}) if event.status == "max_steps" else None
        case _:
            return None
