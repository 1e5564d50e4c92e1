"""How programs use terminals: `TerminalClient` joins a host; `TerminalService` is what a runtime's tools share."""

from codepilot.terminal.client.client import TerminalClient
from codepilot.terminal.client.launch import HostOptions
from codepilot.terminal.client.liveness import SILENT
from codepilot.terminal.client.service import TerminalService

__all__ = ["SILENT", "HostOptions", "TerminalClient", "TerminalService"]
