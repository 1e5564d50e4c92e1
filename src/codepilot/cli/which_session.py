"""Which session a task belongs to: a new one, the one that is named, or the last one of the folder."""

from __future__ import annotations

import argparse
from pathlib import Path

from codepilot.errors import UsageError
from codepilot.journal.listing import sessions_of
from codepilot.journal.place import new_session_id


def add_to(run: argparse.ArgumentParser) -> None:
    """Describe the options."""
    which = run.add_mutually_exclusive_group()
    which.add_argument(
        "--session",
        metavar="ID",
        help="work in the session of this name, new or not (default: a new one); without a task, go on with what was"
        " cut there",
    )
    which.add_argument(
        "--continue",
        "-c",
        dest="go_on",
        action="store_true",
        help="work in the last session of the folder; without a task, go on with what was cut there",
    )


def may_go_without_task(options: argparse.Namespace) -> bool:
    """Whether there may be a task already, in the session."""
    return bool(options.go_on or options.session)


def session_id_of(options: argparse.Namespace, work_dir: Path | str) -> str:
    """The session's id.

    Args:
        options: the command line.
        work_dir: where the agent works.

    Raises:
        UsageError: the folder has no session to go on with.
    """
    if options.session:
        return str(options.session)
    if not options.go_on:
        return new_session_id()
    if not (found := sessions_of(work_dir)):
        raise UsageError(
            f"There is no session of {work_dir} yet.", hint="Leave --continue away to begin one."
        )
    return found[0].id
