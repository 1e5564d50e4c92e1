import asyncio
import inspect

import pytest

from codepilot import (
    EventType,
    HookSystem,
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
from codepilot.errors import UsageError

REPLACING = {
    on_think: EventType.THINK,
    on_stream: EventType.STREAM,
    on_tool_call: EventType.TOOL_CALL,
    on_tool_result: EventType.TOOL_RESULT,
    on_permission_request: EventType.PERMISSION_REQUEST,
    on_finish: EventType.FINISH,
    on_runtime_error: EventType.RUNTIME_ERROR,
}
ADDING = {
    on_ask_user: EventType.ASK_USER,
    on_user_message_queued: EventType.USER_MESSAGE_QUEUED,
    on_user_message_injected: EventType.USER_MESSAGE_INJECTED,
}


def name(value):
    """A test's name that is the same in every process."""
    return value.name.lower() if isinstance(value, EventType) else "on"


class Desk:
    """All that a decorator needs of a runtime."""

    def __init__(self):
        self.hooks = HookSystem()


@pytest.mark.parametrize(("decorator", "event"), (REPLACING | ADDING).items(), ids=name)
def test_a_decorator_registers_and_returns_the_function_itself(decorator, event):
    desk = Desk()

    def handler(**_):
        return "answer"

    assert decorator(desk)(handler) is handler
    assert desk.hooks.handlers(event) == (handler,)
    assert desk.hooks.emit(event) == "answer"
    assert decorator.__name__ == f"on_{event.value}"
    what = (
        "Make the decorated function the only handler"
        if decorator in REPLACING
        else ("Add the decorated function to the handlers")
    )
    assert inspect.getdoc(decorator) == (
        f"{what} of `EventType.{event.name}`; it is returned unchanged. See there for its keywords."
    )


@pytest.mark.parametrize(("decorator", "event"), REPLACING.items(), ids=name)
def test_those_that_show_something_take_the_place_of_earlier_ones(decorator, event):
    desk = Desk()
    desk.hooks.register(event, lambda **_: "first")
    decorator(desk)(lambda **_: None)
    assert desk.hooks.emit(event) is None
    assert len(desk.hooks.handlers(event)) == 1


@pytest.mark.parametrize(("decorator", "event"), ADDING.items(), ids=name)
def test_those_that_only_watch_are_added(decorator, event):
    desk = Desk()
    decorator(desk)(lambda **_: "first")
    decorator(desk)(lambda **_: None)
    assert desk.hooks.emit(event) == "first"
    assert len(desk.hooks.handlers(event)) == 2


def test_an_async_function_can_be_decorated_too():
    desk = Desk()

    @on_ask_user(desk)
    async def answer(question, **_):
        return question.upper()

    assert desk.hooks.emit(EventType.ASK_USER, question="colour?") == "COLOUR?"


async def test_inside_a_running_loop_an_async_handler_becomes_a_task():
    desk = Desk()
    seen = []

    @on_user_message_queued(desk)
    async def queued(message, **_):
        seen.append(message)

    @on_user_message_queued(desk)
    async def broken(message, **_):
        raise RuntimeError("my own fault")

    told = []
    desk.hooks.on_error = told.append
    desk.hooks.emit(EventType.USER_MESSAGE_QUEUED, message="hello")
    assert seen == []
    await asyncio.gather(*asyncio.all_tasks() - {asyncio.current_task()})
    assert seen == ["hello"]
    assert "my own fault" in told[0]


@pytest.mark.parametrize("decorator", [*REPLACING, *ADDING], ids=lambda decorator: decorator.__name__)
def test_a_decorator_without_the_runtime_is_refused_at_once(decorator):
    with pytest.raises(UsageError) as caught:

        @decorator
        def handler(**_):
            raise AssertionError("never called")

    assert caught.value.hint == f"Write @{decorator.__name__}(runtime) above the function."
    with pytest.raises(UsageError, match=f"^{decorator.__name__}: expected a runtime, found 5.$"):
        decorator(5)
