"""A path as it was seen last, and how much is looked at."""

from __future__ import annotations

import os
from collections.abc import Iterable

from codepilot.checkpoints.states import State
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
TOO_MANY = "there is more than is kept at the first look"
SAME_TICK = 100_000_000
"""Nanoseconds in which a file system may give the same time to two writes."""
NO_STAMP = (-1,)
_NOTED = 200
"""Files of one reason that are named."""


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
