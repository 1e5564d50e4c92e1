"""Opening a path part by part beneath an open folder, without ever following a link.

Where a path *is* gets worked out elsewhere (`Workspace.locate`) and is only a claim. Here the claim is
enforced: the kernel walks the parts from the folder's descriptor and refuses the first one that is a link, so
that nothing swapped in between the two can lead out. One `openat2` call does it where the kernel has it, else
one `openat` per part.
"""

from __future__ import annotations

import errno
import os
import stat
import struct
import sys
from collections.abc import Sequence
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import ctypes

_SYS_OPENAT2 = 437
_NO_MAGICLINKS, _NO_SYMLINKS, _BENEATH = 0x02, 0x04, 0x08
_RESOLVE = _NO_MAGICLINKS | _NO_SYMLINKS | _BENEATH
_ALWAYS = os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_NOCTTY
_FOLDER = os.O_RDONLY | os.O_DIRECTORY

SWAPPED = frozenset({errno.ELOOP, errno.EAGAIN, errno.EXDEV})
"""Errors that mean: something on the way was replaced since it was looked at. Look again."""


def open_beneath(folder: int, parts: Sequence[str], flags: int, *, use_openat2: bool | None = None) -> int:
    """Open a file or folder; the descriptor is the caller's to close.

    Args:
        folder: descriptor of the folder to start from.
        parts: names below it, without ``..``; none opens the folder itself.
        flags: of `os.open`; never with `O_CREAT` (see `make_folders` and the atomic write).
        use_openat2: None takes it where there is one.

    Raises:
        OSError: `errno` in `SWAPPED` if one of the parts is a link.
    """
    if not parts:
        return os.open(".", flags | _ALWAYS, dir_fd=folder)
    if use_openat2 is None:
        use_openat2 = has_openat2()
    if use_openat2:
        # Without O_NOFOLLOW the call itself says "link" (ELOOP) of a link to a folder, too.
        return _openat2(folder, "/".join(parts), (flags | _ALWAYS) & ~os.O_NOFOLLOW)
    return _walk(folder, parts, flags)


def make_folders(folder: int, parts: Sequence[str]) -> tuple[int, list[int]]:
    """Open a folder and create what is missing of it.

    Returns:
        The descriptor of the last one, and how deep each new folder lies (to take it back if the write
        fails).
    """
    here = os.open(".", _FOLDER | _ALWAYS, dir_fd=folder)
    made: list[int] = []
    try:
        for depth, name in enumerate(parts):
            try:
                os.mkdir(name, 0o777, dir_fd=here)
                made.append(depth)
            except FileExistsError:
                pass
            here = _step(here, name, _FOLDER)
    except BaseException:
        os.close(here)
        remove_folders(folder, parts, made)
        raise
    return here, made


def remove_folders(folder: int, parts: Sequence[str], made: Sequence[int]) -> None:
    """Take back folders that `make_folders` created, as far as they are still empty."""
    for depth in reversed(made):
        try:
            parent = open_beneath(folder, parts[:depth], _FOLDER)
        except OSError:
            return
        try:
            os.rmdir(parts[depth], dir_fd=parent)
        except OSError:
            return
        finally:
            os.close(parent)


@cache
def has_openat2() -> bool:
    """The kernel has `openat2` and no filter forbids it (old container profiles do)."""
    if not sys.platform.startswith("linux"):
        return False
    start = os.open("/", _FOLDER | os.O_CLOEXEC)
    try:
        os.close(_openat2(start, ".", _FOLDER | os.O_CLOEXEC))
    except OSError:
        return False
    finally:
        os.close(start)
    return True


@cache
def _libc() -> ctypes.CDLL:
    import ctypes  # 2 ms: with the first file, not with the library

    return ctypes.CDLL(None, use_errno=True)


def _openat2(folder: int, path: str, flags: int) -> int:
    import ctypes

    how = struct.pack("QQQ", flags, 0, _RESOLVE)
    raw = os.fsencode(path)
    while True:
        result: int = _libc().syscall(
            ctypes.c_long(_SYS_OPENAT2), ctypes.c_int(folder), raw, how, ctypes.c_size_t(len(how))
        )
        if result >= 0:
            return result
        code = ctypes.get_errno()
        if code != errno.EINTR:
            raise OSError(code, os.strerror(code), path)


def _walk(folder: int, parts: Sequence[str], flags: int) -> int:
    here = os.open(".", _FOLDER | _ALWAYS, dir_fd=folder)
    try:
        for name in parts[:-1]:
            here = _step(here, name, _FOLDER)
        return _open_one(here, parts[-1], flags)
    finally:
        os.close(here)


def _step(here: int, name: str, flags: int) -> int:
    """Go down one folder; closes the one before only if that went well."""
    below = _open_one(here, name, flags)
    os.close(here)
    return below


def _open_one(here: int, name: str, flags: int) -> int:
    try:
        return os.open(name, flags | _ALWAYS, dir_fd=here)
    except NotADirectoryError:
        # Linux says "not a folder" for a link that may not be followed, which must read as a swap.
        if stat.S_ISLNK(os.stat(name, dir_fd=here, follow_symlinks=False).st_mode):
            raise OSError(errno.ELOOP, os.strerror(errno.ELOOP), name) from None
        raise
