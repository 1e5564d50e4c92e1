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
from typing import NamedTuple

from codepilot.journal.bin import journals_in_bin
from codepilot.journal.blobs import BlobStore
from codepilot.journal.holder import holder_of
from codepilot.journal.log import lines_of
from codepilot.journal.place import LOCK, TEXTS, UNFINISHED
from codepilot.journal.record import type_of
from codepilot.values import dataclass

CAP = 1024**3
"""Bytes of one store."""
_ID = re.compile(rb'"([0-9a-f]{32})"')
_LONG = re.compile(rb'\{"\$json":"([0-9a-f]{64})"')
"""Where a record names what was too long for it."""
_NAMING = frozenset({"file_changed", "effect_started", "restore_started"})
"""Records that name contents."""


class Pruned(NamedTuple):
    """What came of a pruning, in bytes."""

    gone: int
    left: int


def prune(store: BlobStore, cap: int = CAP) -> Pruned:
    """Remove contents until the store is below a size, as far as may be.

    Args:
        store: of a work folder.
        cap: bytes that it may have.

    Raises:
        OSError: the disk refuses.
        SessionError: a journal cannot be read, so nobody knows what it needs.
    """
    sizes: dict[str, tuple[int, float]] = {}
    for path in _objects(store.objects):
        with suppress(OSError):  # gone meanwhile
            status = path.stat()
            sizes[path.name] = (status.st_size, status.st_mtime)
    size = before = sum(each for each, _ in sizes.values())
    if size <= cap:
        return Pruned(0, size)
    sessions = _sessions(store)
    closed = [journal for journal, session in sessions.items() if session.since is None]
    closed.sort(key=lambda journal: sessions[journal].written)
    since = min((each.since for each in sessions.values() if each.since is not None), default=float("inf"))
    needed = {journal: session.needs for journal, session in sessions.items()}
    free = set(sizes).difference(*needed.values())
    for journal in (None, *closed):
        if journal is not None:
            rest = [keys for other, keys in needed.items() if other != journal]
            free = needed.pop(journal).difference(*rest) & sizes.keys()
        for key in sorted(free, key=lambda key: sizes[key][1]):
            if size <= cap:
                return Pruned(before - size, size)
            # Not what an open session put while the journals were read: it needs that, and could not say so yet.
            if sizes[key][1] < since and store.remove(key, sizes[key][1]):
                size -= sizes.pop(key)[0]
    return Pruned(before - size, size)


def _objects(folder: Path) -> Iterator[Path]:
    try:
        folders = list(os.scandir(folder))
    except OSError:
        return
    for each in folders:
        with suppress(OSError):
            yield from (Path(entry.path) for entry in os.scandir(each.path) if len(entry.name) == 32)


@dataclass(frozen=True, slots=True)
class _Session:
    written: float
    """When it was written to last, in seconds since 1970."""
    since: float | None
    """When the program opened it that works in it now; None: nobody does."""
    needs: set[str]
    """Ids of contents."""


def _sessions(store: BlobStore) -> dict[Path, _Session]:
    """The sessions that need contents, by their journals; those that are no more are forgotten."""
    found: dict[Path, _Session] = {}
    while new := [journal for journal in _journals(store) if journal not in found]:
        for (
            journal
        ) in new:  # one that goes while it is read may be in the bin now: the next round finds it there
            if (session := _look_at(journal)) is not None:
                found[journal] = session
    return found


def _journals(store: BlobStore) -> list[Path]:
    found = []
    for note, journal in store.sessions():
        # A fork that is being made has its journal under another name, and a session may lie in the bin.
        there = [each for each in (journal, journal.with_name(UNFINISHED)) if each.exists()]
        there = there or journals_in_bin(journal.parent.name)
        if not there and journal.exists():  # it was made, or taken out of the bin, in this moment
            there = [journal]
        if not there:
            note.unlink(missing_ok=True)
        found += there
    return found


def _look_at(journal: Path) -> _Session | None:
    """What a session needs; None: it is gone."""
    try:
        written, since, needs = journal.stat().st_mtime, _opened(journal), _needed(journal)
        journal.stat()  # else it went while it was read, and what it needs is not all of it
    except FileNotFoundError:
        return None
    return _Session(written, since, needs)


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
    """The ids that a session names.

    Raises:
        OSError, SessionError: not all of them can be read.
    """
    found: set[str] = set()
    for line in lines_of(journal):
        if type_of(line) not in _NAMING:
            continue
        found.update(key.decode() for key in _ID.findall(line))
        # The rows of a restore of many files stand beside the journal.
        for name in _LONG.findall(line):
            with suppress(FileNotFoundError):  # then no restore can read them either
                rows = (journal.with_name(TEXTS) / name.decode()).read_bytes()
                found.update(key.decode() for key in _ID.findall(rows))
    return found
