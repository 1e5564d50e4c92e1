"""The private folder of a host: its socket, its description, its lock, and the files that its shells read.

All hosts of a person stand beside each other in one folder, so that they can be found (`registry`). A folder is made
under another name, locked, and only then given its own: one that nobody has locked belongs to a host that is gone.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import secrets
import shutil
import socket
import stat
import struct
import tempfile
from pathlib import Path
from typing import cast

from codepilot import paths
from codepilot.errors import TerminalError
from codepilot.values import dataclass

SOCKET = "host.sock"
ABOUT = "about.json"
"""What the host says of itself."""
LOCK = "lock"
"""Held as long as the host lives."""
FILES = "files"
"""Commands on their way to a shell, and spooled output. The socket is beside it, so that a jail can show only this."""
_LONGEST_SOCKET_PATH = 107
_LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"
_UNBORN = ".new-"


@dataclass(frozen=True, slots=True)
class Place:
    """A folder for one host, and its lock, which is open and held."""

    directory: Path
    lock: int

    def close(self) -> None:
        """Let go of our end of the lock; the host has its own."""
        os.close(self.lock)

    def remove(self) -> None:
        """No host came of it."""
        shutil.rmtree(self.directory, ignore_errors=True)
        self.close()


def base_folder() -> Path:
    """Where the hosts of this person are: `paths.runtime_dir()`, or a folder with a shorter path.

    Raises:
        TerminalError: something else stands there, or every path is too long for a socket.
    """
    wanted = paths.runtime_dir()
    digest = hashlib.sha256(os.fsencode(wanted)).hexdigest()[:8]
    shorter = Path(tempfile.gettempdir()) / f"codepilot-{os.getuid()}-{digest}"
    for folder in (wanted, shorter):
        if _fits(folder / "xxxxx"):
            try:
                return paths.private_dir(folder)
            except OSError as error:
                raise TerminalError(f"{folder} cannot hold the terminal sockets: {error}") from error
    raise _too_long(wanted / "xxxxx")


def make_place(directory: Path | None = None) -> Place:
    """A new private folder among the others, or the given one if it is fit.

    Raises:
        TerminalError: it is not.
    """
    if directory is not None:
        directory = directory.absolute()
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        check_place(directory)
        if any(directory.iterdir()):
            raise TerminalError(f"{directory} is not empty")
        return Place(directory, _lock(directory))
    base = base_folder()
    made = Path(tempfile.mkdtemp(prefix=_UNBORN, dir=base))
    lock = _lock(made)
    while True:
        name = "".join(secrets.choice(_LETTERS) for _ in range(5))
        if not (base / name).exists():
            break
    made.rename(base / name)
    return Place(base / name, lock)


def check_place(directory: Path) -> None:
    """Ours, closed to everybody else, not a link, and near enough to the root for a socket.

    Raises:
        TerminalError: it is not so.
    """
    found = directory.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.getuid() or stat.S_IMODE(found.st_mode) != 0o700:
        raise TerminalError(f"{directory} is not a private folder (mode 0700, owned by this user)")
    if not _fits(directory):
        raise _too_long(directory)


def is_deserted(directory: Path) -> bool:
    """Nobody holds the lock of this folder: its host is gone."""
    try:
        lock = os.open(directory / LOCK, os.O_RDWR | os.O_CLOEXEC | os.O_NOFOLLOW)
    except OSError:
        # A folder is locked before it gets its name, so one without a lock is being removed, or was in part.
        return not directory.name.startswith(_UNBORN)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    finally:
        os.close(lock)
    return True


def check_socket(path: Path) -> None:
    """A socket of ours in a folder that only we can enter: nobody else can have put it there.

    Raises:
        TerminalError: it is something else, or there is nothing.
    """
    try:
        folder, found = path.parent.lstat(), path.lstat()
    except OSError as error:
        raise TerminalError(f"no terminal host answers at {path}: {error.strerror}") from error
    private = stat.S_ISDIR(folder.st_mode) and not stat.S_IMODE(folder.st_mode) & 0o077
    if not private or folder.st_uid != os.getuid() or found.st_uid != os.getuid():
        raise TerminalError(f"{path.parent} is not a private folder of this user")
    if not stat.S_ISSOCK(found.st_mode):
        raise TerminalError(f"{path} is no socket")


def peer_uid(peer: socket.socket) -> int | None:
    """The user at the other end, where the system tells it. The folder is closed to others in any case."""
    if not hasattr(socket, "SO_PEERCRED"):
        return None
    data = peer.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, struct.calcsize("3i"))
    return cast("int", struct.unpack("3i", data)[1])


def _lock(directory: Path) -> int:
    lock = os.open(directory / LOCK, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
    fcntl.flock(lock, fcntl.LOCK_EX)
    return lock


def _fits(directory: Path) -> bool:
    return len(os.fsencode(directory / SOCKET)) <= _LONGEST_SOCKET_PATH


def _too_long(directory: Path) -> TerminalError:
    return TerminalError(
        f"the path of the terminal socket is too long: {directory / SOCKET}",
        hint="Set XDG_RUNTIME_DIR or TMPDIR to a shorter path.",
    )
