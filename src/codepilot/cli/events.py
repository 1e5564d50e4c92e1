"""`codepilot events`: the records of a session, as they stand in its journal or as they come."""

from __future__ import annotations

import argparse
import time
from pathlib import Path

from codepilot import paths
from codepilot.cli import output
from codepilot.cli.folder import current_folder
from codepilot.errors import UsageError
from codepilot.journal.damage import damage_told
from codepilot.journal.follower import Follower
from codepilot.journal.library import find_session
from codepilot.journal.record import Record
from codepilot.text import clean_line, shorten

_PAUSE = 0.25
"""Seconds between two looks at a journal that is followed."""
_SHOWN = (
    "task",
    "text",
    "label",
    "tool",
    "command",
    "path",
    "error",
    "question",
    "answer",
    "title",
    "status",
    "summary",
)
"""Fields that tell the most of a record, for its line."""
_LONGEST = 140


def add_to(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Describe the subcommand."""
    events = commands.add_parser(
        "events",
        help="the records of a session, as they come",
        description="The records of a session's journal, one a line: number, time, type, and the most telling field."
        " docs/sessions.md has all types.",
        epilog="exit codes: 0 done, 1 failed, 2 usage, 130 stopped",
    )
    events.add_argument("id", help="the session's id, or the first characters of it")
    events.add_argument("--follow", "-f", action="store_true", help="go on with what comes, until ^C")
    events.add_argument("--after", type=int, default=0, metavar="N", help="only records after this one")
    events.add_argument(
        "--type", action="append", metavar="TYPE", help="only records of this type (repeatable)"
    )
    events.add_argument("--json", action="store_true", help="one JSON object per line, as in the journal")
    events.add_argument(
        "--dir", "-C", type=Path, help="look for the session in this folder first (default: here)"
    )
    events.set_defaults(handler=handle)


def handle(options: argparse.Namespace) -> int:
    """Run the subcommand; returns the exit code."""
    try:
        folder = paths.expanded(options.dir or current_folder())
    except ValueError as error:
        raise UsageError(f"--dir: {error}.") from None
    follower = Follower(find_session(options.id, folder).path, options.after)
    missing = 0
    while True:
        for record in follower.news():
            if not options.type or record.type in options.type:
                _write(record, as_json=options.json)
        if follower.missing != missing:
            missing = follower.missing
            output.narrate(f"The journal of this session is damaged. {damage_told(0, missing)}")
        if not options.follow:
            return 0
        time.sleep(_PAUSE)


def _write(record: Record, *, as_json: bool) -> None:
    if as_json:
        output.json_line({"n": record.n, "time": record.time, "type": record.type, **record.data})
        return
    when = time.strftime("%H:%M:%S", time.localtime(record.time))
    output.write(f"{record.n:>6}  {when}  {record.type:<20}  {_told(record)}".rstrip() + "\n")


def _told(record: Record) -> str:
    found = (record.data.get(name) for name in _SHOWN)
    texts = [clean_line(each) for each in found if isinstance(each, str) and each.strip()]
    return shorten("  ".join(texts[:2]), _LONGEST)
