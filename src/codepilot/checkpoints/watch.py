"""Which paths of a folder tree were touched: told by the kernel (inotify), asked for when somebody wants to know.

Nothing runs in between and nothing is read by a thread: the kernel keeps the news. What it tells is a hint, and each
path has to be looked at; a path that was touched is never missing. Folders that are new are watched, and all in them
counts as touched; a folder that is moved away counts as touched with all that was in it.
"""

from __future__ import annotations

import ctypes
import errno
import os
import struct
import sys
from collections.abc import Callable
from dataclasses import field
from pathlib import Path

from codepilot.values import dataclass

_MODIFY, _ATTRIB, _CLOSE_WRITE = 0x2, 0x4, 0x8
_MOVED_FROM, _MOVED_TO, _CREATE, _DELETE = 0x40, 0x80, 0x100, 0x200
_DELETE_SELF, _MOVE_SELF = 0x400, 0x800
_OVERFLOW, _IGNORED, _ISDIR = 0x4000, 0x8000, 0x40000000
_ONLYDIR, _DONT_FOLLOW, _EXCL_UNLINK = 0x1000000, 0x2000000, 0x4000000
_EVENTS = (
    *(_MODIFY, _ATTRIB, _CLOSE_WRITE, _MOVED_FROM, _MOVED_TO, _CREATE, _DELETE),
    *(_DELETE_SELF, _MOVE_SELF, _ONLYDIR, _DONT_FOLLOW, _EXCL_UNLINK),
)
_MASK = sum(_EVENTS)
_HEAD = struct.Struct("iIII")
MOST_BY = "CODEPILOT_WATCHES"
"""The variable that says how many folders are watched at most."""
_LIMIT = Path("/proc/sys/fs/inotify/max_user_watches")


class CannotWatch(Exception):
    """The system gives no watches, or too few for this tree."""


@dataclass(slots=True)
class Touched:
    """What may have changed since it was asked last. Paths are relative to the root, with ``/``."""

    files: set[str] = field(default_factory=set)
    gone: set[str] = field(default_factory=set)
    """Folders that were moved away or deleted: all that was in them is touched."""
    new: set[str] = field(default_factory=set)
    """Folders that are new."""
    lost: bool = False
    """The kernel had to throw news away: anything may have changed."""


class Watch:
    """Watches on all folders of a tree but those that are left out.

    Args:
        root: the folder.
        leave_out: says of a folder, by its path relative to the root, that nothing in it counts.

    Raises:
        CannotWatch: the system has no inotify, or not enough watches.
    """

    def __init__(self, root: str, leave_out: Callable[[str], bool]) -> None:
        if not sys.platform.startswith("linux"):
            raise CannotWatch("this system has another way to watch files")
        self._root = root
        self._leave_out = leave_out
        self._libc = ctypes.CDLL(None, use_errno=True)
        self._handle = self._libc.inotify_init1(os.O_NONBLOCK | os.O_CLOEXEC)
        if self._handle < 0:
            raise CannotWatch(os.strerror(ctypes.get_errno()))
        self._most = _most()
        self._paths: dict[int, str] = {}
        self._numbers: dict[str, int] = {}
        try:
            self._arm("", None)
            if not self._paths:
                raise CannotWatch("the folder cannot be watched")
        except BaseException:
            self.close()
            raise

    def __len__(self) -> int:
        return len(self._paths)

    def close(self) -> None:
        """End all watches. A second call does nothing."""
        if self._handle >= 0:
            os.close(self._handle)
            self._handle = -1

    def quiet(self) -> bool:
        """Whether nothing was told since it was asked last; costs one look."""
        count = ctypes.c_int()
        fionread = 0x541B
        return self._libc.ioctl(self._handle, fionread, ctypes.byref(count)) == 0 and count.value == 0

    def take(self) -> Touched:
        """What was touched since this was asked last."""
        touched = Touched()
        while True:
            try:
                data = os.read(self._handle, 1 << 20)
            except BlockingIOError:
                return touched
            at = 0
            while at < len(data):
                number, mask, _, length = _HEAD.unpack_from(data, at)
                name = data[at + _HEAD.size : at + _HEAD.size + length].rstrip(b"\0")
                at += _HEAD.size + length
                self._told(touched, number, mask, os.fsdecode(name))

    def _told(self, touched: Touched, number: int, mask: int, name: str) -> None:
        if mask & _OVERFLOW:
            touched.lost = True
            return
        folder = self._paths.get(number)
        if folder is None:
            return
        if mask & _IGNORED:
            self._paths.pop(number, None)
            if self._numbers.get(folder) == number:
                self._numbers.pop(folder)
            return
        if not name:
            if mask & (_DELETE_SELF | _MOVE_SELF) and not folder:
                touched.lost = True  # of the root itself
            return
        path = f"{folder}/{name}" if folder else name
        touched.files.add(path)
        if mask & _ISDIR:
            self._folder_told(touched, mask, path)

    def _folder_told(self, touched: Touched, mask: int, path: str) -> None:
        if mask & (_MOVED_FROM | _DELETE):
            touched.gone.add(path)
            self._drop(path)
        elif mask & (_CREATE | _MOVED_TO):
            touched.new.add(path)
            if not self._leave_out(path):
                try:
                    self._arm(path, touched)
                except CannotWatch:
                    touched.lost = True

    def _drop(self, path: str) -> None:
        """Watch a folder no more, and none in it: they have another path now, if they are there."""
        below = path + "/"
        for each in [each for each in self._numbers if each == path or each.startswith(below)]:
            number = self._numbers.pop(each)
            self._paths.pop(number, None)
            self._libc.inotify_rm_watch(self._handle, number)

    def _arm(self, start: str, touched: Touched | None) -> None:
        """Watch a folder and all in it; what is in it counts as touched where `touched` is given."""
        pending = [start]
        while pending:
            folder = pending.pop()
            if not self._add(folder):
                continue
            # Listed after it is watched: what comes in between is told, or is in the list, or both.
            for name, is_folder in _listing(f"{self._root}/{folder}" if folder else self._root):
                path = f"{folder}/{name}" if folder else name
                if touched is not None:
                    touched.files.add(path)
                if is_folder and not self._leave_out(path):
                    if touched is not None:
                        touched.new.add(path)
                    pending.append(path)

    def _add(self, folder: str) -> bool:
        if len(self._paths) >= self._most:
            raise CannotWatch("there are too many folders")
        whole = f"{self._root}/{folder}" if folder else self._root
        number = self._libc.inotify_add_watch(self._handle, os.fsencode(whole), _MASK)
        if number >= 0:
            known = self._paths.get(number)
            if known is not None:  # it was moved, and the news of that is still to be read
                self._numbers.pop(known, None)
            self._paths[number], self._numbers[folder] = folder, number
            return True
        code = ctypes.get_errno()
        if code in (errno.ENOSPC, errno.EMFILE, errno.ENOMEM):
            raise CannotWatch(os.strerror(code))
        return False  # gone, a link, or not to be read


def _listing(folder: str) -> list[tuple[str, bool]]:
    try:
        with os.scandir(folder) as found:
            return [(each.name, each.is_dir(follow_symlinks=False)) for each in found]
    except OSError:
        return []


def _most() -> int:
    """Half of what this user may have, since others want to watch, too; or what the person says."""
    if (given := os.environ.get(MOST_BY, "")).isdecimal():
        return int(given)
    try:
        return int(_LIMIT.read_text()) // 2
    except (OSError, ValueError):
        return 4096
