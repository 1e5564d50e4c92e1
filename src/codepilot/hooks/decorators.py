"""Decorators such as ``@on_stream(runtime)``. Most replace the handlers of their event; some only add one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol, TypeVar

from codepilot.errors import UsageError
from codepilot.hooks.bus import HookSystem
from codepilot.hooks.points import EventType

F = TypeVar("F", bound=Callable[..., Any])


class HasHooks(Protocol):
    """A runtime, as far as a decorator cares."""

    @property
    def hooks(self) -> HookSystem:
        """Where handlers are registered."""
        ...


def _decorator(event: EventType, only: bool) -> Callable[[HasHooks], Callable[[F], F]]:
    def decorator(runtime: HasHooks) -> Callable[[F], F]:
        if not hasattr(getattr(runtime, "hooks", None), "register"):
            raise _without_runtime(f"on_{event.value}", runtime)

        def decorate(function: F) -> F:
            (runtime.hooks.replace if only else runtime.hooks.register)(event, function)
            return function

        return decorate

    what = (
        "Make the decorated function the only handler"
        if only
        else "Add the decorated function to the handlers"
    )
    decorator.__name__ = decorator.__qualname__ = f"on_{event.value}"
    decorator.__doc__ = (
        f"{what} of `EventType.{event.name}`; it is returned unchanged. See there for its keywords."
    )
    return decorator


def _without_runtime(name: str, given: object) -> UsageError:
    if callable(given):
        return UsageError(
            f"@{name} is written without the runtime whose events it handles.",
            hint=f"Write @{name}(runtime) above the function.",
        )
    return UsageError(f"{name}: expected a runtime, found {given!r}.", hint=f"As in @{name}(runtime).")


on_think = _decorator(EventType.THINK, only=True)
on_stream = _decorator(EventType.STREAM, only=True)
on_tool_call = _decorator(EventType.TOOL_CALL, only=True)
on_tool_result = _decorator(EventType.TOOL_RESULT, only=True)
on_permission_request = _decorator(EventType.PERMISSION_REQUEST, only=True)
on_finish = _decorator(EventType.FINISH, only=True)
on_runtime_error = _decorator(EventType.RUNTIME_ERROR, only=True)
on_ask_user = _decorator(EventType.ASK_USER, only=False)
on_user_message_queued = _decorator(EventType.USER_MESSAGE_QUEUED, only=False)
on_user_message_injected = _decorator(EventType.USER_MESSAGE_INJECTED, only=False)
