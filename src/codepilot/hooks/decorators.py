"""``@on_stream(runtime)`` and its kin. Those that show something replace; those that only watch add."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol, TypeVar

from codepilot.hooks.bus import HookSystem
from codepilot.hooks.points import EventType

F = TypeVar("F", bound=Callable[..., Any])


class HasHooks(Protocol):
    """A runtime, as far as a decorator cares."""

    @property
    def hooks(self) -> HookSystem: ...


def _replacing(event: EventType) -> Callable[[HasHooks], Callable[[F], F]]:
    def for_runtime(runtime: HasHooks) -> Callable[[F], F]:
        def decorate(function: F) -> F:
            runtime.hooks.replace(event, function)
            return function

        return decorate

    for_runtime.__doc__ = (
        f"Make the decorated function the only handler of {event.name}; it is returned unchanged."
    )
    return for_runtime


def _adding(event: EventType) -> Callable[[HasHooks], Callable[[F], F]]:
    def for_runtime(runtime: HasHooks) -> Callable[[F], F]:
        def decorate(function: F) -> F:
            runtime.hooks.register(event, function)
            return function

        return decorate

    for_runtime.__doc__ = (
        f"Add the decorated function to the handlers of {event.name}; it is returned unchanged."
    )
    return for_runtime


on_think = _replacing(EventType.THINK)
on_stream = _replacing(EventType.STREAM)
on_tool_call = _replacing(EventType.TOOL_CALL)
on_tool_result = _replacing(EventType.TOOL_RESULT)
on_permission_request = _replacing(EventType.PERMISSION_REQUEST)
on_finish = _replacing(EventType.FINISH)
on_runtime_error = _replacing(EventType.RUNTIME_ERROR)
on_ask_user = _adding(EventType.ASK_USER)
on_user_message_queued = _adding(EventType.USER_MESSAGE_QUEUED)
on_user_message_injected = _adding(EventType.USER_MESSAGE_INJECTED)
