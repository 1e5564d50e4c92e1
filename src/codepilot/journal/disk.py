"""The calls by which a journal is written, behind a port: tests let any of them fail, or end the program there."""

from __future__ import annotations

import errno
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

_PIECE = 1024 * 1024
"""Bytes that are copied at once."""


class Disk(Protocol):
    """Where a journal is written."""

    def open(self, path: Path) -> int:
        """Open a file for appending, made where it is missing, for this user only; returns its descriptor.

        Raises:
            OSError: as all of these: no space, an I/O error, read-only.
        """
        ...

    def write(self, handle: int, data: bytes) -> int:
        """Append; returns how many bytes were written."""
        ...

    def sync(self, handle: int) -> None:
        """Return when what was written would survive a loss of power."""
        ...

    def put_again(self, path: Path, pieces: Sequence[tuple[int, bytes]]) -> None:
        """Write bytes over what should be the same, each from its place on."""
        ...

    def truncate(self, handle: int, size: int) -> None:
        """Cut the file to so many bytes."""
        ...

    def close(self, handle: int) -> None:
        """Let go of the file."""
        ...


class SystemDisk:
    """The one of the operating system."""

    def open(self, path: Path) -> int:
        """Open for appending; the folder knows of a new file before this returns."""
        new = not path.exists()
        handle = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT | getattr(os, "O_CLOEXEC", 0), 0o600)
        if new and os.name == "posix":
            folder = os.open(path.parent, os.O_RDONLY)
            try:
                os.fsync(folder)
            finally:
                os.close(folder)
        return handle

    def write(self, handle: int, data: bytes) -> int:
        """Append by one `write`."""
        return os.write(handle, data)

    def sync(self, handle: int) -> None:
        """`fdatasync`, where there is one."""
        getattr(os, "fdatasync", os.fsync)(handle)

    def put_again(self, path: Path, pieces: Sequence[tuple[int, bytes]]) -> None:
        """By another descriptor: on one that appends, `pwrite` appends too."""
        handle = os.open(path, os.O_WRONLY | getattr(os, "O_CLOEXEC", 0))
        try:
            for place, data in pieces:
                os.lseek(handle, place, os.SEEK_SET)
                if os.write(handle, data) != len(data):
                    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        finally:
            os.close(handle)

    def truncate(self, handle: int, size: int) -> None:
        """`ftruncate`."""
        os.ftruncate(handle, size)

    def close(self, handle: int) -> None:
        """`close`."""
        os.close(handle)


def lies_at(path: Path, handle: int) -> bool:
    """Whether an open file is the one that lies at a path."""
    try:
        return os.path.samestat(path.stat(), os.fstat(handle))
    except OSError as error:
        return error.errno not in (errno.ENOENT, errno.ENOTDIR)


def copy(disk: Disk, source: int, target: int, size: int) -> None:
    """Append the first bytes of an open file to another one.

    Args:
        disk: by which the other one is written.
        source: descriptor of the first.
        target: descriptor of the other.
        size: how many bytes.

    Raises:
        OSError: there is no space, or the file is shorter.
    """
    os.lseek(source, 0, os.SEEK_SET)
    while size:
        piece = os.read(source, min(size, _PIECE))
        if not piece:
            raise OSError(errno.EIO, os.strerror(errno.EIO))
        if disk.write(target, piece) != len(piece):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        size -= len(piece)
