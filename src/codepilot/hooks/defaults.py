"""The handlers that are there before any is registered: they print, so that a script shows something at once."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

from codepilot.hooks.points import EventType
from codepilot.text import clean, shorten


class _Printer:
    """Writes to whatever `sys.stdout` is at the moment; streamed text and lines of our own share no line."""

    def __init__(self) -> None:
        self._in_line = False

    def write(self, text: str) -> None:
        out = sys.stdout
        if out is None or not text:  # a program without a console
            return
        try:
            out.write(text)
        except UnicodeEncodeError:  # an ASCII console: what it lacks becomes a question mark
            encoding = out.encoding or "ascii"
            out.write(text.encode(encoding, "replace").decode(encoding))
        out.flush()
        self._in_line = not text.endswith("\n")

    def line(self, text: str) -> None:
        self.write(("\n" if self._in_line else "") + clean(text) + "\n")


_printer = _Printer()
_line = _printer.line


def _think(message: str, **_: Any) -> None:
    _line(f"· {message}")


def _stream(text: str, **_: Any) -> None:
    _printer.write(clean(text))


def _tool_call(tool: str, args: dict[str, Any], label: str = "", **_: Any) -> None:
    _line(f"▸ {tool} {label or ', '.join(f'{key}={value!r}' for key, value in args.items())}")


def _tool_result(tool: str, result: str, **_: Any) -> None:
    _line(shorten(result, 300))


def _error(error: str, hint: str = "", **_: Any) -> None:
    _line(f"✗ {error}")
    if hint:
        _line(f"  {hint}")


def _finish(summary: str, **_: Any) -> None:
    _line(f"✓ {summary}")


def _max_steps(**_: Any) -> None:
    _line("✗ The step limit is reached; the task is not finished.")


DEFAULT_HANDLERS: dict[EventType, Callable[..., Any]] = {
    EventType.THINK: _think,
    EventType.STREAM: _stream,
    EventType.TOOL_CALL: _tool_call,
    EventType.TOOL_RESULT: _tool_result,
    EventType.SECURITY_ERROR: _error,
    EventType.RUNTIME_ERROR: _error,
    EventType.FINISH: _finish,
    EventType.MAX_STEPS: _max_steps,
}
