"""The folder in which a command was typed."""

from __future__ import annotations

from pathlib import Path

from codepilot.errors import UsageError


def current_folder() -> Path:
    """The folder that this process is in.

    Raises:
        UsageError: it was deleted, or may no longer be read.
    """
    try:
        return Path.cwd()
    except OSError:
        raise UsageError("The current folder was deleted.", hint="Go to another one with cd.") from None
