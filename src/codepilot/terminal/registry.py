"""Which hosts there are: each describes itself in its folder; folders of hosts that are gone are removed."""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import shutil
import time
from dataclasses import asdict
from pathlib import Path
from typing import get_args

from codepilot.errors import TerminalError
from codepilot.messages import OnExit
from codepilot.terminal.place import ABOUT, SOCKET, base_folder, check_place, is_deserted
from codepilot.values import dataclass

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
    found = {name: found.get(name) for name in _KINDS}
    if not all(isinstance(found[name], kind) for name, kind in _KINDS.items()):
        return None
    if found["on_exit"] not in get_args(OnExit):
        return None
    return HostAbout(**found, id=directory.name, socket=str(directory / SOCKET))


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
            check_place(directory)
        except (OSError, TerminalError):
            continue  # it went away, or somebody put it there who is no host of ours
        about = read_about(directory)
        if about is not None and not is_deserted(directory):
            found.append(about)
    return sorted(found, key=lambda about: (about.started, about.id))


def _clean(base: Path) -> None:
    """Remove the folders of dead hosts. One program at a time does it; the others need not wait."""
    lock = os.open(base / _CLEANING, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        for directory in (*_folders(base), *_forgotten(base)):
            with contextlib.suppress(OSError, TerminalError):  # it went away by itself, or is none of ours
                check_place(directory)
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
