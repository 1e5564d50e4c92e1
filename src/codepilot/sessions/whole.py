"""A file that is written whole or not at all: a temporary one, synced, then renamed over the old one."""

from __future__ import annotations

import contextlib
import os
import re
import time
from pathlib import Path

_ABANDONED = 600.0
"""Seconds after which nobody can still be writing a temporary file."""


def write_whole(path: Path, text: str) -> None:
    """Write a file, for this user only; its folder is made where it is missing, also for this user only.

    Raises:
        OSError: the disk is full, the folder read-only, …; what was there stays.
    """
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    _sweep(path)
    import tempfile

    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.stem}.", suffix=".tmp")
    try:
        with os.fdopen(handle, "w", encoding="utf-8", errors="backslashreplace") as stream:
            stream.write(text)
            stream.flush()
            os.fsync(stream.fileno())
        Path(temporary).replace(path)
    except BaseException:  # also Ctrl+C: nobody else knows of the temporary file
        Path(temporary).unlink(missing_ok=True)
        raise


def _sweep(path: Path) -> None:
    """Remove what programs left that were killed while they wrote this file."""
    of_this = re.compile(rf"\.{re.escape(path.stem)}\.[a-z0-9_]{{8}}\.tmp")
    now = time.time()
    for left in path.parent.iterdir():
        if of_this.fullmatch(left.name) is None:
            continue
        with contextlib.suppress(OSError):  # another program swept it, or may not be deprived of it
            if now - left.stat().st_mtime > _ABANDONED:
                left.unlink()
