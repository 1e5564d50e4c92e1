"""Git's index file: which files it tracks, and what it last saw of them on disk. Parsed from bytes, nothing is started.

Versions 2, 3 and 4 are read. A split index, and anything that does not parse, is an `IndexUnreadable`: who asks then
knows nothing of the files, which is better than something wrong.
"""

from __future__ import annotations

import os
import struct
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from codepilot.workspace.git.packs import varint

MAX_BYTES: Final = 48 << 20
MAX_ENTRIES: Final = 200_000

_STAT: Final = struct.Struct(">10I")
_ASSUME_VALID, _EXTENDED = 0x8000, 0x4000
_SKIP_WORKTREE, _INTENT_TO_ADD = 0x4000, 0x2000


class IndexUnreadable(Exception):
    """The index has a form that is not read here, or is damaged."""


@dataclass(frozen=True, slots=True)
class IndexEntry:
    """One tracked file."""

    path: bytes
    """Below the top of the work tree, with ``/``."""
    object_id: bytes
    mode: int
    ctime: tuple[int, int]
    """Seconds and nanoseconds, each cut to 32 bits, as all that follows."""
    mtime: tuple[int, int]
    inode: int
    size: int
    """Of the file on disk, also where a filter stores something else. 0 also where git could not be sure whether it
    changed in the very moment in which it was added."""
    conflict: bool
    """It is one side of a merge that was not resolved."""
    taken_as_unchanged: bool
    """The person told git not to look at the file (sparse checkout, assume-unchanged)."""
    intent_to_add: bool
    """Noted with ``git add -N``: its content is not in the index."""


@dataclass(frozen=True, slots=True)
class Index:
    """All entries in the order of their paths, and which folders are known to equal a tree object."""

    entries: tuple[IndexEntry, ...] = ()
    trees: Mapping[bytes, bytes] = field(default_factory=dict)
    """Folder (empty: the top) → the tree object that holds exactly what the index has below it."""


def parse_index(data: bytes, id_bytes: int) -> Index:
    """Read an index file.

    Args:
        data: the whole file.
        id_bytes: how long an object's name is: 20 for SHA-1, 32 for SHA-256.

    Raises:
        IndexUnreadable: it is damaged, too large, or split.
    """
    try:
        return _parse(data, id_bytes)
    except (struct.error, IndexError, ValueError) as error:
        raise IndexUnreadable(str(error)) from error


def _parse(data: bytes, id_bytes: int) -> Index:
    magic, version, count = struct.unpack_from(">4sII", data)
    if magic != b"DIRC" or version not in (2, 3, 4):
        raise ValueError("no index of version 2, 3 or 4")
    if count > MAX_ENTRIES:
        raise ValueError(f"more than {MAX_ENTRIES} entries")
    at, before = 12, b""
    entries = []
    for _ in range(count):
        entry, at = _entry(data, at, id_bytes, before if version == 4 else None)
        if entry.path < before or not _is_plain(entry.path):
            raise ValueError("paths out of order, or leading out of the work tree")
        before = entry.path
        entries.append(entry)
    trees: dict[bytes, bytes] = {}
    end = len(data) - id_bytes  # the checksum
    while at + 8 <= end:
        name, size = struct.unpack_from(">4sI", data, at)
        body = data[at + 8 : at + 8 + size]
        if len(body) != size:
            raise ValueError("cut short")
        if name == b"link":
            raise ValueError("a split index")
        if name == b"TREE":
            trees = _trees(body, id_bytes)
        at += 8 + size
    return Index(tuple(entries), trees)


def _entry(data: bytes, start: int, id_bytes: int, before: bytes | None) -> tuple[IndexEntry, int]:
    """One entry and where the next begins. `before`: the path of the last one, where paths are stored against it."""
    ctime, ctime_ns, mtime, mtime_ns, _, inode, mode, _, _, size = _STAT.unpack_from(data, start)
    at = start + _STAT.size
    object_id = data[at : at + id_bytes]
    at += id_bytes
    (flags,) = struct.unpack_from(">H", data, at)
    at += 2
    more = 0
    if flags & _EXTENDED:
        (more,) = struct.unpack_from(">H", data, at)
        at += 2
    if before is None:
        end = data.index(b"\0", at)
        path = data[at:end]
        # Padded with 1 to 8 NULs to a multiple of eight.
        following = start + ((end - start + 8) & ~7)
    else:
        strip, at = varint(data, at)
        end = data.index(b"\0", at)
        if strip > len(before):
            raise ValueError("a path that is cut from nothing")
        path = before[: len(before) - strip] + data[at:end]
        following = end + 1
    return IndexEntry(
        path=path,
        object_id=object_id,
        mode=mode,
        ctime=(ctime, ctime_ns),
        mtime=(mtime, mtime_ns),
        inode=inode,
        size=size,
        conflict=flags & 0x3000 != 0,
        taken_as_unchanged=flags & _ASSUME_VALID != 0 or more & _SKIP_WORKTREE != 0,
        intent_to_add=more & _INTENT_TO_ADD != 0,
    ), following


def _is_plain(path: bytes) -> bool:
    """Names below the work tree and nothing else; a folder of a sparse index ends in a slash."""
    names = path.removesuffix(b"/").split(b"/")
    return not any(name in (b"", b".", b"..") or name.lower() == b".git" for name in names)


def _trees(body: bytes, id_bytes: int) -> dict[bytes, bytes]:
    """The cache-tree extension: folders in depth-first order, each with how many folders are directly in it."""
    found: dict[bytes, bytes] = {}
    at = 0
    open_folders: list[tuple[bytes, int]] = []
    while at < len(body):
        end = body.index(b"\0", at)
        name = body[at:end]
        at = body.index(b"\n", end) + 1
        entries, folders = (int(word) for word in body[end + 1 : at - 1].split(b" "))
        path = name
        if open_folders:
            parent, left = open_folders.pop()
            if left > 1:
                open_folders.append((parent, left - 1))
            path = parent + b"/" + name if parent else name
        if entries >= 0:  # else something in it changed since
            found[path] = body[at : at + id_bytes]
            at += id_bytes
        if folders:
            open_folders.append((path, folders))
    return found


def matches(entry: IndexEntry, status: os.stat_result) -> bool:
    """Whether a file on disk is the one that git last saw, as far as its status tells."""

    def same(seen: tuple[int, int], nanoseconds: int) -> bool:
        seconds, rest = divmod(nanoseconds, 1_000_000_000)
        # Some writers of indexes know no nanoseconds, or no time of change.
        return seen == (0, 0) or (seen[0] == seconds & 0xFFFFFFFF and seen[1] in (0, rest))

    return (
        entry.size == status.st_size & 0xFFFFFFFF
        and same(entry.mtime, status.st_mtime_ns)
        and same(entry.ctime, status.st_ctime_ns)
        and entry.inode in (0, status.st_ino & 0xFFFFFFFF)
    )
