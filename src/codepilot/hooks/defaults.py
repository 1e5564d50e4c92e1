"""The handlers that are there before any is registered: they print, so that a script shows something at once."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

from codepilot.hooks.points import EventType
from codepilot.text import clean


def _line(text: str) -> None:
    sys.stdout.write(clean(text) + "\n")
    sys.stdout.flush()


def _think(message: str, **_: Any) -> None:
    _line(f"· {message}")


def _stream(text: str, **_: Any) -> None:
    sys.stdout.write(clean(text))
    sys.stdout.flush()


def _tool_call(tool: str, args: dict[str, Any], label: str = "", **_: Any) -> None:
    _line(f"▸ {tool} {label or ', '.join(f'{key}={value!r}' for key, value in args.items())}")


def _tool_result(tool: str, result: str, **_: Any) -> None:
    _line(result if len(result) <= 300 else result[:300] + "…")


def _error(error: str, **_: Any) -> None:
    _line(f"✗ {error}")


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
