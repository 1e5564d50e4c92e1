"""Which event is which hook point, word for word."""

import pytest

from codepilot import events as e
from codepilot.hooks import EventType, project


def started(tool="find", builtin=True):
    return e.ToolStarted(call_id="c", tool=tool, args={"a": 1}, label="x", builtin=builtin)


def finished(tool="find", builtin=True):
    return e.ToolFinished(call_id="c", tool=tool, result="r", state="ok", builtin=builtin)


def ended(status):
    return e.TaskFinished(status=status, summary="s")


@pytest.mark.parametrize(
    ("event", "point", "given"),
    [
        (e.TaskStarted(task="t", number=1), EventType.START, {"task": "t"}),
        (e.StepStarted(step=2, max_steps=3), EventType.STEP, {"step": 2, "max_steps": 3}),
        (e.Thought(message="m"), EventType.THINK, {"message": "m"}),
        (e.TextStreamed(text="x"), EventType.STREAM, {"text": "x"}),
        (e.ThinkingStreamed(text="x"), EventType.THINKING_STREAM, {"thinking": "x"}),
        (started(), EventType.TOOL_CALL, {"tool": "find", "args": {"a": 1}, "label": "x"}),
        (finished(), EventType.TOOL_RESULT, {"tool": "find", "result": "r"}),
        (e.SecurityRefused(error="x"), EventType.SECURITY_ERROR, {"error": "x"}),
        (
            e.RuntimeFailed(error="x", source="hook", hint="h"),
            EventType.RUNTIME_ERROR,
            {"error": "x", "hint": "h", "source": "hook"},
        ),
        (ended("done"), EventType.FINISH, {"summary": "s"}),
        (ended("replied"), EventType.FINISH, {"summary": "s"}),
        (ended("max_steps"), EventType.MAX_STEPS, {}),
        (e.MessageQueued(message_id="1", message="m"), EventType.USER_MESSAGE_QUEUED, {"message": "m"}),
        (e.MessageInjected(message_id="1", message="m"), EventType.USER_MESSAGE_INJECTED, {"message": "m"}),
        (e.SessionCleared(), EventType.SESSION_RESET, {}),
    ],
    ids=lambda value: type(value).__name__,
)
def test_a_point_and_its_keywords(event, point, given):
    assert project(event) == (point, given)


@pytest.mark.parametrize(
    "event",
    [
        *(make(tool) for make in (started, finished) for tool in ("think", "done")),
        *(make(builtin=False) for make in (started, finished)),
        *(ended(status) for status in ("aborted", "failed")),
        e.BlockOpened(kind="control"),
        e.TerminalOpened(name="main"),
    ],
    ids=lambda event: type(event).__name__,
)
def test_what_is_no_point(event):
    assert project(event) is None
