"""A path as it was seen last, and how much is looked at."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable
from contextlib import suppress

from codepilot.checkpoints.replacing import State
from codepilot.checkpoints.states import WorkFiles
from codepilot.errors import WorkspaceError
from codepilot.values import dataclass

SEED_BYTES = 2 * 1024 * 1024
"""Of one file that is captured at the first look."""
SEED_ALL = 256 * 1024 * 1024
SEED_FILES = 20_000
CHANGED_FILES = 2_000
"""That one command changed; of more, only names are kept, and of no more than so many."""
CHANGED_BYTES = 64 * 1024 * 1024
UNKNOWN = State("", 0)
TOO_BIG = "over 2 MB"
TOO_MANY = "more than the first look keeps"
SAME_TICK = 100_000_000
"""Nanoseconds in which a file system may give the same time to two writes."""
NO_STAMP = (-1,)
_NOTED = 200
"""Files of one reason that are named."""


@dataclass(slots=True)
class Limit:
    """Of a look that may go on when the next command begins: what is written from then on is left to the next look."""

    until: int | None = None
    """In nanoseconds since 1970; None: nothing began."""

    def leaves(self, files: WorkFiles, path: str, stamp: tuple[int, ...]) -> bool:
        """Whether a path of this stamp may have changed too late: it was, it is gone, or a folder above it changed."""
        if self.until is None:
            return False
        if not stamp or stamp[1] >= self.until:
            return True
        with suppress(WorkspaceError):
            folders = (files.status(each) for each in above(path))
            return any(each is None or each.st_ctime_ns >= self.until for each in folders)
        return True


@dataclass(frozen=True, slots=True)
class Known:
    """A path as it was when it was looked at."""

    state: State | None
    stamp: tuple[int, ...]
    """By which it is seen that it was not touched since; empty: nothing is there."""


def stamp_of(status: os.stat_result) -> tuple[int, ...]:
    """By which it is seen that a file was not touched."""
    return (status.st_mtime_ns, status.st_ctime_ns, status.st_size, status.st_ino, status.st_mode)


def above(path: str) -> Iterable[str]:
    """The folders that a path is in."""
    parts = path.split("/")
    return ("/".join(parts[:depth]) for depth in range(1, len(parts)))


def shortened(left_out: dict[str, str]) -> dict[str, str]:
    """With the rest of many as one."""
    if len(left_out) <= _NOTED:
        return dict(left_out)
    kept = dict(list(left_out.items())[:_NOTED])
    return {**kept, "…": f"and {len(left_out) - _NOTED:,} more"}


def stamp_at(files: WorkFiles, path: str) -> tuple[int, ...]:
    """That of the file at a path; empty: there is none."""
    try:
        status = files.status(path)
    except WorkspaceError:
        return ()
    return () if status is None or stat.S_ISDIR(status.st_mode) else stamp_of(status)


def is_folder(files: WorkFiles, path: str) -> bool:
    """Whether a folder stands there, or what is not to be looked at."""
    try:
        status = files.status(path)
    except WorkspaceError:
        return True
    return status is not None and stat.S_ISDIR(status.st_mode)
