"""Regular files in an open folder: judging and reading a descriptor, replacing a file in one step."""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Callable
from contextlib import suppress
from typing import Literal

from codepilot.errors import WorkspaceError
from codepilot.workspace import beside, filetext
from codepilot.workspace.beneath import open_beneath
from codepilot.workspace.filetext import FileText

MAX_BYTES = 32 * 1024 * 1024
"""Larger files are not opened."""

Expected = FileText | Literal["missing", "anything"]
"""What must stand in a place for it to be replaced."""

_KINDS: tuple[tuple[Callable[[int], bool], str], ...] = (
    (stat.S_ISDIR, "a folder"),
    (stat.S_ISFIFO, "a named pipe"),
    (stat.S_ISCHR, "a device"),
    (stat.S_ISBLK, "a device"),
    (stat.S_ISSOCK, "a socket"),
)


class TooLarge(WorkspaceError):
    """The file has more bytes than are opened at once."""


class StaleFile(WorkspaceError):
    """The file is not what the caller expected to replace; `now` is what stands there (None: nothing)."""

    def __init__(self, message: str, *, now: FileText | None, hint: str = "") -> None:
        super().__init__(message, hint=hint)
        self.now = now


def replace_in(
    folder: int,
    name: str,
    data: bytes,
    shown: str,
    mode: int | None,
    expect: Expected,
) -> os.stat_result:
    """Put new bytes in the place of a file, or create it: written aside, synced, then renamed.

    Args:
        folder: descriptor of the folder.
        name: the file in it; never a path.
        data: all of the new file.
        shown: its path for messages.
        mode: for a new file; None is what the umask leaves. An existing one keeps its own.
        expect: what must stand there until the very end.

    Raises:
        StaleFile: something else stands there.
        WorkspaceError: it is read-only or no regular file.
        OSError: the disk refuses; `errno` ELOOP: there is a link now. Nothing was changed.
    """
    old = _status(folder, name)
    if old is not None:
        only_regular(old, shown)
        if not old.st_mode & 0o222:
            raise WorkspaceError(
                f"'{shown}' is read-only.", hint="Make it writable first, if that is wanted."
            )
        mode = stat.S_IMODE(old.st_mode) & 0o777
    temporary = beside.draft()
    beside.sweep(folder)
    # A new file gets what the umask leaves; a copy of a private one is never readable in between.
    permissions = 0o666 if mode is None else 0o600
    descriptor = _open_nameless(folder, permissions)
    nameless = descriptor is not None
    if descriptor is None:
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
        descriptor = os.open(temporary, flags, permissions, dir_fd=folder)
    try:
        try:
            view = memoryview(data)
            while view:
                view = view[os.write(descriptor, view) :]
            if old is not None and (old.st_uid, old.st_gid) != (os.geteuid(), os.getegid()):
                # Keeping the owner is a courtesy of root towards the user's files; others may not.
                with suppress(PermissionError):
                    os.fchown(descriptor, old.st_uid, old.st_gid)
            if mode is not None:
                os.fchmod(descriptor, mode)
            os.fsync(descriptor)
            status = os.fstat(descriptor)
            _still(folder, name, shown, expect)
            if nameless:
                os.link(f"/proc/self/fd/{descriptor}", temporary, dst_dir_fd=folder, follow_symlinks=True)
        finally:
            os.close(descriptor)
        _put(folder, temporary, name, data, shown, expect)
    except BaseException:
        with suppress(FileNotFoundError):
            os.unlink(temporary, dir_fd=folder)
        raise
    # The new text is in place whatever this says; some file systems cannot sync a folder.
    with suppress(OSError):
        os.fsync(folder)
    return status


def _put(folder: int, temporary: str, name: str, data: bytes, shown: str, expect: Expected) -> None:
    """Let what was written take the place, if what is expected stands there to the very end."""
    if expect == "anything":
        os.rename(temporary, name, src_dir_fd=folder, dst_dir_fd=folder)
        return
    try:
        if isinstance(expect, str):
            while True:
                try:
                    beside.move_new(folder, temporary, name)
                    return
                except FileExistsError:
                    _still(folder, name, shown, expect)  # raises, unless it was removed again
        _swap(folder, temporary, name, data, shown, expect)
    except OSError as error:
        if error.errno not in beside.CANNOT:
            raise
        _still(folder, name, shown, expect)
        os.rename(temporary, name, src_dir_fd=folder, dst_dir_fd=folder)


