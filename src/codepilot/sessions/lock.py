"""A lock beside a file, held by one open file in the whole system; the kernel drops it with its program."""

from __future__ import annotations

import contextlib
import json
import os
import socket
import sys
import time
import weakref
from pathlib import Path
from typing import Any

from codepilot.errors import SessionBusy
from codepilot.journal.lease import TAKEN, lock_file

_held: weakref.WeakSet[FileLock] = weakref.WeakSet()
"""Those that this process has taken, or was forked with."""


class FileLock:
    """A lock that is a file while it is held.

    Args:
        path: the file. Its folder must be there when it is taken.
        name: of what it locks, for the error's text.
    """

    def __init__(self, path: Path, name: str) -> None:
        self._path = path
        self._name = name
        self._handle: int | None = None

    @property
    def held(self) -> bool:
        """Whether this object holds it."""
        return self._handle is not None

    def take(self) -> None:
        """Take it; at once, or not at all.

        Raises:
            SessionBusy: another one holds it; the text says who.
            OSError: the file cannot be made.
        """
        while self._handle is None:
            handle = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
            try:
                lock_file(handle)
            except OSError as error:
                if error.errno not in TAKEN:
                    os.close(handle)
                    raise
                holder = _holder(handle)
                os.close(handle)
                raise SessionBusy(
                    f"The session {self._name} is being worked on by {holder}.",
                    hint="Wait for the end of its task, or use another session_id.",
                ) from None
            if not self._is_there(handle):  # who held it removed the file before it let go
                os.close(handle)
                continue
            who = {"pid": os.getpid(), "host": socket.gethostname(), "since": time.time()}
            self._handle = handle
            _held.add(self)
            with contextlib.suppress(OSError):  # a full disk: nobody reads who it is, but the lock holds
                os.ftruncate(handle, 0)
                os.pwrite(handle, json.dumps(who).encode(), 0)

    def free(self) -> None:
        """Give it up, if it is held; the file goes first, so that nobody finds an old one."""
        handle, self._handle = self._handle, None
        if handle is None:
            return
        try:
            if self._is_there(handle):
                self._path.unlink(missing_ok=True)
        finally:
            # A process that was forked meanwhile has the open file as well: closing alone would leave the lock to it.
            if sys.platform != "win32":
                import fcntl

                fcntl.flock(handle, fcntl.LOCK_UN)
            os.close(handle)

    def drop(self) -> None:
        """In a process that was forked with it: it is the parent's, and must not be held beyond its end."""
        handle, self._handle = self._handle, None
        if handle is not None:
            os.close(handle)

    def _is_there(self, handle: int) -> bool:
        """Whether the path still leads to this open file."""
        try:
            found = self._path.stat()
        except FileNotFoundError:
            return False
        mine = os.fstat(handle)
        return (found.st_dev, found.st_ino) == (mine.st_dev, mine.st_ino)


def _drop_in_child() -> None:
    for lock in list(_held):
        lock.drop()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_drop_in_child)


def _holder(handle: int) -> str:
    """Who wrote into the lock's file; it may be empty for a moment."""
    try:
        who: Any = json.loads(os.pread(handle, 4096, 0) or b"{}")
    except ValueError:
        who = {}
    if not isinstance(who, dict) or "pid" not in who:
        return "another program"
    return f"process {who['pid']} on {who.get('host')}"
