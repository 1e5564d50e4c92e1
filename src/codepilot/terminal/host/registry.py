"""The private folders of hosts: made, locked, described by their host, found again, and removed when it is gone.

All hosts of a person stand beside each other in one folder. A folder is made under another name, locked, and only then
given its own: one that nobody has locked belongs to a host that is gone.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import stat
import time
from dataclasses import asdict
from pathlib import Path
from typing import get_args

from codepilot import paths
from codepilot.errors import TerminalError
from codepilot.messages import OnExit
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
class HostFolder:
    """A folder for one host, and its lock, which is open and held."""

    directory: Path
    lock: int

    def close(self) -> None:
        """Close our descriptor of the lock; the host has its own."""
        os.close(self.lock)

    def remove(self) -> None:
        """The host was not started: remove the folder."""
        import shutil

        shutil.rmtree(self.directory, ignore_errors=True)
        self.close()


def base_folder() -> Path:
    """Where the hosts of this person are: `paths.runtime_dir()`, or a folder with a shorter path.

    Raises:
        TerminalError: something else stands there, or every path is too long for a socket.
    """
    import hashlib
    import tempfile

    wanted = paths.runtime_dir()
    digest = hashlib.sha256(os.fsencode(wanted)).hexdigest()[:8]
    shorter = Path(tempfile.gettempdir()) / f"codepilot-{os.getuid()}-{digest}"
    for folder in (wanted, shorter):
        if _fits(folder / "xxxxx"):
            try:
                return paths.private_dir(folder)
            except OSError as error:
                raise TerminalError(f"{folder} cannot hold the terminal sockets: {error}.") from error
    raise _too_long(wanted / "xxxxx")


def make_folder(directory: Path | None = None) -> HostFolder:
    """A new private folder among the others, or the given one if it is fit.

    Raises:
        TerminalError: it is not.
    """
    import secrets
    import tempfile

    if directory is not None:
        directory = directory.absolute()
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        check_folder(directory)
        if any(directory.iterdir()):
            raise TerminalError(f"{directory} is not empty.")
        return HostFolder(directory, _lock(directory))
    base = base_folder()
    try:
        made = Path(tempfile.mkdtemp(prefix=_UNBORN, dir=base))
        lock = _lock(made)
    except OSError as error:
        raise no_room(base, error) from error
    while True:
        name = "".join(secrets.choice(_LETTERS) for _ in range(5))
        if not (base / name).exists():
            break
    made.rename(base / name)
    return HostFolder(base / name, lock)


def no_room(directory: Path, error: OSError) -> TerminalError:
    """What is said of a folder in which a host cannot begin."""
    return TerminalError(
        f"{directory} cannot hold the files of the terminals: {error.strerror or error}. "
        "Make room there, or set XDG_RUNTIME_DIR or TMPDIR to another folder and start again."
    )


def check_folder(directory: Path) -> None:
    """Ours, closed to everybody else, not a link, and near enough to the root for a socket.

    Raises:
        TerminalError: it is not so.
    """
    found = directory.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.getuid() or stat.S_IMODE(found.st_mode) != 0o700:
        raise TerminalError(f"{directory} is not a private folder (mode 0700, owned by this user).")
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
        raise TerminalError(f"No terminal host answers at {path}: {error.strerror}.") from error
    private = stat.S_ISDIR(folder.st_mode) and not stat.S_IMODE(folder.st_mode) & 0o077
    if not private or folder.st_uid != os.getuid() or found.st_uid != os.getuid():
        raise TerminalError(f"{path.parent} is not a private folder of this user.")
    if not stat.S_ISSOCK(found.st_mode):
        raise TerminalError(f"{path} is not a socket.")


def _lock(directory: Path) -> int:
    lock = os.open(directory / LOCK, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
    fcntl.flock(lock, fcntl.LOCK_EX)
    return lock


def _fits(directory: Path) -> bool:
    return len(os.fsencode(directory / SOCKET)) <= _LONGEST_SOCKET_PATH


def _too_long(directory: Path) -> TerminalError:
    return TerminalError(
        f"The path of the terminal socket is too long: {directory / SOCKET}.",
        hint="Set XDG_RUNTIME_DIR or TMPDIR to a shorter path.",
    )


_LARGEST = 65_536
_CLEANING = ".cleaning"
_UNBORN_FOR = 60.0
"""Seconds after which a folder that got no name is taken for forgotten."""
_KINDS: dict[str, type | tuple[type, ...]] = {
    "work_dir": str,
    "agent": str,
    "pid": int,
    "started": (int, float),
    "version": int,
    "on_exit": str,
}
"""What a description has to hold."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HostAbout:
    """What a host says of itself."""

    id: str
    """The name of its folder, and of the runtime on the command line."""
    work_dir: str
    agent: str
    pid: int
    started: float
    """Seconds since the epoch."""
    version: int
    """Of the protocol."""
    on_exit: OnExit
    socket: str = ""
    session: str = ""
    """That its terminals belong to; empty: to none, or the host is an older one."""


def write_about(directory: Path, about: HostAbout) -> None:
    """Describe a host in its folder, in one move."""
    draft = directory / f"{ABOUT}.new"
    draft.write_text(json.dumps(asdict(about)), encoding="utf-8")
    draft.chmod(0o600)
    draft.replace(directory / ABOUT)


def read_about(directory: Path) -> HostAbout | None:
    """The description in a folder; None if it has none that can be used (yet)."""
    try:
        with (directory / ABOUT).open(encoding="utf-8") as stream:
            found = json.loads(stream.read(_LARGEST))
    except (OSError, ValueError):
        return None
    if not isinstance(found, dict):
        return None
    session = str(found.get("session") or "")
    found = {name: found.get(name) for name in _KINDS}
    if not all(isinstance(found[name], kind) for name, kind in _KINDS.items()):
        return None
    if found["on_exit"] not in get_args(OnExit):
        return None
    return HostAbout(**found, id=directory.name, socket=str(directory / SOCKET), session=session)


def find_hosts() -> list[HostAbout]:
    """The hosts of this person that live, oldest first. What dead ones left behind is removed.

    Raises:
        TerminalError: their folder is not a private one.
    """
    base = base_folder()
    _clean(base)
    found = []
    for directory in _folders(base):
        try:
            check_folder(directory)
        except (OSError, TerminalError):
            continue  # it has gone meanwhile, or is not a host's
        about = read_about(directory)
        if about is not None and not is_deserted(directory):
            found.append(about)
    return sorted(found, key=lambda about: (about.started, about.id))


def _clean(base: Path) -> None:
    """Remove the folders of dead hosts. One program at a time does it; the others need not wait."""
    import shutil

    lock = os.open(base / _CLEANING, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        for directory in (*_folders(base), *_forgotten(base)):
            with contextlib.suppress(OSError, TerminalError):  # it has gone meanwhile, or is not a host's
                check_folder(directory)
                if is_deserted(directory) or directory.name.startswith("."):
                    shutil.rmtree(directory, ignore_errors=True)
    except BlockingIOError:
        return
    finally:
        os.close(lock)


def _folders(base: Path) -> list[Path]:
    return [path for path in base.iterdir() if not path.name.startswith(".")]


def _forgotten(base: Path) -> list[Path]:
    now = time.time()
    found = []
    for path in base.glob(".new-*"):
        with contextlib.suppress(OSError):
            if now - path.lstat().st_mtime > _UNBORN_FOR:
                found.append(path)
    return found
