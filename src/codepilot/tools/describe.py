"""Tools as the prompt shows them: the signature as one would write it, and the whole docstring."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from typing import Any

from codepilot.messages import ToolDescription


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
        return signature
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
    """``(path, start_line=1, end_line=None) -> str``; annotations that were written as text appear without quotes."""
    plain = [_unquoted(parameter) for parameter in signature.parameters.values()]
    text = str(inspect.Signature(plain))
    returns = signature.return_annotation
    if returns is inspect.Signature.empty:
        return text
    return f"{text} -> {returns if isinstance(returns, str) else inspect.formatannotation(returns)}"


class _Words:
    """An annotation that shows as it was written."""

    def __init__(self, text: str) -> None:
        self.text = text

    def __repr__(self) -> str:
        return self.text


def _unquoted(parameter: inspect.Parameter) -> inspect.Parameter:
    note = parameter.annotation
    return parameter.replace(annotation=_Words(note)) if isinstance(note, str) else parameter
