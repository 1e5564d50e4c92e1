"""Which tracked files differ on disk from the index: by their status, and where that differs by their content."""

from __future__ import annotations

import hashlib
import os
import stat
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Final, Literal

from codepilot.errors import WorkspaceError
from codepilot.workspace.beneath import open_beneath
from codepilot.workspace.git.attributes import Attributes
from codepilot.workspace.git.head import read_head, repository_at
from codepilot.workspace.git.index import Index, IndexEntry, matches
from codepilot.workspace.regular import only_regular, read

_FOLDER: Final = os.O_RDONLY | os.O_DIRECTORY
_LINK, _MODULE, _SPARSE = 0o120000, 0o160000, 0o040000
_LARGEST: Final = 16 << 20
_BUDGET: Final = 64 << 20
"""Bytes that one look may read of files whose status changed. The others follow with the next looks."""
_SETTLED: Final = 1_000_000_000
"""Nanoseconds. A file that is younger may change once more without any trace in its times, so it is read again."""

Verdict = Literal["", "M", "D", "U", "?"]
"""As in the index, changed, not there, in conflict; ``?``: it cannot be known without starting a program."""
_Key = tuple[int, int, int, int, int, bytes]


@dataclass(frozen=True, slots=True)
class Look:
    """What holds for one look at the work tree."""

    top: Path
    """Of the work tree."""
    attributes: Attributes
    written: int
    """When the index was, in nanoseconds: a file as young as that may have changed without a trace in its status."""
    modes: bool
    """The executable bit counts."""


class WorkTree:
    """Compares, and remembers its verdict on files that it had to read."""

    def __init__(self) -> None:
        self._read: dict[bytes, tuple[_Key, Verdict]] = {}
        self._budget = 0

    def compare(self, index: Index, look: Look) -> dict[bytes, Verdict]:
        """Look at every tracked file; gives a verdict on each that is not plainly as in the index."""
        self._budget = _BUDGET
        found: dict[bytes, Verdict] = {}
        try:
            start = os.open(look.top, _FOLDER | os.O_CLOEXEC)
        except OSError:
            return {entry.path: "?" for entry in index.entries}
        try:
            for folder, group in groupby(index.entries, key=lambda entry: entry.path.rpartition(b"/")[0]):
                found.update(self._folder(start, folder, list(group), look))
        finally:
            os.close(start)
        if len(self._read) > 2 * len(index.entries):
            self._read.clear()  # mostly of files that are tracked no more
        return found

    def _folder(
        self, start: int, folder: bytes, entries: Sequence[IndexEntry], look: Look
    ) -> Iterator[tuple[bytes, Verdict]]:
        try:
            here = open_beneath(start, [os.fsdecode(part) for part in folder.split(b"/") if part], _FOLDER)
        except PermissionError:
            yield from ((entry.path, "?") for entry in entries)
            return
        except OSError:  # gone, or a link or a file now: then none of them is there
            yield from ((entry.path, "D") for entry in entries if not _left_alone(entry))
            return
        try:
            for entry in entries:
                verdict = "" if _left_alone(entry) else self._entry(here, entry, look)
                if verdict:
                    yield entry.path, verdict
        finally:
            os.close(here)

    def _entry(self, folder: int, entry: IndexEntry, look: Look) -> Verdict:
        if entry.conflict:
            return "U"
        if entry.mode == _MODULE:
            return _module(look.top / os.fsdecode(entry.path), entry)
        name = os.fsdecode(entry.path.rpartition(b"/")[2])
        try:
            status = os.stat(name, dir_fd=folder, follow_symlinks=False)
        except (FileNotFoundError, NotADirectoryError):
            return "D"
        except OSError:
            return "?"
        if not (stat.S_ISREG(status.st_mode) or stat.S_ISLNK(status.st_mode)):
            return "D"  # a folder or a pipe stands in its place
        if entry.intent_to_add or stat.S_ISLNK(status.st_mode) != (entry.mode == _LINK):
            return "M"
        if look.modes and entry.mode != _LINK and entry.mode & 0o100 != status.st_mode & 0o100:
            return "M"
        if entry.size and entry.size != status.st_size & 0xFFFFFFFF:
            return "M"  # git looks no further either, whatever filter there may be
        if matches(entry, status) and status.st_mtime_ns < look.written:
            return ""
        return self._by_content(folder, name, entry, status, look)

    def _by_content(
        self, folder: int, name: str, entry: IndexEntry, status: os.stat_result, look: Look
    ) -> Verdict:
        key = (
            *(status.st_mtime_ns, status.st_ctime_ns, status.st_size, status.st_ino, status.st_dev),
            entry.object_id,
        )
        known = self._read.get(entry.path)
        if known is not None and known[0] == key:
            return known[1]
        if status.st_size > min(_LARGEST, self._budget):
            return "?"
        self._budget -= status.st_size
        try:
            data = _content(folder, name, stat.S_ISLNK(status.st_mode), status.st_size)
        except (OSError, WorkspaceError):  # it changes while it is read
            return "?"
        verdict = _verdict(data, entry, look.attributes)
        if time.time_ns() - max(status.st_mtime_ns, status.st_ctime_ns) > _SETTLED:
            self._read[entry.path] = (key, verdict)
        return verdict


def _module(folder: Path, entry: IndexEntry) -> Verdict:
    """A submodule: at another commit it differs; what changed inside of it would be a look of its own."""
    repository = repository_at(folder)
    head = None if repository is None else read_head(repository)
    if head is None:
        return "" if repository is None else "?"  # not checked out
    return "?" if head.commit == entry.object_id.hex() else "M"


def _left_alone(entry: IndexEntry) -> bool:
    return entry.taken_as_unchanged or entry.mode == _SPARSE


def _verdict(data: bytes, entry: IndexEntry, attributes: Attributes) -> Verdict:
    if _object_id(data, entry) == entry.object_id:
        return ""
    if entry.mode == _LINK:
        return "M"
    # What is stored may be another form of what is on disk: line ends are turned, filters run. A filter is a program
    # of the folder's choice, so it is not asked.
    if b"\r\n" in data and _object_id(data.replace(b"\r\n", b"\n"), entry) == entry.object_id:
        return "?"
    return "?" if attributes.may_convert(os.fsdecode(entry.path)) else "M"


def _object_id(data: bytes, entry: IndexEntry) -> bytes:
    algorithm = hashlib.sha1 if len(entry.object_id) == 20 else hashlib.sha256
    return algorithm(b"blob %d\0" % len(data) + data, usedforsecurity=False).digest()


def _content(folder: int, name: str, is_link: bool, size: int) -> bytes:
    """What a file or link holds; never more than it was said to, so that one that grows cannot hold us up."""
    if is_link:
        return os.fsencode(os.readlink(name, dir_fd=folder))
    descriptor = open_beneath(folder, [name], os.O_RDONLY)
    try:
        only_regular(os.fstat(descriptor), name)
        return read(descriptor, name, size)[0]
    finally:
        os.close(descriptor)
