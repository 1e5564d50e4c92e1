"""What a path of the work folder is: nothing, a file, a link; looked at and changed without following any link."""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from codepilot.errors import WorkspaceError
from codepilot.values import dataclass
from codepilot.workspace import Workspace
from codepilot.workspace.beneath import make_folders, open_beneath
from codepilot.workspace.filetext import digest
from codepilot.workspace.places import cannot
from codepilot.workspace.regular import TooLarge, read

MOST = 16 * 1024 * 1024
"""Bytes of a file whose content is kept."""
_FOLDER = os.O_RDONLY | os.O_DIRECTORY
_NOTHING = frozenset({errno.ENOENT, errno.ENOTDIR, errno.ELOOP})
"""There is nothing by this path: it, or a folder that it is in, is missing, is a file, or a link now."""


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


class NotCovered(Exception):
    """What commands change cannot be found any more; the text says why, for the person."""


class Changed(WorkspaceError):
    """Something else stands there than was expected."""


class WorkFiles:
    """The files of one work folder, by their paths as `FileChanged` has them.

    Args:
        workspace: says what belongs to it.
    """

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace

    @property
    def root(self) -> str:
        """The work folder, without links."""
        return str(self._workspace.root)

    def status(self, path: str) -> os.stat_result | None:
        """Of what stands there; None: nothing.

        Raises:
            WorkspaceError: it may not be looked at.
        """
        try:
            with self._folder_of(path) as (folder, name):
                return os.stat(name, dir_fd=folder, follow_symlinks=False)
        except WorkspaceError:
            raise
        except OSError as error:
            if error.errno in _NOTHING:
                return None
            raise cannot("open", path, error) from error

    def look(self, path: str, limit: int = MOST) -> Found:
        """Read what stands there. A folder is nothing here: what is in it has paths of its own.

        Raises:
            TooLarge: it has more bytes than `limit`.
            WorkspaceError: a device, or what may not be read.
        """
        try:
            with self._folder_of(path) as (folder, name):
                return _look(folder, name, path, limit)
        except WorkspaceError:
            raise
        except OSError as error:
            if error.errno in _NOTHING:
                return Found(None)
            raise cannot("open", path, error) from error

    def put(self, path: str, expect: State | None, state: State | None, data: bytes = b"") -> int:
        """Let something else stand there, in one step.

        Folders that are missing are made. Of a file that goes, the folders above that are empty then stay; see
        `remove_empty`.

        Args:
            path: where.
            expect: what must still stand there; None: nothing.
            state: what shall stand there; None: nothing.
            data: its bytes, or the text of the link.

        Returns:
            How many folders were made.

        Raises:
            Changed: something else than `expect` stands there.
            WorkspaceError: it cannot be written; nothing has changed.
        """
        parts = self._parts(path)
        if not parts:
            raise WorkspaceError(f"'{path}' is a folder.")
        try:
            start = self._start(path)
            try:
                made: list[int] = []
                if state is None:
                    folder = open_beneath(start, parts[:-1], _FOLDER)
                else:
                    folder, made = make_folders(start, parts[:-1])
            finally:
                os.close(start)
            try:
                _replace(folder, parts[-1], path, expect, state, data)
            finally:
                os.close(folder)
        except FileNotFoundError as error:
            raise Changed(f"'{path}' is gone") from error
        except WorkspaceError:
            raise
        except OSError as error:
            raise cannot("write", path, error) from error
        return len(made)

    def remove_empty(self, path: str, many: int) -> None:
        """Remove so many of the folders that a path is in, from the inner to the outer, as far as they are empty."""
        parts, top = self._parts(path)[:-1], "/" if path.startswith("/") else ""
        for depth in range(len(parts), max(0, len(parts) - many), -1):
            try:
                with self._folder_of(top + "/".join(parts[:depth])) as (folder, name):
                    os.rmdir(name, dir_fd=folder)
            except OSError:
                return

    def missing_folders(self, path: str) -> int:
        """How many of the folders that a path is in are not there."""
        parts, top = self._parts(path)[:-1], "/" if path.startswith("/") else ""
        for depth in range(len(parts), 0, -1):
            if self.status(top + "/".join(parts[:depth])) is not None:
                return len(parts) - depth
        return len(parts)

    def _parts(self, path: str) -> tuple[str, ...]:
        parts = tuple(part for part in path.split("/") if part not in ("", "."))
        outside = path.startswith("/")
        if (outside and not self._workspace.unsafe) or ".." in parts or "\0" in path:
            raise WorkspaceError(f"'{path}' is outside the work folder.")
        if self._workspace.is_protected(parts):
            raise WorkspaceError(f"'{path}' is a control file of git or of this program.")
        return parts

    def _start(self, path: str) -> int:
        return os.open("/" if path.startswith("/") else self._workspace.root, _FOLDER | os.O_CLOEXEC)

    @contextmanager
    def _folder_of(self, path: str) -> Iterator[tuple[int, str]]:
        parts = self._parts(path)
        start = self._start(path)
        try:
            folder = open_beneath(start, parts[:-1], _FOLDER)
        finally:
            os.close(start)
        try:
            yield folder, parts[-1] if parts else "."
        finally:
            os.close(folder)


def _look(folder: int, name: str, shown: str, limit: int) -> Found:
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


def _replace(
    folder: int, name: str, shown: str, expect: State | None, state: State | None, data: bytes
) -> None:
    if state is None:
        _still(folder, name, shown, expect)
        if expect is not None:
            os.unlink(name, dir_fd=folder)
            _sync(folder)
        return
    aside = f".codepilot-{os.getpid()}-{os.urandom(8).hex()}.tmp"  # `workspace.regular` sweeps what is left of such
    try:
        if state.is_link:
            os.symlink(data, aside.encode(), dir_fd=folder)
        else:
            _write(folder, aside, data, stat.S_IMODE(state.mode) & 0o777)
        _still(folder, name, shown, expect)
        if expect is None:
            _remove_folder(folder, name)
        os.rename(aside, name, src_dir_fd=folder, dst_dir_fd=folder)
    except BaseException:
        with suppress(FileNotFoundError):
            os.unlink(aside, dir_fd=folder)
        raise
    _sync(folder)


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
        now = _look(folder, name, shown, MOST).state
    except FileNotFoundError:
        now = None
    if now != expect:
        raise Changed(f"'{shown}' was changed in the meantime")


def _sync(folder: int) -> None:
    with suppress(OSError):  # some file systems cannot sync a folder
        os.fsync(folder)
