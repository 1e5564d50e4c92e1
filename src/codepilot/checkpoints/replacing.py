"""Replacing what stands by a name in an open folder: only what is expected there is replaced, also in the last moment.

See `workspace.beside` for how.
"""

from __future__ import annotations

import errno
import os
import stat
from contextlib import suppress

from codepilot.errors import WorkspaceError
from codepilot.values import dataclass
from codepilot.workspace import beside
from codepilot.workspace.beneath import open_beneath
from codepilot.workspace.filetext import digest
from codepilot.workspace.regular import TooLarge, read

MOST = 16 * 1024 * 1024
"""Bytes of a file whose content is kept."""


@dataclass(frozen=True, slots=True)
class State:
    """A file or a link that is there."""

    id: str
    """Of its bytes, or of the text of the link; empty: not known."""
    mode: int
    """Kind and permissions, as `os.stat` has them; 0: not known."""

    @property
    def is_link(self) -> bool:
        """It is a symbolic link."""
        return stat.S_ISLNK(self.mode)


@dataclass(frozen=True, slots=True)
class Found:
    """What stands at a path now."""

    state: State | None
    """None: nothing."""
    data: bytes = b""
    status: os.stat_result | None = None


class Changed(WorkspaceError):
    """Something else stands there than was expected."""


def look(folder: int, name: str, shown: str, limit: int = MOST) -> Found:
    """What stands there.

    Args:
        folder: open.
        name: in it.
        shown: its path for messages.
        limit: bytes that it may have.

    Raises:
        TooLarge: it has more.
        WorkspaceError: a device, or what may not be read.
        OSError: nothing stands there, or the disk refuses.
    """
    status = os.stat(name, dir_fd=folder, follow_symlinks=False)
    if stat.S_ISLNK(status.st_mode):
        data = os.readlink(os.fsencode(name), dir_fd=folder)
    elif stat.S_ISREG(status.st_mode):
        if status.st_size > limit:
            raise TooLarge(f"'{shown}' has more than {limit:,} bytes")
        descriptor = open_beneath(folder, [name], os.O_RDONLY)
        try:
            data, status = read(descriptor, shown, limit)
        finally:
            os.close(descriptor)
    elif stat.S_ISDIR(status.st_mode):
        return Found(None)
    else:
        raise WorkspaceError(f"'{shown}' is no file.")
    return Found(State(digest(data), status.st_mode), data, status)


def replace(
    folder: int, name: str, shown: str, expect: State | None, state: State | None, data: bytes
) -> None:
    """Let something else stand there, in one step.

    Args:
        folder: open.
        name: in it.
        shown: its path for messages.
        expect: what must still stand there; None: nothing.
        state: what shall stand there; None: nothing.
        data: its bytes, or the text of the link.

    Raises:
        Changed: something else than `expect` stands there.
        WorkspaceError, OSError: it cannot be written; nothing has changed.
    """
    aside = beside.aside(name, state.id if state is not None else "", expect.id if expect is not None else "")
    beside.sweep(folder)
    _still(folder, name, shown, expect)
    try:
        if state is None:
            if expect is not None:
                take_away(folder, name, aside, shown, expect)
        else:
            _make(folder, aside, state, data)
            if expect is None:
                _remove_folder(folder, name)
                move_new(folder, aside, name, shown)
            else:
                swap(folder, aside, name, shown, expect)
    except Changed:  # what stands there now is newer than what came away
        with suppress(FileNotFoundError):
            os.unlink(aside, dir_fd=folder)
        raise
    except BaseException as error:
        if kept := beside.let_go(folder, aside):
            raise _changed(shown, f"; what was saved there is '{kept}' now") from error
        raise
    with suppress(FileNotFoundError):
        os.unlink(aside, dir_fd=folder)
    _sync(folder)


