"""Questions to the person about a call: the permission for tools that do not ask themselves, and the time they take."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Iterator
from contextvars import ContextVar
from dataclasses import replace
from typing import TypeVar

from codepilot.decision import Decision, PermissionRequest
from codepilot.ports import CallContext
from codepilot.tools.result import ToolResult, denial_reason
from codepilot.tools.stop import Stop

_Asked = TypeVar("_Asked")
_Answer = TypeVar("_Answer")


async def ask_first(
    tool: str, label: str, context: CallContext, *, required: bool, command: str = "", unsaved: str = ""
) -> ToolResult | None:
    """Ask the person whether a tool may be called; the refusal, if there is one.

    Args:
        tool: its name.
        label: what the question shows of the arguments.
        context: of the call.
        required: the agent file wants the question; else the mode decides.
        command: what it is given to run, if it takes the place of a tool that runs commands.
        unsaved: why a crash would make the call forgotten.
    """
    decision = await context.permit(
        PermissionRequest(
            id=f"{context.call_id}:call",
            call_id=context.call_id,
            tool=tool,
            description=f"Call {tool}: {label}" if label else f"Call {tool}",
            required=required,
            command=command,
            unsaved=unsaved,
        )
    )
    if decision.allow:
        return None
    return ToolResult(f"[{tool}] Permission denied.{denial_reason(decision)}", "denied", "denied")


_allowed: ContextVar[tuple[str, str] | None] = ContextVar("codepilot_allowed", default=None)
"""The tool of the program that runs, which was asked for if its name is to be, and the command that it was given."""


@contextlib.contextmanager
def allowed(tool: str, command: str) -> Iterator[None]:
    """In here, a tool of the program works whose call nobody has to be asked for any more.

    Args:
        tool: its name.
        command: what it was given to run; empty if that is not known.
    """
    token = _allowed.set((tool, command) if command else None)
    try:
        yield
    finally:
        _allowed.reset(token)


def not_asked_again(context: CallContext, tool: str) -> CallContext:
    """The context for a built-in tool that is called by what took its place: the same command is not asked for twice.

    Args:
        context: of the call.
        tool: the built-in tool's name.
    """
    given = _allowed.get()
    if given is None or given[0] != tool:
        return context
    command = given[1]

    async def permit(request: PermissionRequest) -> Decision:
        if request.tool == tool and request.command == command:
            return Decision(allow=True, by="hook")
        return await context.permit(request)

    return replace(context, permit=permit)


class Waits:
    """How long a call waited for a person: a permission, an answer."""

    def __init__(self, monotonic: Callable[[], float]) -> None:
        self._monotonic = monotonic
        self.seconds = 0.0
        self.stop = Stop()
        """What becomes of the call if it is cut off."""

    def counted(self, context: CallContext) -> CallContext:
        """The context, its questions timed."""
        return CallContext(  # `replace` takes four times as long, and every call comes by
            call_id=context.call_id,
            emit=context.emit,
            permit=self._timed(context.permit),
            take_payload=context.take_payload,
            payload_paths=context.payload_paths,
            append=context.append,
            ask=self._timed(context.ask),
            begin=context.begin,
            keep=context.keep,
            stopped=self.stop.tell,
        )

    def _timed(self, ask: Callable[[_Asked], Awaitable[_Answer]]) -> Callable[[_Asked], Awaitable[_Answer]]:
        async def timed(asked: _Asked) -> _Answer:
            began = self._monotonic()
            try:
                return await ask(asked)
            except asyncio.CancelledError:
                self.stop.asking()
                raise
            finally:
                self.seconds += self._monotonic() - began

        return timed
