"""One writer per session: a lock on a file of its own, which the system lets go of when its holder ends.

`flock`, not a POSIX lock: that one would fall as soon as any reader of this process closed the journal. On a network
file system the kernel maps it to the server's; what the file says of its holder is looked at there too, because not
every server does as it is asked.
"""

from __future__ import annotations

import contextlib
import errno
import json
import os
import socket
import sys
import threading
import time
import weakref
from pathlib import Path
from typing import Any

from codepilot.errors import SessionBusy, SessionError
from codepilot.journal.disk import lies_at
from codepilot.journal.place import on_network

DOOR = ".door-"
"""Begins the name of the socket on which the holder listens."""
TOUCHED = 15.0
"""Seconds between two touches of the file on a network file system."""
SILENT = 45.0
"""Seconds after which a holder on another machine that does not touch it is gone."""
_MOST = 4_096
"""Bytes of what a lock file says."""
TAKEN = (errno.EAGAIN, errno.EACCES, errno.EDEADLK)
"""What `lock_file` raises where another one has it, by system."""
_held: weakref.WeakSet[Lease] = weakref.WeakSet()


class Lease:
    """The right to write in a session's folder, for as long as this lives.

    On a network file system a program of another machine that vanished is waited for, 45 seconds at most, and the
    holder touches the file every 15 seconds: its server may not tell other machines of the lock.

    Args:
        path: of the lock file; its folder is there.
        program: who holds it, for others to be told.
        remote: other machines may write there, too; None: as the file system says.

    Raises:
        SessionBusy: another program has it, or another runtime of this one.
        SessionError: the file cannot be made, or not be locked.
    """

    def __init__(self, path: Path, program: str = "codepilot", *, remote: bool | None = None) -> None:
        self._path = path
        self.remote = on_network(path.parent) if remote is None else remote
        self._owner = os.getpid()
        try:
            handle = os.open(path, os.O_RDWR | os.O_CREAT | getattr(os, "O_CLOEXEC", 0), 0o600)
        except OSError as error:
            raise SessionError(f"The session cannot be locked: {error.strerror} ({path}).") from error
        try:
            locked = self._locked(handle)
            if self.remote:
                self._wait_for_silence(_said(handle), locked=locked)
        except BaseException:
            os.close(handle)
            raise
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
        over = threading.Event()
        self._let_go = weakref.finalize(self, _let_go, handle, over)
        _held.add(self)
        if self.remote:
            told = (path, self.nonce, over)
            threading.Thread(target=_touch, args=told, name="codepilot-lease", daemon=True).start()

    def _locked(self, handle: int) -> bool:
        """Take the lock; False where the server has no locks."""
        try:
            for _ in range(_LOOKS):
                try:
                    lock_file(handle)
                    return True
                except OSError as error:
                    if error.errno not in TAKEN:
                        raise
                threading.Event().wait(_LOOK)  # somebody may only be looking who has it
            lock_file(handle)
        except OSError as error:
            if error.errno in TAKEN:
                who = _who(self._path.parent.name, _said(handle))
                raise SessionBusy(who, hint=_WHAT_NEXT) from error
            if not self.remote:
                raise SessionError(
                    f"The session cannot be locked: {error.strerror} ({self._path})."
                ) from error
            return False
        return True

    def _wait_for_silence(self, said: dict[str, Any], *, locked: bool) -> None:
        """Of a holder on another machine only the touching tells whether it lives."""
        if "pid" not in said or said.get("over"):
            return
        busy = SessionBusy(_who(self._path.parent.name, said), hint=_WHAT_NEXT)
        if said.get("host") == socket.gethostname():
            if not locked and lives(int(said["pid"])):
                raise busy
            return
        first, pause = _moved(self._path), threading.Event()
        while _time_there(self._path) - _moved(self._path) < SILENT:
            pause.wait(min(1.0, SILENT / 10))
            if _moved(self._path) != first:
                raise busy

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

    @property
    def gone(self) -> bool:
        """Whether the locked file no longer lies at its path, so that another program would get a lock of its own."""
        return self.held and not lies_at(self._path, self._handle)

    def taken_by(self) -> str:
        """Who took the session although we hold it, as a server of a network may let happen; empty: nobody."""
        try:
            said = json.loads(self._path.read_bytes()[:_MOST])
        except (OSError, ValueError):
            return ""
        return "" if not isinstance(said, dict) or said.get("nonce") == self.nonce else _shown(said)

    def release(self) -> None:
        """Let go. A second call does nothing."""
        if self.remote and self.held and not self.taken_by():
            self._said["over"] = True  # nobody need wait for us
            self._write()
        self._let_go()


def _remove_door(said: dict[str, Any]) -> None:
    """A program that was killed left its socket; nobody listens there any more."""
    path = Path(str(said.get("door") or ""))
    if path.name.startswith(DOOR) and path.is_absolute() and path.is_socket():
        with contextlib.suppress(OSError):
            path.unlink()


_LOOKS, _LOOK = 5, 0.01
"""How often, and for how many seconds each time, a lock is waited for that may be one of `holder_of`."""
_WHAT_NEXT = "End that program, or work in another session."


def _let_go(handle: int, over: threading.Event) -> None:
    over.set()
    os.close(handle)


def _touch(path: Path, nonce: str, over: threading.Event) -> None:
    """Say that the holder lives, until it lets go, or somebody else has taken it."""
    while not over.wait(TOUCHED):
        try:
            if json.loads(path.read_bytes()[:_MOST]).get("nonce") != nonce:
                return
            os.utime(path)
        except (OSError, ValueError, AttributeError):
            continue  # the network is gone for a while


def _moved(path: Path) -> float:
    """When the file was touched, by the server's clock. It is opened for that: only then all servers are asked anew."""
    handle = os.open(path, os.O_RDONLY | getattr(os, "O_CLOEXEC", 0))
    try:
        return os.fstat(handle).st_mtime
    finally:
        os.close(handle)


def _time_there(path: Path) -> float:
    """The server's clock."""
    import tempfile

    with tempfile.NamedTemporaryFile(dir=path.parent, prefix=".clock-") as made:
        os.utime(made.name)
        return _moved(Path(made.name))


def lives(pid: int) -> bool:
    """Whether there is such a process on this machine."""
    if sys.platform == "win32":
        return True
    try:
        os.kill(pid, 0)
    except (ProcessLookupError, OverflowError):  # or no number of a process at all
        return False
    except OSError:
        pass
    return True


def lock_file(handle: int) -> None:
    """Lock an open file for this program, at once.

    Raises:
        OSError: another open file has it (EAGAIN, EACCES, EDEADLK), or the file system has no locks.
    """
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
    ours = said.get("pid") == os.getpid() and said.get("host", socket.gethostname()) == socket.gethostname()
    return f"The session {session} is open in {'this' if ours else 'another'} program{_shown(said)}."


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
