"""Who works in a session now: asked without taking its lock, so that nobody who opens it meanwhile is refused."""

from __future__ import annotations

import json
import os
import socket
import stat
import sys
import time
from pathlib import Path

from codepilot.journal.lease import SILENT, lives
from codepilot.journal.place import on_network
from codepilot.values import dataclass

_MOST = 4_096
"""Bytes of a lock file that are read."""


@dataclass(frozen=True, slots=True)
class Holder:
    """The program that has a session open, as its lock file tells it."""

    pid: int
    host: str
    program: str
    since: float
    """Seconds since 1970."""
    door: str = ""
    """The socket on which it listens, if it does."""

    @property
    def here(self) -> bool:
        """It is this very process."""
        return self.pid == os.getpid() and self.host == socket.gethostname()


def holder_of(lock: Path) -> Holder | None:
    """The program that holds a session; None: nobody does.

    Args:
        lock: the lock file in the session's folder, whether it is there or not.
    """
    try:
        # Not waiting: to open a pipe would wait for its writer.
        handle = os.open(lock, os.O_RDONLY | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_NONBLOCK", 0))
    except OSError:
        return None
    try:
        if not stat.S_ISREG(os.fstat(handle).st_mode):
            return None
        holder = _told(os.read(handle, _MOST))
        if holder.host == socket.gethostname() and not lives(holder.pid):
            return None  # the system let go of its lock: no need to try it
        if not _is_free(handle) or (holder.host != socket.gethostname() and _touched(lock, handle)):
            return holder
        return None
    except OSError:
        return None
    finally:
        os.close(handle)


def _told(said: bytes) -> Holder:
    try:
        told = json.loads(said)
        return Holder(
            int(told["pid"]),
            str(told["host"]),
            str(told["program"]),
            float(told.get("since") or 0),
            str(told.get("door") or ""),
        )
    except (
        ValueError,
        KeyError,
        TypeError,
        OverflowError,
    ):  # it is empty, or being written: only the lock can tell
        return Holder(0, "", "a program", 0)


def _touched(lock: Path, handle: int) -> bool:
    """A server may not tell of the locks of other machines: whether one of these has just said that it lives."""
    if b'"over": true' in os.pread(handle, _MOST, 0) or not on_network(lock.parent):
        return False
    return time.time() - os.fstat(handle).st_mtime < SILENT


def _is_free(handle: int) -> bool:
    if sys.platform == "win32":
        import msvcrt

        os.lseek(handle, _MOST, os.SEEK_SET)
        try:
            msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        os.lseek(handle, _MOST, os.SEEK_SET)
        msvcrt.locking(handle, msvcrt.LK_UNLCK, 1)
        return True
    import fcntl

    try:
        # Shared: two that ask at a time are in nobody's way. It falls when the file is closed.
        fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except OSError:
        return False
    return True
