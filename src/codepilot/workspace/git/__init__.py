"""What git knows of a folder: its branch, and which files differ from the last commit. Read, never asked.

A folder's own `.git/config` can name programs (`core.fsmonitor`, filters, hooks, textconv, pagers, credential
helpers) that git starts for as little as `git status`. So a folder that is merely opened is never shown to git: its
files are read here, as data, and of its configuration only how they are stored. Nothing is started, fetched or
written; `GIT_*` variables have no say; what cannot be known this way is unknown, not guessed.

    reader = GitReader(work_dir)     # remembers what it looked at, so the next look is cheap
    status = reader.status()         # blocks on the disk: call it on a thread
"""

from __future__ import annotations

import os
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from codepilot.workspace.git.attributes import Attributes
from codepilot.workspace.git.head import Head, Repository, find_repository, read_head, read_settings
from codepilot.workspace.git.index import MAX_BYTES, Index, IndexUnreadable, parse_index
from codepilot.workspace.git.objects import ObjectStore, ObjectUnreadable, read_small
from codepilot.workspace.git.staged import staged_changes
from codepilot.workspace.git.worktree import Look, WorkTree

__all__ = ["GitReader", "GitStatus", "Head", "Repository", "find_repository", "read_head", "read_status"]


@dataclass(frozen=True, slots=True)
class GitStatus:
    """How the files of a repository stand against the last commit."""

    head: Head
    dirty: bool | None
    """A tracked file of the repository differs, on disk or staged. None: nothing differs as far as could be seen, but
    not all could be (a filter stands between file and content, an object is elsewhere, there is too much)."""
    letters: Mapping[str, str] = field(default_factory=dict)
    """Path below the folder that was asked about → ``M`` changed, ``A`` added, ``D`` deleted, ``U`` in conflict. Paths
    are as `os.scandir` gives them. Files that git does not track have none: see `tracked`."""
    tracked: frozenset[str] = frozenset()
    """All tracked paths below that folder; a file that is not among them and not ignored is new to git."""

    @property
    def branch(self) -> str:
        """What to show as the branch: its name, or the beginning of a detached commit's. Clean it first."""
        return self.head.label


def read_status(folder: str | os.PathLike[str]) -> GitStatus | None:
    """Look once; None if the folder belongs to no repository. Who looks again keeps a `GitReader`."""
    return GitReader(folder).status()


class GitReader:
    """Reads the state of the repository around one folder, and remembers what did not change since.

    It may be asked from several threads; one look waits for the other.

    Args:
        folder: which folder's files the letters are wanted for.
    """

    def __init__(self, folder: str | os.PathLike[str]) -> None:
        self._asked = Path(folder).resolve()
        self._tree = WorkTree()
        self._index: tuple[tuple[int, ...], Index] | None = None
        self._lock = threading.Lock()

    def head(self) -> Head | None:
        """What is checked out: two or three small files. None without a repository."""
        repository = find_repository(self._asked)
        return None if repository is None else read_head(repository)

    def status(self) -> GitStatus | None:
        """How the files stand; None without a repository."""
        with self._lock:
            return self._look()

    def _look(self) -> GitStatus | None:
        repository = find_repository(self._asked)
        head = None if repository is None else read_head(repository)
        if repository is None or head is None:
            return None
        settings = read_settings(repository)
        id_bytes = {"sha1": 20, "sha256": 32}.get(settings.get("extensions.objectformat", "sha1"))
        if id_bytes is None or settings.get("core.bare") == "true":
            return GitStatus(head, None)
        try:
            index, written = self._read_index(repository.folder / "index", id_bytes)
        except IndexUnreadable:
            return GitStatus(head, None)
        look = Look(
            repository.top,
            Attributes(repository.top, repository.common),
            written,
            settings.get("core.filemode") != "false",
        )
        on_disk = self._tree.compare(index, look)
        store = ObjectStore(repository.common / "objects", id_bytes)
        staged: Mapping[bytes, str] | None
        try:
            staged = staged_changes(
                index, store.tree_of(bytes.fromhex(head.commit)) if head.commit else b"", store
            )
        except ObjectUnreadable:
            staged = None
        return _status(head, index, staged, on_disk, _below(self._asked, repository.top))

    def _read_index(self, path: Path, id_bytes: int) -> tuple[Index, int]:
        """The index and when it was written, in nanoseconds."""
        try:
            found = path.stat()
        except OSError:
            return Index(), 0  # nothing was ever added
        stamp = (found.st_mtime_ns, found.st_size, found.st_ino, id_bytes)
        if self._index is None or self._index[0] != stamp:
            data = read_small(path, MAX_BYTES)
            if data is None:
                raise IndexUnreadable("no regular file, or too large")
            self._index = (stamp, parse_index(data, id_bytes))
        return self._index[1], found.st_mtime_ns


def _status(
    head: Head, index: Index, staged: Mapping[bytes, str] | None, on_disk: Mapping[bytes, str], below: bytes
) -> GitStatus:
    """Both comparisons as one; `staged` is None if it could not be made."""
    found = dict(staged or {})
    for path, letter in on_disk.items():
        # A file that was added and then changed is still an added one.
        if letter != "?" and not (letter == "M" and found.get(path) == "A"):
            found[path] = letter
    unknown = staged is None or "?" in on_disk.values()
    return GitStatus(
        head,
        True if found else None if unknown else False,
        {os.fsdecode(path[len(below) :]): letter for path, letter in found.items() if path.startswith(below)},
        frozenset(
            os.fsdecode(entry.path[len(below) :])
            for entry in index.entries
            if entry.path.startswith(below) and not entry.path.endswith(b"/")
        ),
    )


def _below(folder: Path, top: Path) -> bytes:
    """The way from the top of the work tree to a folder in it, as paths in the index begin."""
    parts = folder.relative_to(top).parts
    return os.fsencode("/".join(parts) + "/") if parts else b""
