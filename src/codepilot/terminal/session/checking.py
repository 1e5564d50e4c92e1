"""Whether a shell would take a command, asked before it is given."""

from __future__ import annotations

from pathlib import Path

from codepilot.terminal.session.session import Session
from codepilot.terminal.session.state import SessionHost
from codepilot.terminal.shell.integration import refusal

CHECK_PATIENCE = 5.0
"""Seconds that a shell gets to say whether a command is whole."""


async def refused(session: Session, host: SessionHost, text: str, file: Path | None) -> str:
    """Why the shell would not take a command; empty if it would, or if there is nobody to ask.

    Args:
        session: the terminal.
        host: runs the check.
        text: the command.
        file: it holds that; None: it will be typed.
    """
    shell = session.shell
    if shell is None or file is None:
        return ""
    path = host.process_settings.environment.get("PATH", "")
    return await refusal(
        shell,
        session.process.program,
        text,
        file,
        lambda argv: host.reaper.run(
            argv, {"PATH": path, "LC_ALL": "C.UTF-8"}, host.process_settings.umask, CHECK_PATIENCE
        ),
    )