def _swap(folder: int, temporary: str, name: str, data: bytes, shown: str, expect: FileText) -> None:
    ours = filetext.digest(data)
    aside = beside.aside(name, ours, expect.digest)
    os.rename(temporary, aside, src_dir_fd=folder, dst_dir_fd=folder)

    def look(name: str) -> str | None:
        return beside.digest_of(folder, name)

    try:
        while not beside.swap(folder, aside, name, look, expect.digest):
            _still(folder, name, shown, expect)
            if look(aside) != ours:  # it was deleted and is there again: too much happens here
                raise StaleFile(f"'{shown}' was changed in the meantime", now=None, hint="Read it again.")
    except FileNotFoundError:
        beside.let_go(folder, aside)
        _still(folder, name, shown, expect)
        raise
    except StaleFile:  # what stands there now is newer than what came away
        os.unlink(aside, dir_fd=folder)
        raise
    except BaseException as error:
        if isinstance(error, OSError) and error.errno in beside.CANNOT:
            os.rename(aside, temporary, src_dir_fd=folder, dst_dir_fd=folder)
        elif kept := beside.let_go(folder, aside):
            raise WorkspaceError(
                f"'{shown}' was changed in the meantime; what was saved there is '{kept}' now."
            ) from error
        raise
    os.unlink(aside, dir_fd=folder)


def _open_nameless(folder: int, permissions: int) -> int | None:
    """A new file without a name, of which nothing is left if this process is killed; None where there is no such.

    It needs a name for the moment before it takes the place of another, so even then `sweep` may find one.
    """
    flag = getattr(os, "O_TMPFILE", None)
    if flag is None or not os.path.isdir("/proc/self/fd"):  # noqa: PTH112 - by which it gets its name
        return None
    try:
        return os.open(".", flag | os.O_WRONLY | os.O_CLOEXEC, permissions, dir_fd=folder)
    except OSError as error:
        if error.errno in (errno.EOPNOTSUPP, errno.EISDIR, errno.EINVAL):  # the file system has none
            return None
        raise


def _still(folder: int, name: str, shown: str, expect: Expected) -> None:
    """What is about to be replaced is what the caller thinks it is."""
    if expect == "anything":
        return
    now = None
    status = _status(folder, name)
    if status is not None:
        only_regular(status, shown)
        descriptor = open_beneath(folder, [name], os.O_RDONLY)
        try:
            data, status = read(descriptor, shown, MAX_BYTES)
        finally:
            os.close(descriptor)
        if not isinstance(expect, str) and filetext.digest(data) == expect.digest:
            return
        now = filetext.decode(data, shown=shown, mode=stat.S_IMODE(status.st_mode), mtime=status.st_mtime_ns)
    elif expect == "missing":
        return
    what = "is gone" if now is None else "was created" if expect == "missing" else "was changed"
    raise StaleFile(f"'{shown}' {what} in the meantime", now=now, hint="Read it again.")


def _status(folder: int, name: str) -> os.stat_result | None:
    try:
        return os.stat(name, dir_fd=folder, follow_symlinks=False)
    except FileNotFoundError:
        return None


def only_regular(status: os.stat_result, shown: str) -> None:
    """Refuse everything but a regular file.

    Raises:
        WorkspaceError: a folder, pipe, device or socket.
        OSError: a link (ELOOP), which must be followed first.
    """
    if stat.S_ISREG(status.st_mode):
        return
    if stat.S_ISLNK(status.st_mode):
        raise OSError(errno.ELOOP, os.strerror(errno.ELOOP))
    kind = next((word for test, word in _KINDS if test(status.st_mode)), "no regular file")
    raise WorkspaceError(
        f"'{shown}' is {kind}.",
        hint="Name a file in it, or list it in a terminal."
        if kind == "a folder"
        else "Only regular files are opened.",
    )


def read(descriptor: int, shown: str, limit: int) -> tuple[bytes, os.stat_result]:
    """All bytes of an open file, and its status before they were read.

    Raises:
        TooLarge: there are more than `limit`.
    """
    status = os.fstat(descriptor)
    pieces: list[bytes] = []
    room = limit + 1 if status.st_size <= limit else 0
    while room > 0:
        piece = os.read(descriptor, min(room, 1 << 20))
        if not piece:
            break
        pieces.append(piece)
        room -= len(piece)
    if room <= 0:
        raise TooLarge(
            f"'{shown}' is too large to be opened (over {limit:,} bytes)",
            hint="Look at parts of it with a command in a terminal.",
        )
    return b"".join(pieces), status
