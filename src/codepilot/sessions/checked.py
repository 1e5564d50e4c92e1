"""What a store of the embedding program gives, checked: its mistakes are named by its method, not met further on."""

from __future__ import annotations

import contextlib
import inspect
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from codepilot.errors import CodepilotError, SessionError, UsageError, named_error
from codepilot.sessions.base import AsyncBaseSession, BaseSession, Messages

_DICTS = "dicts with role ('user' or 'assistant') and content, a text"
_FORM = (
    f"load() gives a list of messages, oldest first: {_DICTS}; an empty list, or None, if nothing is stored."
)


def check_methods(session: BaseSession | AsyncBaseSession) -> None:
    """Refuse a store whose coroutines nobody would await.

    Raises:
        UsageError: a method is `async` where the runtime calls it as a plain one.
    """
    if isinstance(session, AsyncBaseSession):
        return
    for name in ("load", "save", "reset"):
        if inspect.iscoroutinefunction(getattr(session, name)):
            raise UsageError(
                f"session: {type(session).__name__}.{name}() is async, and nobody would await it.",
                hint="Derive from AsyncBaseSession, with load, save and reset all async, or take the async away.",
            )


async def awaited(session: AsyncBaseSession, method: str, value: object) -> Any:
    """What a method of an asynchronous store gives.

    Args:
        session: the store.
        method: of it, for the error's text.
        value: what the call gave; must be something to await.

    Raises:
        SessionError: it is not.
        Exception: what the store raised.
    """
    if not inspect.isawaitable(value):
        raise SessionError(
            f"{type(session).__name__}.{method}() is not async, as those of an AsyncBaseSession are.",
            hint="Write async def, or derive from BaseSession.",
        )
    return await value


def messages_of(session: object, loaded: object) -> Messages:
    """The messages that a store's `load()` gave.

    Args:
        session: the store, for the error's text.
        loaded: what it gave; None is an empty list.

    Raises:
        SessionError: it is no list of messages; the text says what is wrong with it.
    """
    if loaded is None:
        return []
    if isinstance(loaded, str | bytes | Mapping) or not isinstance(loaded, Iterable):
        raise _wrong(session, f"{_named(loaded)}, where a list of messages was expected")
    messages = list(loaded)
    if fault := _fault(messages):
        raise _wrong(session, fault)
    return messages


def check_messages(messages: Iterable[object]) -> None:
    """Refuse a conversation to which a program added what is no message.

    Raises:
        UsageError: the text says which one, and what is wrong with it.
    """
    if fault := _fault(messages):
        raise UsageError(f"runtime.messages: found {fault}.", hint=f"It is a list of {_DICTS}.")


def _fault(messages: Iterable[object]) -> str:
    """The first message that is none, and why; empty if all are."""
    for number, message in enumerate(messages):
        if not isinstance(message, dict):
            return f"{_named(message)} as message {number}, where a dict was expected"
        for key in ("role", "content"):
            if key not in message:
                return f"message {number} without {key}"
        if not isinstance(message["role"], str):
            return f"message {number} with {_named(message['role'])} as role"
    return ""


@contextlib.contextmanager
def named_errors(session: object, method: str) -> Iterator[None]:
    """Name the method of a store in what it raises.

    Args:
        session: the store.
        method: of it, which is called in this context.

    Raises:
        SessionError: in place of any error but a `CodepilotError`, which says itself what is wrong.
    """
    try:
        yield
    except CodepilotError:
        raise
    except Exception as error:
        raise SessionError(
            f"{type(session).__name__}.{method}() failed: {named_error(error)}",
            hint="That is the session store of this program; fix it there.",
        ) from error


def _wrong(session: object, found: str) -> SessionError:
    return SessionError(f"{type(session).__name__}.load() gave {found}.", hint=_FORM)


def _named(value: object) -> str:
    return "None" if value is None else f"an object of type {type(value).__name__}"
