"""What goes wrong in a block, as data for the host; and what goes wrong in a tool, as an exception for the block."""

from __future__ import annotations

import builtins
from collections.abc import Sequence
from types import TracebackType
from typing import Any, Final

from codepilot.sandbox.lint import missing_builtin

MAX_TEXT: Final = 2_000
"""Characters of an exception's text that are told."""
_MAX_STACK: Final = 8


def rebuilt(name: str, text: str) -> Exception:
    """An exception of the host, as the block may catch it: built-in types only."""
    kind = getattr(builtins, name, None)
    if isinstance(kind, type) and issubclass(kind, Exception):
        try:
            return kind(text)
        except TypeError:
            pass  # its constructor wants more than a text
    return RuntimeError(f"{name}: {text}")


def describe(error: BaseException, names: set[str], hidden: Sequence[str] = ()) -> dict[str, Any]:
    """An exception as data: type, text, the block's own lines on the stack, causes.

    Args:
        error: what the block raised.
        names: all that it can use.
        hidden: functions of Python in whose place it has names of its own.
    """
    said: dict[str, Any] = {
        "type": type(error).__name__[:200],
        "text": _text_of(error),
        "stack": _stack(error.__traceback__),
        "causes": _causes(error),
        "hint": _hint(error, names, hidden),
    }
    return said


def _text_of(error: BaseException) -> str:
    try:
        text = str(error)
    except BaseException as second:  # noqa: BLE001 - the seam: a block's exception may have a broken __str__
        return f"(its text could not be made: {type(second).__name__})"
    return text if len(text) <= MAX_TEXT else text[:MAX_TEXT] + " …"


def _stack(traceback: TracebackType | None) -> list[tuple[int, int, str]]:
    """Block number, line and function, outermost first; of a deep stack the two ends."""
    found: list[tuple[int, int, str]] = []
    while traceback is not None:
        file = traceback.tb_frame.f_code.co_filename
        if file.startswith("<block ") and file[7:-1].isdecimal():
            found.append((int(file[7:-1]), traceback.tb_lineno or 0, traceback.tb_frame.f_code.co_name[:100]))
        traceback = traceback.tb_next
    if len(found) > _MAX_STACK:
        found = found[: _MAX_STACK // 2] + found[-_MAX_STACK // 2 :]
    return found


def _causes(error: BaseException) -> list[str]:
    found: list[str] = []
    if isinstance(error, BaseExceptionGroup):
        found += [f"in it: {type(item).__name__}: {_text_of(item)}" for item in error.exceptions[:3]]
    cause = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    while cause is not None and len(found) < 4:
        found.append(f"after: {type(cause).__name__}: {_text_of(cause)}")
        cause = cause.__cause__ or (None if cause.__suppress_context__ else cause.__context__)
    return found


def _hint(error: BaseException, names: set[str], hidden: Sequence[str]) -> str:
    if isinstance(error, NameError) and type(error.name) is str:
        removed = missing_builtin(error.name)
        if removed:
            return removed[1]
        import difflib

        close = difflib.get_close_matches(
            error.name[:100], [name for name in names if not name.startswith("__")]
        )
        return f"Did you mean {' or '.join(close)}?" if close else ""
    if hidden and isinstance(error, TypeError) and "not callable" in _text_of(error):
        shown = ", ".join(hidden[:5])
        return f"Names of this or earlier blocks hide Python's own {shown}; `del {shown}` brings that back."
    return ""
