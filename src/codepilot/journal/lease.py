"""One writer per session: a lock on a file of its own, which the system lets go of when its holder ends.

`flock`, not a POSIX lock: that one would fall as soon as any reader of this process closed the journal. On a network
file system the kernel maps it to the server's; what the file says of its holder is looked at there too, because not
every server does as it is asked.
"""

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

from codepilot.errors import SessionBusy, SessionError

DOOR = ".door-"
"""Begins the name of the socket on which the holder listens."""
_MOST = 4_096
"""Bytes of what a lock file says."""
_held: weakref.WeakSet[Lease] = weakref.WeakSet()


class Lease:
    """The right to write in a session's folder, for as long as this lives.

    Args:
        path: of the lock file; its folder is there.
        program: who holds it, for others to be told.

    Raises:
        SessionBusy: another program has it, or another runtime of this one.
        SessionError: the file cannot be made.
    """

    def __init__(self, path: Path, program: str = "codepilot") -> None:
        self._path = path
        self._owner = os.getpid()
        try:
            handle = os.open(path, os.O_RDWR | os.O_CREAT | getattr(os, "O_CLOEXEC", 0), 0o600)
        except OSError as error:
            raise SessionError(f"The session cannot be locked: {error.strerror} ({path}).") from error
        try:
            _lock(handle)
        except OSError as error:
            holder = _said(handle)
            os.close(handle)
            raise SessionBusy(_who(path.parent.name, holder), hint=_WHAT_NEXT) from error
        _remove_door(_said(handle))
        self.nonce = os.urandom(8).hex()
        """What this holder put into the file; another text there means that somebody took the session."""
        self._said = {
            "pid": self._owner,
            "host": socket.gethostname(),
            "program": program,
            "since": round(time.time(), 3),
            "nonce": self.nonce,
        }
        self._handle = handle
        self._write()
        self._let_go = weakref.finalize(self, os.close, handle)
        _held.add(self)

    def tell_door(self, path: Path | None) -> None:
        """Say on which socket its program listens; None: on none any more."""
        if self.held:
            self._said["door"] = "" if path is None else str(path)
            self._write()

    def _write(self) -> None:
        with contextlib.suppress(OSError):  # a full disk: the lock holds without a word
            os.ftruncate(self._handle, 0)
            os.pwrite(self._handle, json.dumps(self._said).encode(), 0)

    @property
    def held(self) -> bool:
        """Whether it is still ours: not let go of, and not in a fork of the program that took it."""
        return self._let_go.alive and os.getpid() == self._owner

    def taken_by(self) -> str:
        """Who took the session although we hold it, as a server of a network may let happen; empty: nobody."""
        try:
            said = json.loads(self._path.read_bytes()[:_MOST])
        except (OSError, ValueError):
            return ""
        return "" if not isinstance(said, dict) or said.get("nonce") == self.nonce else _shown(said)

    def release(self) -> None:
        """Let go. A second call does nothing."""
        self._let_go()


def _remove_door(said: dict[str, Any]) -> None:
    """A program that was killed left its socket; nobody listens there any more."""
    path = Path(str(said.get("door") or ""))
    if path.name.startswith(DOOR) and path.is_absolute() and path.is_socket():
        with contextlib.suppress(OSError):
            path.unlink()


_WHAT_NEXT = "End that program, or work in another session."


def _lock(handle: int) -> None:
    if sys.platform == "win32":
        import msvcrt

        os.lseek(handle, _MOST, os.SEEK_SET)  # beyond what it says, so that others can read that
        msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)
    else:
        import fcntl

        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)


def _said(handle: int) -> dict[str, Any]:
    try:
        os.lseek(handle, 0, os.SEEK_SET)
        said = json.loads(os.read(handle, _MOST))
    except (OSError, ValueError):
        return {}
    return said if isinstance(said, dict) else {}


def _who(session: str, said: dict[str, Any]) -> str:
    return f"The session {session} is open in another program{_shown(said)}."


def _shown(said: dict[str, Any]) -> str:
    since = said.get("since")
    when = time.strftime(", since %H:%M", time.localtime(since)) if isinstance(since, int | float) else ""
    there = said.get("host")
    where = f" on {there}" if there and there != socket.gethostname() else ""
    return (
        f" ({said.get('program', 'codepilot')}, process {said['pid']}{where}{when})" if "pid" in said else ""
    )


def _close_in_child() -> None:
    """A forked child would keep the lock for as long as it lives, also after its parent's end."""
    for lease in list(_held):
        lease.release()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_close_in_child)
