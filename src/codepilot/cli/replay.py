"""`codepilot replay`: a session shown again, at any speed."""

from __future__ import annotations

import argparse
import time
from pathlib import Path

from codepilot import events as e
from codepilot import paths
from codepilot.cli import output, transcript
from codepilot.cli.folder import current_folder
from codepilot.errors import UsageError
from codepilot.journal.library import find_session
from codepilot.journal.listing import SessionInfo
from codepilot.journal.player import LONGEST, Player


def add_to(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Describe the subcommand."""
    replay = commands.add_parser(
        "replay",
        help="show a session again",
        description=f"Show a session again as it went; pauses are {LONGEST:g} seconds at most.",
        epilog="exit codes: 0 done, 2 usage, 130 stopped",
    )
    replay.add_argument("id", help="the session's id, or the beginning of it")
    replay.add_argument(
        "--speed",
        type=float,
        default=1.0,
        metavar="X",
        help="2 is twice as fast, 0 without pauses (default: 1)",
    )
    replay.add_argument("--json", action="store_true", help="one event per line")
    replay.add_argument(
        "--dir", "-C", type=Path, help="the folder whose sessions are meant first (default: here)"
    )
    replay.set_defaults(handler=handle)


def handle(options: argparse.Namespace) -> int:
    """Run the subcommand; returns the exit code."""
    try:
        info = find_session(options.id, paths.expanded(options.dir or current_folder()))
    except ValueError as error:
        if isinstance(error, UsageError):
            raise
        raise UsageError(f"--dir: {error}.") from None
    _show(info, options)
    return 0


def _show(info: SessionInfo, options: argparse.Namespace) -> None:
    labels: dict[str, str] = {}
    for wait, stamped in Player(transcript.stamped(info), options.speed):
        if wait:
            time.sleep(wait)
        if options.json:
            output.json_line(e.as_dict(stamped))
        elif text := transcript.shown(stamped.event, labels):
            output.write(text)
