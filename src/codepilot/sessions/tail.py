"""The log beside a session's file: a line for each record since the file was written, whole lines only.

Its first line says which messages it goes on from. A log that goes on from others is not for this file (another
program has written it since): whoever writes sets it aside under another name.
"""

from __future__ import annotations

import itertools
import json
import os
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from codepilot.sessions.base import Messages
from codepilot.sessions.file_place import Stamp, read_stamped
from codepilot.sessions.json_values import written
from codepilot.sessions.records import messages_with
from codepilot.values import dataclass

FORMAT = 1
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


@dataclass(frozen=True, slots=True)
class Found:
    """What a log adds to the messages of a file."""

    messages: Messages
    """All of them."""
    records: list[dict[str, Any]]
    fits: bool = True
    """Whether the log belongs to the file, or there is none."""
    adds: bool = False
    """Whether the file is to be read with it from now on, too."""


class Tail:
    """A log on the disk. Every method may raise `OSError`.

    Args:
        path: its file.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.stamp: Stamp | None = None
        """Of the log as it was read last."""
        self._handle: int | None = None
        self._next = 1

    def over(self, saved: Messages) -> Found:
        """The messages of the file with those of the log. A line that was cut off is no record."""
        try:
            data, self.stamp = read_stamped(self.path)
        except (FileNotFoundError, NotADirectoryError):
            self.stamp = None
            return Found(saved, [])
        head, *records = [_record(line) for line in data.split(b"\n")[:-1]] or [None]
        if head is None:
            return Found(saved, [], fits=not data.strip(), adds=False)
        count = head.get("count")
        if (
            isinstance(count, int)
            and 0 <= count <= len(saved)
            and Base.of(saved[:count]).hash == head.get("hash")
        ):
            whole_records = [record for record in records if record is not None]
            whole = messages_with(saved[:count], whole_records)
            both = min(len(whole), len(saved))
            if whole[:both] == saved[:both]:  # a save may have ended before it could clear the log
                if len(saved) > count or len(whole) < len(saved):
                    whole = max(whole, saved, key=len)
                return Found(whole, whole_records, adds=count == len(saved))
        return Found(saved, [], fits=False)

    def begin(self, base: Base, *, go_on: bool) -> None:
        """Open it for records.

        Args:
            base: the messages of the file.
            go_on: keep the records that are there, but for a line that was cut off.
        """
        self.close()
        self._handle = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
        data = self.path.read_bytes() if go_on else b""
        os.ftruncate(self._handle, data.rfind(b"\n") + 1)
        self._next = data.count(b"\n")
        if not go_on:
            self._write({"format": FORMAT, "count": base.count, "hash": base.hash, "time": time.time()})
            self._next = 1

    def append(self, record: Mapping[str, Any]) -> None:
        """Write a record. Where that fails, half of it is taken back."""
        self._write({"n": self._next, "time": time.time(), **record})
        self._next += 1

    def sync(self) -> None:
        """Return when it is on the disk."""
        if self._handle is not None:
            os.fsync(self._handle)

    def clear(self) -> None:
        """Remove it: all that it holds is in the session's file."""
        self.close()
        self.path.unlink(missing_ok=True)

    def close(self) -> None:
        """Let go of the file."""
        handle, self._handle = self._handle, None
        if handle is not None:
            os.close(handle)

    def _write(self, record: Mapping[str, Any]) -> None:
        assert self._handle is not None
        line = written(record).encode("utf-8") + b"\n"
        end = os.fstat(self._handle).st_size
        try:
            done = os.write(self._handle, line)
            if done < len(line):  # the disk is full: the next write says so
                os.write(self._handle, line[done:])
        except OSError:
            os.ftruncate(self._handle, end)
            raise

    def set_aside(self) -> Path:
        """Rename it, since it belongs to other messages; returns its new path."""
        name = f"{self.path.name.removesuffix('.log.jsonl')}.other-{int(time.time())}"
        for number in itertools.count(1):
            aside = self.path.with_name(f"{name}{'' if number == 1 else f'-{number}'}.log.jsonl")
            if not aside.exists():
                break
        return self.path.rename(aside)


def _record(line: bytes) -> dict[str, Any] | None:
    try:
        record = json.loads(line)
    except (ValueError, RecursionError):
        return None
    return record if isinstance(record, dict) else None
