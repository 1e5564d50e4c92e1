"""What is piped into `codepilot run`: `pytest 2>&1 | codepilot run "explain"`."""

from __future__ import annotations

import os
import re
import select
import stat
import sys

from codepilot.cli import output
from codepilot.errors import UsageError

FIRST_BYTE = 3.0
"""Seconds in which a pipe has to begin: schedulers and scripts often leave one open that never says anything."""
MOST = 1_000_000
"""Bytes: more than a model could read."""


def piped() -> str:
    """What stands on standard input, if it is a file or a pipe; empty for a terminal and for a silent pipe.

    Raises:
        UsageError: it is more than `MOST`.
    """
    try:
        descriptor = sys.stdin.fileno()
    except (
        AttributeError,
        OSError,
        ValueError,
    ):  # none, closed, or something of the program that is not a file
        return ""
    kind = os.fstat(descriptor).st_mode
    if not (stat.S_ISFIFO(kind) or stat.S_ISREG(kind) or stat.S_ISSOCK(kind)):
        return ""
    if not select.select([descriptor], [], [], FIRST_BYTE)[0]:
        output.narrate(
            "codepilot: nothing arrived on standard input, so it is ignored (</dev/null avoids the wait)."
        )
        return ""
    pieces, size = [], 0
    while piece := os.read(descriptor, 65536):
        pieces.append(piece)
        size += len(piece)
        if size > MOST:
            raise UsageError(
                f"Standard input holds more than {MOST:,} bytes.",
                hint="Save it to a file in the folder, and name that file in the task.",
            )
    return b"".join(pieces).decode("utf-8", "replace")


def beside(task: str, text: str) -> str:
    """The task with the piped text in a fence that nothing in it can close."""
    longest = max((len(run) for run in re.findall("`+", text)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{task}\n\nStandard input:\n{fence}\n{text.rstrip(chr(10))}\n{fence}"
