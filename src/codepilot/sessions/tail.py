"""The log beside a session's file: a line for each record since the file was written, whole lines only.

Its first line says which messages it goes on from. A log that goes on from others is not for this file (another
program has written it since): whoever writes sets it aside under another name.
"""

from __future__ import annotations

import itertools
import json
import os
import threading
import time
from collections.abc import Mapping
from dataclasses import field
from pathlib import Path
from typing import Any

from codepilot.journal.disk import Disk, SystemDisk
from codepilot.journal.fold import Saved, fold
from codepilot.journal.record import FORMAT, decode, encode
from codepilot.journal.spent import Spent
from codepilot.sessions.base import Messages
from codepilot.sessions.figures import with_more_before
from codepilot.sessions.file_place import Stamp, read_stamped
from codepilot.sessions.waiting import Records
from codepilot.sessions.whole import write_whole
from codepilot.values import dataclass

BASE = "log_began"
"""The type of the first record."""
_HASHED = 5
"""Messages at the end by which a conversation is known again, with their number."""


@dataclass(frozen=True, slots=True)
class Base:
    """Which messages a log goes on from."""

    count: int
    hash: str

    @classmethod
    def of(cls, messages: Messages) -> Base:
        """Those of a file."""
        if not messages:
            return cls(0, "")
        import hashlib

        text = json.dumps(messages[-_HASHED:], sort_keys=True, separators=(",", ":"))
        return cls(len(messages), hashlib.sha256(text.encode()).hexdigest())

    def record(self, figures: Mapping[str, Any] | None) -> dict[str, Any]:
        """The fields of the first record."""
        told = {"format": FORMAT, "count": self.count, "hash": self.hash}
        return {**told, "figures": dict(figures)} if figures else told


@dataclass(frozen=True, slots=True)
class Found:
    """What a log adds to the messages of a file."""

    saved: Saved
    fits: bool = True
    """Whether the log belongs to the file, or there is none."""
    adds: bool = False
    """Whether there is one that belongs to it."""
    figures: dict[str, Any] = field(default_factory=dict)
    """What was kept beside the messages when it began."""


class Tail:
    """A log on the disk. Every method may raise `OSError`.

    Args:
        path: its file.
        disk: how it is synced.
    """

    def __init__(self, path: Path, disk: Disk | None = None) -> None:
        self.path = path
        self._disk = disk or SystemDisk()
        self.stamp: Stamp | None = None
        """Of the log as it was read last."""
        self._handle: int | None = None
        self._next = 1
        self._lock = threading.Lock()
        self._syncing = threading.Lock()
        self._unsynced: list[tuple[int, bytes]] = []
        """What was written since the last sync, with its place in the file."""
        self._sync_failed = False

    def over(self, saved: Messages) -> Found:
        """The messages of the file with those of the log. A line that was cut off is no record."""
        alone = Saved(messages=saved)
        try:
            data, self.stamp = read_stamped(self.path)
        except (FileNotFoundError, NotADirectoryError):
            self.stamp = None
            return Found(alone)
        head, *lines = data.splitlines(keepends=True) or [b""]
        record = decode(head)
        if record is None:  # its program ended as it began the log, or it is damaged
            return Found(alone, fits=not lines)
        count, begun = record.data.get("count"), record.data.get("figures")
        if (
            isinstance(count, int)
            and 0 <= count <= len(saved)
            and Base.of(saved[:count]).hash == record.data.get("hash")
        ):
            folded = fold(lines, after=record.n, spent=Spent.of(begun))
            with_more_before(folded, saved[:count], begun)
            both = min(len(folded.messages), len(saved))
            if folded.messages[:both] == saved[:both]:  # it may have been saved in the middle of a task
                if both < len(saved):
                    folded.messages[:] = saved
                return Found(folded, adds=True, figures=begun if isinstance(begun, dict) else {})
        return Found(alone, fits=not lines)  # figures alone, of other messages: nothing is lost with them

    def begin(self, base: Base, figures: Mapping[str, Any] | None = None, *, go_on: bool) -> None:
        """Open it for records.

        Args:
            base: the messages of the file.
            figures: what is kept beside them.
            go_on: keep the records that are there, but for a line that was cut off.
        """
        self.close()
        self._handle = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
        data = self.path.read_bytes() if go_on else b""
        os.ftruncate(self._handle, data.rfind(b"\n") + 1)
        self._next = data.count(b"\n") + 1
        if not go_on:
            self.append(BASE, base.record(figures))

    def append(self, type: str, data: dict[str, Any]) -> None:
        """Write a record. Where that fails, half of it is taken back."""
        with self._lock:
            if self._handle is None:
                return  # the task is over, and its session saved
            line = encode(self._next, time.time(), type, data)
            end = os.fstat(self._handle).st_size
            try:
                done = os.write(self._handle, line)
                if done < len(line):  # the disk is full: the next write says so
                    os.write(self._handle, line[done:])
            except OSError:
                os.ftruncate(self._handle, end)
                raise
            self._next += 1
            self._unsynced.append((end, line))

    def replace(self, base: Base, records: Records, figures: Mapping[str, Any] | None = None) -> None:
        """Write another log in its place, whole or not at all, and let go of it."""
        self.close()
        head = (BASE, base.record(figures))
        now = time.time()
        lines = [encode(n, now, type, data) for n, (type, data) in enumerate((head, *records), 1)]
        write_whole(self.path, b"".join(lines).decode())

    def sync(self) -> None:
        """Return when it is on the disk.

        After a sync that failed the system may take its pages for written, so that the next one succeeds and says
        nothing: what was written since the last good one is then written again before that.
        """
        with self._syncing:
            with self._lock:
                handle, unsynced = self._handle, self._unsynced
                pieces = tuple(unsynced)
            if handle is None:
                return
            try:
                if self._sync_failed:
                    self._disk.put_again(self.path, pieces)
                self._disk.sync(handle)
            except OSError:
                self._sync_failed = True
                raise
            self._sync_failed = False
            with self._lock:
                del unsynced[: len(pieces)]

    def clear(self) -> None:
        """Remove it: all that it holds is in the session's file."""
        self.close()
        self.path.unlink(missing_ok=True)

    def close(self) -> None:
        """Let go of the file."""
        handle, self._handle = self._handle, None
        self._unsynced, self._sync_failed = [], False
        if handle is not None:
            os.close(handle)

    def set_aside(self) -> Path:
        """Rename it, since it belongs to other messages; returns its new path."""
        name = f"{self.path.name.removesuffix('.log.jsonl')}.other-{int(time.time())}"
        for number in itertools.count(1):
            aside = self.path.with_name(f"{name}{'' if number == 1 else f'-{number}'}.log.jsonl")
            if not aside.exists():
                break
        return self.path.rename(aside)
