"""How programs use terminals: `TerminalClient` joins a host; `TerminalService` is what a runtime's tools share."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from codepilot.terminal.client.launch import HostOptions
from codepilot.terminal.client.liveness import SILENT
from codepilot.terminal.client.service import TerminalService

if TYPE_CHECKING:
    from codepilot.terminal.client.client import TerminalClient

__all__ = ["SILENT", "HostOptions", "TerminalClient", "TerminalService"]


def __getattr__(name: str) -> Any:
    """Load the client when it is first asked for: a runtime that was only made has no use for it."""
    if name != "TerminalClient":
        raise AttributeError(f"module 'codepilot.terminal.client' has no attribute {name!r}")
    from codepilot.terminal.client.client import TerminalClient

    globals()[name] = TerminalClient
    return TerminalClient
