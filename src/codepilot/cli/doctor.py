"""`codepilot doctor`: what works here, what does not, and what to do about it."""

from __future__ import annotations

import argparse
import asyncio
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from codepilot import paths
from codepilot.cli import output
from codepilot.cli.folder import current_folder
from codepilot.errors import UsageError
from codepilot.text import clean_line

if TYPE_CHECKING:
    from codepilot.cli.checks import Check

_SIGNS = {"ok": "✓", "note": "!", "broken": "✗"}


def add_to(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Describe the subcommand."""
    doctor = commands.add_parser(
        "doctor",
        help="check what works on this machine, and how to fix what does not",
        description="Check Python, terminal, git, shell, the jail around the agent's code, the state folder, open"
        " sessions, API keys (never shown) and the agent file. Nothing is sent anywhere without --reach.",
        epilog="exit codes: 0 everything works, 1 something is broken, 2 usage",
    )
    doctor.add_argument(
        "--reach", action="store_true", help="also ask the model for one word; costs a few tokens"
    )
    doctor.add_argument("--dir", "-C", type=Path, help="the folder to work in (default: here)")
    doctor.add_argument("--agent", type=Path, help="agent file (default: as codepilot run)")
    doctor.add_argument("--json", action="store_true", help="one JSON object")
    doctor.set_defaults(handler=handle)


def handle(options: argparse.Namespace) -> int:
    """Run the subcommand; returns the exit code."""
    try:
        folder = paths.expanded(options.dir or current_folder()).resolve()
    except ValueError as error:
        raise UsageError(f"--dir: {error}.") from None
    checks = asyncio.run(_all(folder, options))
    broken = any(check.state == "broken" for check in checks)
    if options.json:
        output.json_line({"ok": not broken, "checks": [asdict(check) for check in checks]})
    return 1 if broken else 0


async def _all(folder: Path, options: argparse.Namespace) -> list[Check]:
    from codepilot.cli.checks import everything  # much of the library

    found = []
    async for check in everything(folder, options.agent, reach=options.reach):
        found.append(check)
        if not options.json:  # as they come: the jail and the model take a while
            output.write(_line(check))
    return found


def _line(check: Check) -> str:
    line = f"{_SIGNS[check.state]} {check.name:<14}  {clean_line(check.said)}\n"
    return f"{line}  {'':<14}  → {clean_line(check.next)}\n" if check.next else line
