"""What a path of the work folder is: nothing, a file, a link; looked at and changed without following any link."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from codepilot.checkpoints.replacing import MOST, Changed, Found, State, look, replace
from codepilot.errors import WorkspaceError
from codepilot.workspace import Workspace
from codepilot.workspace.beneath import make_folders, open_beneath
from codepilot.workspace.beside import sweep
from codepilot.workspace.places import cannot

_FOLDER = os.O_RDONLY | os.O_DIRECTORY
_NOTHING = frozenset({errno.ENOENT, errno.ENOTDIR, errno.ELOOP})
"""There is nothing by this path: it, or a folder that it is in, is missing, is a file, or a link now."""


class NotCovered(Exception):
    """What commands change cannot be found any more; the text says why, for the person."""


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
                return look(folder, name, path, limit)
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
                replace(folder, parts[-1], path, expect, state, data)
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
            except FileNotFoundError:
                continue  # a program that was killed removed it
            except OSError:
                return

    def sweep(self, path: str) -> None:
        """Remove what a program that was killed left beside a file that it was replacing."""
        with suppress(WorkspaceError, OSError), self._folder_of(path) as (folder, _):
            sweep(folder)

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
