"""The folder in which a replay works: a copy of the session's, with the agent's changes taken back to the start."""

from __future__ import annotations

import os
import shutil
import stat
import sys
from collections.abc import Callable, Container, Mapping
from pathlib import Path

from codepilot.checkpoints.history import read_history
from codepilot.checkpoints.restore import Restorer
from codepilot.checkpoints.states import WorkFiles
from codepilot.errors import SessionError, WorkspaceError
from codepilot.journal.blobs import BlobStore
from codepilot.journal.comparing import Comparison, lines_of_diff
from codepilot.journal.listing import SessionInfo
from codepilot.journal.log import lines_of
from codepilot.runtime.replay_paths import Moved
from codepilot.workspace import Walk, Workspace

_FICLONE = 0x40049409
"""The `ioctl` by which btrfs, xfs and others copy a file without copying its bytes."""
_CACHES = frozenset({"__pycache__", ".pytest_cache", ".mypy_cache", ".ruff_cache", "node_modules"})
_MOST_SUSPECTS = 20


def copy_folder(source: Path, target: Path) -> None:
    """Copy a work folder with all that is in it; links stay links.

    What git keeps elsewhere (a linked worktree, a submodule) is left out, so that no command reaches the original.

    Raises:
        SessionError: it cannot be read, or there is no room.
    """
    try:
        shutil.copytree(source, target, symlinks=True, ignore=_special, copy_function=_cloned)
    except (shutil.Error, OSError) as error:
        shutil.rmtree(target, ignore_errors=True)
        why = error.args[0][0][2] if isinstance(error, shutil.Error) else error.strerror or error
        raise SessionError(f"The folder {source} cannot be copied: {why}.") from error
    for folder, folders, files in os.walk(target):
        if ".git" in files and not _inside(Path(folder), target):
            (Path(folder) / ".git").unlink()
        if ".git" in folders:
            folders.remove(".git")


def _special(folder: str, names: list[str]) -> list[str]:
    """Sockets, pipes, devices: nobody can copy those."""
    left = []
    for name in names:
        mode = os.lstat(os.path.join(folder, name)).st_mode  # noqa: PTH118 - a string is at hand
        if not (stat.S_ISREG(mode) or stat.S_ISDIR(mode) or stat.S_ISLNK(mode)):
            left.append(name)
    return left


def _cloned(source: str, target: str) -> None:
    if sys.platform == "linux":
        import fcntl

        with open(source, "rb") as given, open(target, "wb") as made:  # noqa: PTH123 - as shutil calls it
            try:
                fcntl.ioctl(made.fileno(), _FICLONE, given.fileno())
            except OSError:  # another kind of file system
                shutil.copyfileobj(given, made, 1024 * 1024)
        shutil.copystat(source, target)
    else:
        shutil.copy2(source, target)


def _inside(folder: Path, top: Path) -> bool:
    """Whether a `.git` file names a folder that was copied, too."""
    try:
        named = (folder / ".git").read_text(encoding="utf-8").partition("gitdir:")[2].strip()
    except (OSError, UnicodeDecodeError):
        return False
    return (folder / named).resolve().is_relative_to(top.resolve())


class ReplayFolder:
    """The files of a replay.

    Args:
        info: the session.
        root: where the replay works.
        store: of the contents that the session changed.
        moved: what names the session's folder; None: the replay works in that itself.
    """

    def __init__(self, info: SessionInfo, root: Path, store: BlobStore, moved: Moved | None = None) -> None:
        self._info, self._moved = info, moved
        self._files = WorkFiles(Workspace(root))
        self._store = store

    def take_back(self, record: int) -> None:
        """Take the agent's changes back that were made from a record of the journal on; other people's stay.

        Raises:
            SessionError: what stands there cannot be kept, or the journal cannot be read.
        """
        restorer = Restorer(self._files, self._store)
        history = read_history(lines_of(self._info.path), os.path.realpath(self._info.folder))
        try:
            plan = restorer.plan(history, record)
        except OSError as error:
            raise SessionError(
                f"The start of the session cannot be restored: {error.strerror or error}."
            ) from error
        for row in plan.changes:
            restorer.carry_out(row)  # what cannot be is met as a file that is not as it was

    def turn_links(self) -> None:
        """Have no link lead out of the copy and back into the folder itself.

        Raises:
            SessionError: one cannot be replaced.
        """
        if self._moved is None:
            return
        try:
            self._moved.links()
        except OSError as error:
            raise SessionError(
                f"A link of the copy cannot be replaced: {error.strerror or error}."
            ) from error

    def changed_since(self, time: float, known: Container[str]) -> list[tuple[str, str]]:
        """Files that were changed later than that, and their digests; ignored ones and those of caches are none.

        Args:
            time: seconds since 1970.
            known: paths of which it is known how they were.
        """
        found = []
        for entry in Walk(Workspace(self._files.root)):
            if entry.path in known or _CACHES.intersection(entry.path.split("/")):
                continue
            status = self._files.status(entry.path)
            if status is not None and status.st_mtime > time and (digest := self.digest(entry.path)):
                found.append((entry.path, digest))
                if len(found) == _MOST_SUSPECTS:
                    break
        return found

    def put(self, files: Mapping[str, tuple[str | None, int]]) -> None:
        """Let files be as a restore of the session left them.

        Args:
            files: the id of each one's content and its mode, by path; None: it was taken away.

        Raises:
            SessionError: a link cannot be kept from leading into the session's folder.
        """
        from codepilot.checkpoints.replacing import State

        for path, (key, mode) in files.items():
            data = self._store.get(key) if key else None
            if key is None or data is not None:
                try:
                    now = self._files.look(path).state
                    self._files.put(path, now, None if key is None else State(key, mode), data or b"")
                except WorkspaceError:
                    continue  # it is met as a file that is not as it was
        self.turn_links()

    def digest(self, path: str) -> str | None:
        """Of what stands there now; None: nothing. A file that cannot be read has its error instead."""
        try:
            state = self._files.look(path).state
        except WorkspaceError as error:
            return str(error)
        return None if state is None else state.id

    def same_but_for(self, path: str, expected: str | None, mask: Callable[[str], str]) -> bool:
        """Whether a file that a command wrote is as it was but for times and the like, or is no text but there."""
        try:
            found = self._files.look(path)
        except WorkspaceError:
            return False
        if expected is None or found.state is None:
            return False
        was = self._store.get(expected)
        if was is None:
            return False
        try:
            return mask(was.decode()) == mask(found.data.decode())
        except UnicodeDecodeError:
            return True

    def compare_start(self, states: Mapping[str, str | None], comparison: Comparison) -> None:
        """Tell which files are not as they were."""
        for path, expected in sorted(states.items()):
            if (got := self.digest(path)) != expected:
                comparison.start_file(path, expected, got, self.difference(path, expected))

    def difference(self, path: str, expected: str | None) -> tuple[str, ...]:
        """The lines in which a file differs from a content, as far as both are known and text."""
        was = self._store.get(expected) if expected else b""
        try:
            found = self._files.look(path)
            now = found.data if found.state is not None else b""
            return () if was is None else lines_of_diff(was.decode().splitlines(), now.decode().splitlines())
        except (WorkspaceError, UnicodeDecodeError):
            return ()