def swap(folder: int, aside: str, name: str, shown: str, expect: State) -> None:
    """Let a file take the place of another, if that is what is expected.

    Args:
        folder: open.
        aside: the name of what takes the place; afterwards what was replaced has it, or the same still.
        name: the place.
        shown: its path for messages.
        expect: what must stand there.

    Raises:
        Changed: it does not.
    """
    try:
        if not beside.swap(folder, aside, name, lambda each: _state(folder, each, shown), expect):
            raise _changed(shown)
    except FileNotFoundError:
        raise _changed(shown) from None
    except OSError as error:
        if error.errno not in beside.CANNOT:
            raise
        _still(folder, name, shown, expect)
        os.rename(aside, name, src_dir_fd=folder, dst_dir_fd=folder)


def move_new(folder: int, aside: str, name: str, shown: str) -> None:
    """Give a file a name that is free.

    Raises:
        Changed: it is not.
    """
    try:
        beside.move_new(folder, aside, name)
    except FileExistsError:
        raise _changed(shown) from None
    except OSError as error:
        if error.errno not in beside.CANNOT:
            raise
        _still(folder, name, shown, None)
        os.rename(aside, name, src_dir_fd=folder, dst_dir_fd=folder)


def take_away(folder: int, name: str, aside: str, shown: str, expect: State) -> None:
    """Give a file another name, if it is what is expected.

    Raises:
        Changed: it is not, and stands there still.
    """
    os.rename(name, aside, src_dir_fd=folder, dst_dir_fd=folder)
    if _state(folder, aside, shown) != expect:
        with suppress(Changed):  # saved once more, which is newer
            move_new(folder, aside, name, shown)
        raise _changed(shown)


def _changed(shown: str, more: str = "") -> Changed:
    return Changed(f"'{shown}' was changed in the meantime{more}")


def _state(folder: int, name: str, shown: str) -> State | None:
    """What stands there; what cannot be read is like nothing that is expected."""
    try:
        return look(folder, name, shown).state
    except FileNotFoundError:
        return None
    except (WorkspaceError, OSError):
        return State("", 0)


def _remove_folder(folder: int, name: str) -> None:
    """Make room where a folder stands in which there is nothing, but folders in which there is nothing."""
    if not _is_folder(folder, name):
        return
    if any(files for _, _, files, _ in os.fwalk(name, dir_fd=folder)):
        raise OSError(errno.ENOTEMPTY, os.strerror(errno.ENOTEMPTY))
    for _, folders, _, here in os.fwalk(name, topdown=False, dir_fd=folder):
        for each in folders:
            os.rmdir(each, dir_fd=here)
    os.rmdir(name, dir_fd=folder)


def _is_folder(folder: int, name: str) -> bool:
    try:
        return stat.S_ISDIR(os.stat(name, dir_fd=folder, follow_symlinks=False).st_mode)
    except FileNotFoundError:
        return False


def _make(folder: int, aside: str, state: State, data: bytes) -> None:
    """A file or a link beside the place. It gets that name when it is whole: by it `sweep` knows what it holds."""
    if state.is_link:
        os.symlink(data, aside.encode("utf-8", "surrogateescape"), dir_fd=folder)
        return
    draft = beside.draft()
    try:
        _write(folder, draft, data, stat.S_IMODE(state.mode) & 0o777)
        os.rename(draft, aside, src_dir_fd=folder, dst_dir_fd=folder)
    except BaseException:
        with suppress(FileNotFoundError):
            os.unlink(draft, dir_fd=folder)
        raise


def _write(folder: int, name: str, data: bytes, mode: int) -> None:
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
    descriptor = os.open(name, flags, 0o600, dir_fd=folder)
    try:
        view = memoryview(data)
        while view:
            view = view[os.write(descriptor, view) :]
        os.fchmod(descriptor, mode or 0o644)
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _still(folder: int, name: str, shown: str, expect: State | None) -> None:
    """What is about to be replaced is what it is taken for."""
    try:
        now = look(folder, name, shown).state
    except FileNotFoundError:
        now = None
    if now != expect:
        raise _changed(shown)


def _sync(folder: int) -> None:
    with suppress(OSError):  # some file systems cannot sync a folder
        os.fsync(folder)
