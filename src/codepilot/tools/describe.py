"""Tools as the prompt shows them: the signature as one would write it, and the whole docstring."""

from __future__ import annotations

import enum
import functools
import inspect
import re
from collections.abc import Callable
from typing import Any

from codepilot.messages import ToolDescription

_ADDRESS = re.compile(r"\bat 0x[0-9A-Fa-f]+")


def shown_signature(func: Callable[..., Any], *, builtin: bool) -> inspect.Signature:
    """The signature that a caller in a control block sees; a built-in tool's `context` is not part of it."""
    try:
        signature = inspect.signature(func)
    except (TypeError, ValueError):
        # Some functions written in C do not tell.
        anything = (
            inspect.Parameter("args", inspect.Parameter.VAR_POSITIONAL),
            inspect.Parameter("kwargs", inspect.Parameter.VAR_KEYWORD),
        )
        return inspect.Signature(anything)
    if not builtin:
        # A class has the signature of its __init__, which gives None; a call of it gives an instance.
        return signature.replace(return_annotation=func) if inspect.isclass(func) else signature
    parameters = list(signature.parameters.values())[1:]
    bare = [parameter.replace(annotation=inspect.Parameter.empty) for parameter in parameters]
    return inspect.Signature(bare, return_annotation=str)


def describe(
    name: str, func: Callable[..., Any], signature: inspect.Signature, *, builtin: bool
) -> ToolDescription:
    """One entry of the prompt's list of tools."""
    return ToolDescription(
        name=name, signature=name + signature_text(signature), text=_docstring(func), builtin=builtin
    )


def _docstring(func: Callable[..., Any]) -> str:
    """What the author wrote: of the function behind a partial, of the `__call__` of an object."""
    while isinstance(func, functools.partial):
        func = func.func
    if not inspect.isroutine(func) and not inspect.isclass(func):
        func = type(func).__call__
    return inspect.cleandoc(inspect.getdoc(func) or "")


def signature_text(signature: inspect.Signature) -> str:
    """``(path, start_line=1, end_line=None) -> str``, the same in every run.

    Annotations that were written as text appear without quotes, a default that has no Python form as ``...``.
    """
    plain = [_plain(parameter) for parameter in signature.parameters.values()]
    text = str(inspect.Signature(plain))
    returns = signature.return_annotation
    if returns is inspect.Signature.empty:
        return text
    return f"{text} -> {returns if isinstance(returns, str) else inspect.formatannotation(returns)}"


class _Words:
    """An annotation or a default that shows as it was written."""

    def __init__(self, text: str) -> None:
        self.text = text

    def __repr__(self) -> str:
        return self.text


def _plain(parameter: inspect.Parameter) -> inspect.Parameter:
    note, default = parameter.annotation, parameter.default
    if isinstance(note, str):
        parameter = parameter.replace(annotation=_Words(note))
    return parameter if default is parameter.empty else parameter.replace(default=_Words(_shown(default)))


def _shown(default: Any) -> str:
    if isinstance(default, enum.Enum):
        return str(default) if type(default).__str__ is enum.Enum.__str__ else repr(default.value)
    try:
        text = repr(default)
    except Exception:  # noqa: BLE001 - it is the program's, and only one default of the list
        return "..."
    # An address changes from run to run, and with it the prompt, which the service then has not in its cache.
    return "..." if _ADDRESS.search(text) else text
