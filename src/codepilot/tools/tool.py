"""A registered tool, and what is said of a call to it."""

from __future__ import annotations

import builtins
import inspect
import keyword
from collections.abc import Callable, Mapping, Sequence
from dataclasses import field
from typing import Any

from codepilot import protocol
from codepilot.errors import UsageError
from codepilot.events import Effect
from codepilot.tools.arguments import one_line
from codepilot.tools.describe import signature_text
from codepilot.values import dataclass

_NOT_IN_BLOCKS = frozenset(
    ("open", "input", "exec", "eval", "compile", "breakpoint", "help", "copyright", "credits", "license")
)
"""Functions of Python that control blocks have not, so that a tool of this name hides nothing."""


_IN_ORDER = inspect.Parameter.POSITIONAL_OR_KEYWORD


@dataclass(frozen=True, slots=True)
class Tool:
    """One registered tool."""

    name: str
    func: Callable[..., Any]
    signature: inspect.Signature
    """As the block sees it."""
    builtin: bool
    label: Callable[[dict[str, Any]], str] | None = None
    terminal: Callable[[dict[str, Any]], str] | None = None
    effect: Effect = "outside"
    """What a call may change, if it is no built-in tool."""
    in_order: int = field(init=False, default=-1)
    """How many parameters there are, if each may be given by its place; else -1."""

    def __post_init__(self) -> None:
        parameters = self.signature.parameters
        if all(parameter.kind is _IN_ORDER for parameter in parameters.values()):
            object.__setattr__(self, "in_order", len(parameters))

    def bind(self, args: Sequence[Any], kwargs: Mapping[str, Any]) -> inspect.BoundArguments:
        """The arguments by name, without those that are left to their defaults.

        Raises:
            TypeError: they do not fit the signature.
        """
        if not kwargs and len(args) == self.in_order:
            # `bind` takes five times as long, and most calls are of this kind.
            named = dict(zip(self.signature.parameters, args, strict=True))
            return inspect.BoundArguments(self.signature, named)
        return self.signature.bind(*args, **kwargs)

    def given(self, bound: inspect.BoundArguments) -> tuple[Sequence[Any], Mapping[str, Any]]:
        """The arguments by their places and by their names, as the function is called."""
        if len(bound.arguments) == self.in_order:  # else the signature is taken apart again
            return tuple(bound.arguments.values()), {}
        return bound.args, bound.kwargs


def refuse_unfit(name: str, func: object, *, replace: bool) -> None:
    """Refuse what cannot be a tool, or would hide a function of Python.

    Raises:
        ValueError: the name cannot be called, or is Python's (`print`) and `replace` is false.
        TypeError: `func` is not callable.
    """
    if not isinstance(name, str) or not name.isidentifier() or keyword.iskeyword(name):
        raise UsageError(f"{name!r} cannot name a tool: it must be a Python name, e.g. 'web_search'.")
    if not callable(func):
        raise TypeError(f"The tool {name!r} must be callable, not {type(func).__name__}.")
    if hides_python(name) and not replace:
        raise UsageError(
            f"A tool named {name!r} would hide Python's own {name} from control blocks.",
            hint="Give it another name, or pass replace=True to have yours instead.",
        )


def hides_python(name: str) -> bool:
    """Whether a tool of this name would hide a function of Python that control blocks have."""
    return hasattr(builtins, name) and name not in _NOT_IN_BLOCKS


def not_called(tool: Tool, args: Sequence[Any], kwargs: Mapping[str, Any], problem: str) -> str:
    """Why a call did not fit its tool, and the call that does."""
    said = f"{tool.name}() was not called: {problem}. Call it as {tool.name}{signature_text(tool.signature)}"
    if not tool.builtin or tool.name not in protocol.BUILTIN_TOOLS:
        return said
    return f"{said}. {protocol.call_as(tool.name, args, kwargs, tool.signature)}"


def label_of(tool: Tool, named: Mapping[str, Any]) -> str:
    """What a call line shows of the arguments; of a tool that does not say, the first that is a text."""
    if tool.label and (shown := one_line(tool.label(dict(named)))):
        return shown
    if tool.label and tool.builtin:
        return ""
    return one_line(next((value for value in named.values() if isinstance(value, str)), ""))


def command_of(named: Mapping[str, Any]) -> str:
    """The command among the arguments of a call, by its name; empty if there is none."""
    command = named.get("command")
    return command if isinstance(command, str) else ""
