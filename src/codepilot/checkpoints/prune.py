"""The store of a work folder stays below a size: what nobody needs goes first, then what the oldest sessions need.

A content that an open session may need is never removed: what a session keeps has the time of that, and its lock the
time at which it was opened.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from codepilot import paths
from codepilot.errors import SessionError
from codepilot.journal.blobs import BlobStore
from codepilot.journal.holder import holder_of
from codepilot.journal.log import lines_of
from codepilot.journal.place import LOCK
from codepilot.journal.record import type_of
from codepilot.workspace.filetext import digest

CAP = 1024**3
"""Bytes of one store."""
_ID = re.compile(rb'"([0-9a-f]{32})"')
_NAMING = frozenset({"file_changed", "effect_started", "restore_started"})
"""Records that name contents."""


def register(store: BlobStore, journal: Path) -> None:
    """Note that a session needs contents of a store.

    Raises:
        OSError: the disk refuses.
    """
    note = store.folder / "sessions" / digest(os.fsencode(journal))
    if not note.exists():
        paths.write_private(note, f"{journal}\n")


def prune(store: BlobStore, cap: int = CAP) -> int:
    """Remove contents until the store is below a size, as far as may be; returns how many bytes went.

    Args:
        store: of a work folder.
        cap: bytes that it may have.
    """
    there = {path.name: path for path in _objects(store.folder / "objects")}
    sizes: dict[str, tuple[int, float]] = {}
    for key, path in there.items():
        with suppress(OSError):  # gone meanwhile
            status = path.stat()
            sizes[key] = (status.st_size, status.st_mtime)
    size = before = sum(each for each, _ in sizes.values())
    if size <= cap:
        return 0
    sessions = sorted(_sessions(store), key=lambda journal: journal.stat().st_mtime)
    opened = {journal: _opened(journal) for journal in sessions}
    closed = [journal for journal in sessions if opened[journal] is None]
    since = min((begun for begun in opened.values() if begun is not None), default=float("inf"))
    needed = {journal: _needed(journal) for journal in sessions}
    free = set(sizes).difference(*needed.values())
    for journal in (None, *closed):
        if journal is not None:
            rest = [keys for other, keys in needed.items() if other != journal]
            free = needed.pop(journal).difference(*rest) & sizes.keys()
        for key in sorted(free, key=lambda key: sizes[key][1]):
            if size <= cap:
                return before - size
            if sizes[key][1] < since:
                with suppress(OSError):
                    there[key].unlink()
                size -= sizes.pop(key)[0]
    return before - size


def _objects(folder: Path) -> Iterator[Path]:
    try:
        folders = list(os.scandir(folder))
    except OSError:
        return
    for each in folders:
        with suppress(OSError):
            yield from (Path(entry.path) for entry in os.scandir(each.path) if len(entry.name) == 32)


def _sessions(store: BlobStore) -> list[Path]:
    """The journals that may need contents; those that are no more are forgotten."""
    found = []
    with suppress(FileNotFoundError):
        for note in list((store.folder / "sessions").iterdir()):
            with suppress(OSError):
                journal = Path(note.read_text(encoding="utf-8", errors="surrogateescape").rstrip("\n"))
                if journal.exists():
                    found.append(journal)
                else:
                    note.unlink()
    return found


def _opened(journal: Path) -> float | None:
    """When the program opened it that works in it now; None: nobody does.

    It is asked without taking the lock: whoever opens the session in that moment would be refused.
    """
    lock = journal.with_name(LOCK)
    holder = holder_of(lock)
    if holder is None:
        return None
    return holder.since or lock.stat().st_mtime


def _needed(journal: Path) -> set[str]:
    """The ids that a session names."""
    found: set[str] = set()
    with suppress(SessionError):
        for line in lines_of(journal):
            if type_of(line) in _NAMING:
                found.update(key.decode() for key in _ID.findall(line))
    return found
