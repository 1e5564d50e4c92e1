"""`runtime._shell_tools`, kept for tools that wrap the built-in `run_command` as in 0.2.1."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any


class ShellTools:
    """The built-in tools, to be called from a custom one.

    Args:
        bind: gives `run_command` bound to the control block that runs now.
    """

    def __init__(self, bind: Callable[[], Callable[..., Any]]) -> None:
        self._bind = bind

    def run_command(self, command: str, timeout: float | None = None, background: bool = False) -> str:
        """Run a command as the built-in tool does; call it from a custom tool, which runs in a thread."""
        return str(self._bind()(command, timeout=timeout, background=background))
