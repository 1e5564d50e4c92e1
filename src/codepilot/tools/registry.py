"""The tools of a runtime: built-in ones and the embedding program's own, behind one `Toolset`."""

from __future__ import annotations

import asyncio
import inspect
import logging
import time
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any

from codepilot import protocol
from codepilot.errors import UsageError
from codepilot.events import Effect, ToolFinished, ToolStarted
from codepilot.messages import ToolDescription
from codepilot.ports import CallContext
from codepilot.text import shorten
from codepilot.tools.arguments import misused, shown_arguments
from codepilot.tools.asking import Waits, allowed, ask_first, not_asked_again
from codepilot.tools.custom import run_custom
from codepilot.tools.describe import describe, shown_signature
from codepilot.tools.result import ToolResult, failure
from codepilot.tools.tool import Tool, command_of, label_of, not_called, refuse_unfit

log = logging.getLogger("codepilot.tools")


class ToolRegistry:
    """Tools by name.

    A built-in tool is ``async def tool(context, ...) -> ToolResult | str``; what it returns is also added to what the
    model reads. A custom tool is any callable: it runs in a thread (or on the loop if it is ``async``), its value goes
    to the control block only, and a failure comes back as text.

    Args:
        monotonic: the clock for durations.
    """

    def __init__(self, *, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._tools: dict[str, Tool] = {}
        self._builtins: dict[str, Tool] = {}
        self._on_step: list[Callable[[], None]] = []
        self._asked_for: frozenset[str] = frozenset()
        self._ask_themselves: frozenset[str] = frozenset()
        self._off: frozenset[str] = frozenset()
        self._monotonic = monotonic
        self.unsaved: Callable[[], str] = lambda: ""
        """Why a call could be forgotten by a crash: the session cannot be written; empty: it can."""

    def register(
        self,
        name: str,
        func: Callable[..., Any],
        *,
        replace: bool = False,
        builtin: bool = False,
        label: Callable[[dict[str, Any]], str] | None = None,
        terminal: Callable[[dict[str, Any]], str] | None = None,
        effect: Effect = "outside",
    ) -> None:
        """Make a function callable from control blocks.

        Args:
            name: its name there.
            func: what is called; its signature and docstring are shown to the model.
            replace: take the place of a tool or a Python function of this name. A permission that the agent file or
                the mode wants for the name is asked for the call of the new one.
            builtin: `func` takes a `CallContext` first and answers in text.
            label: the main argument for a call line, from the arguments by name.
            terminal: the terminal in which the call plays, from the arguments by name.
            effect: what a call of a tool of the program may change; a built-in one says it itself.

        Raises:
            ValueError: the name is taken, by a tool or by Python (`print`), or cannot be called.
            TypeError: `func` is not callable.
        """
        refuse_unfit(name, func, replace=replace)
        if name in self._tools and not replace:
            raise ValueError(f"Tool '{name}' is already registered. Pass replace=True to override.")
        if name in self._off:
            log.warning("The agent file turns the tool %s off (enabled: false); it is left out.", name)
            return
        if label is None and name in self._builtins:  # what takes its place is asked for in its words
            label = self._builtins[name].label
        tool = Tool(name, func, shown_signature(func, builtin=builtin), builtin, label, terminal, effect)
        self._tools[name] = tool
        if builtin:
            self._builtins[name] = tool

    def remove(self, name: str) -> None:
        """Take a tool away.

        Raises:
            KeyError: there is none of this name.
        """
        del self._tools[name]

    def restrict(self, names: Collection[str]) -> None:
        """Keep only these of the tools that are there now; others may still be registered."""
        self._tools = {name: tool for name, tool in self._tools.items() if name in names}

    def turn_off(self, names: Iterable[str]) -> None:
        """Leave tools of these names out, also those that are registered later."""
        self._off = frozenset(names)
        self._tools = {name: tool for name, tool in self._tools.items() if name not in self._off}

    def require_permission(self, names: Iterable[str], *, asking: Collection[str] = ()) -> None:
        """Ask a person before each call of these tools. They may come later.

        Args:
            names: of the tools.
            asking: built-in tools that put their questions themselves. Whatever takes the place of one puts none, so
                that its call is asked for, as the agent file or the mode wants it.
        """
        self._asked_for = frozenset(names)
        self._ask_themselves = frozenset(asking)

    def get(self, name: str) -> Tool | None:
        """A tool, or None."""
        return self._tools.get(name)

    def names(self) -> tuple[str, ...]:
        """All names, built-in ones first, each group in the order of registration."""
        return tuple(sorted(self._tools, key=lambda name: not self._tools[name].builtin))

    def builtin_names(self) -> tuple[str, ...]:
        """All built-in ones, also those that are left out or replaced."""
        return tuple(self._builtins)

    def describe(self) -> Sequence[ToolDescription]:
        """For the prompt."""
        tools = (self._tools[name] for name in self.names())
        return [describe(tool.name, tool.func, tool.signature, builtin=tool.builtin) for tool in tools]

    def __contains__(self, name: object) -> bool:
        return name in self._tools

    def __iter__(self) -> Iterator[str]:
        return iter(self.names())

    def __len__(self) -> int:
        return len(self._tools)

    def is_builtin(self, name: str) -> bool:
        """Whether this name is a built-in tool that no other took the place of."""
        return name in self._tools and self._tools[name].builtin

    def on_step(self, forget: Callable[[], None]) -> None:
        """Call this whenever a new reply is about to run."""
        self._on_step.append(forget)

    def begin_step(self) -> None:
        """A new reply is about to run: forget what held for the last one."""
        for forget in self._on_step:
            forget()

    async def call(
        self, name: str, args: Sequence[Any], kwargs: Mapping[str, Any], context: CallContext
    ) -> Any:
        """Run one call. Emits ToolStarted and ToolFinished; what goes wrong in the tool comes back as text.

        Raises:
            KeyError: no such tool.
            TypeError: the arguments do not fit the signature.
        """
        return await self._call(self._tools[name], args, kwargs, context)

    def bind(
        self,
        name: str,
        make_context: Callable[[], CallContext],
        *,
        loop: Callable[[], asyncio.AbstractEventLoop | None] = lambda: None,
    ) -> Callable[..., Any]:
        """A built-in tool as a plain function, for code of the embedding program.

        Args:
            name: the built-in tool; also one whose place was taken.
            make_context: gives the context of each call.
            loop: the loop on which the runtime lives, if it runs; without one each call gets a loop of its own.

        Raises:
            KeyError: no such built-in tool.
        """
        tool = self._builtins[name]

        def call(*args: Any, **kwargs: Any) -> Any:
            home = loop()
            if home is not None and _running_loop() is home:
                raise UsageError(
                    f"{name}() would wait for the event loop that it blocks; call it from a thread (custom tools are)."
                )
            work = self._call(tool, args, kwargs, not_asked_again(make_context(), name))
            if home is not None and home.is_running():
                return asyncio.run_coroutine_threadsafe(work, home).result()
            return asyncio.run(work)

        call.__name__, call.__doc__ = name, tool.func.__doc__
        return call

    async def _call(
        self, tool: Tool, args: Sequence[Any], kwargs: Mapping[str, Any], context: CallContext
    ) -> Any:
        try:
            bound = tool.bind(args, kwargs)
        except TypeError as error:
            raise TypeError(not_called(tool, args, kwargs, f"{error}")) from None
        if tool.builtin and (problem := misused(tool.name, bound.arguments)):
            raise TypeError(not_called(tool, args, kwargs, problem))
        named = dict(bound.arguments)
        if len(named) != tool.in_order:
            bound.apply_defaults()
        context.emit(
            ToolStarted(
                call_id=context.call_id,
                tool=tool.name,
                args=shown_arguments(bound.arguments),
                defaulted=tuple(name for name in bound.arguments if name not in named),
                label=label_of(tool, named),
                terminal=tool.terminal(named) if tool.terminal else "",
                builtin=tool.builtin,
            )
        )
        began, waits = self._monotonic(), Waits(self._monotonic)
        result = ToolResult("", "aborted")
        try:
            value, result = await self._run(tool, bound, waits.counted(context))
        except asyncio.CancelledError:
            result = waits.stop.result(tool, context.call_id)
            context.append(result.text)
            raise
        finally:
            context.emit(
                ToolFinished(
                    call_id=context.call_id,
                    tool=tool.name,
                    result=result.text,
                    state=result.state,
                    figure=result.figure,
                    seconds=self._monotonic() - began - waits.seconds,
                    asked=waits.seconds,
                    builtin=tool.builtin,
                    reason=result.reason,
                )
            )
        return value

    def _is_asked_for(self, tool: Tool) -> bool:
        if tool.name in self._ask_themselves:
            return not tool.builtin
        return tool.name in self._asked_for

    async def _run(
        self, tool: Tool, bound: inspect.BoundArguments, context: CallContext
    ) -> tuple[Any, ToolResult]:
        """The value for the block, and what the event tells."""
        try:
            unsaved = "" if tool.builtin or tool.effect != "outside" else self.unsaved()
            if unsaved or self._is_asked_for(tool):
                label, required = label_of(tool, bound.arguments), tool.name in self._asked_for
                command = command_of(bound.arguments) if tool.name in self._ask_themselves else ""
                more: dict[str, str] = {"command": command, "unsaved": unsaved}
                denied = await ask_first(tool.name, label, context, required=required, **more)
                if denied is not None:
                    context.append(denied.text)
                    return denied.text, denied
            if tool.builtin:
                args, by_name = tool.given(bound)
                value = await tool.func(context, *args, **by_name)
                result = value if isinstance(value, ToolResult) else ToolResult(str(value))
                if result.text:
                    context.append(result.text)
                return result.text, result
            if tool.effect not in ("none", "read"):
                await context.begin(tool.effect)
            with allowed(tool.name, command_of(bound.arguments)):
                try:
                    value = await run_custom(tool.func, bound)
                except (
                    SystemExit,
                    KeyboardInterrupt,
                ) as error:  # only a handler of a question leaves the program
                    value = failure(tool.name, error)
                    context.append(value.text)
        except Exception as error:  # noqa: BLE001 - a tool that fails must not end the block
            result = failure(tool.name, error)
            context.append(result.text)
            return result.text, result
        if isinstance(value, ToolResult):
            return value.text, value
        text = "" if value is None else value if isinstance(value, str) else repr(value)
        return value, ToolResult(shorten(text, protocol.LIMITS.event))


def _running_loop() -> asyncio.AbstractEventLoop | None:
    try:
        return asyncio.get_running_loop()
    except RuntimeError:
        return None
