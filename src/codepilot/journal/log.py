"""The log of one session: its folder, its lock and its journal, made when the first record is written."""

from __future__ import annotations

import os
import threading
import weakref
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from codepilot import paths
from codepilot.caught import in_thread
from codepilot.errors import SessionError
from codepilot.journal.branches import saved_of
from codepilot.journal.disk import Disk
from codepilot.journal.fold import Saved
from codepilot.journal.lease import Lease
from codepilot.journal.place import JOURNAL, LOCK, TEXTS
from codepilot.journal.record import CREATED, FORMAT
from codepilot.journal.writer import JournalWriter

_PIECE = 1024 * 1024
"""Bytes that are read at once: one read of all would take that much memory for good."""

_LARGE = 1_000_000_000
"""Bytes of a journal from which on a new one is offered: it is never rewritten, and grows with each step."""

_open: weakref.WeakValueDictionary[str, JournalLog] = weakref.WeakValueDictionary()
"""Those of this process that can be added to, by the real paths of their journals."""


def open_log(path: Path) -> JournalLog | None:
    """The log of this process that has a journal open, if one has; it can be added to from any thread.

    Args:
        path: of the journal.
    """
    log = _open.get(os.path.realpath(path))
    return log if log is not None and not log.closed else None


class JournalLog:
    """What is recorded of a session, and the right to add to it.

    Args:
        folder: of the session. A session that is there is taken at once, a new one with its first record.
        header: what the first record of a new session says beside the format.
        disk: how it is written.

    Raises:
        SessionBusy: another program has the session.
        SessionError: it cannot be opened, or was written in a newer format.
    """

    def __init__(self, folder: Path, header: dict[str, Any], disk: Disk | None = None) -> None:
        self.folder = folder
        self._header = header
        self._disk = disk
        self._lock = threading.Lock()
        self._lease: Lease | None = None
        self._writer: JournalWriter | None = None
        self._closed = self._remote = False
        self._taken = self._gone = ""
        self._door: Path | None = None
        self.made_again = 0
        """How often its folder or its journal had been taken away meanwhile, and was made again."""
        self.saved = Saved()
        """What was there when it was opened."""
        if self.path.exists():
            self._open()

    @property
    def path(self) -> Path:
        """The journal."""
        return self.folder / JOURNAL

    @property
    def opened(self) -> bool:
        """Whether there is a journal."""
        return self._writer is not None

    @property
    def last(self) -> int:
        """The number of the last record; 0: there is no journal."""
        return self._writer.last if self._writer is not None else 0

    @property
    def size(self) -> int:
        """Bytes of the journal."""
        return self._writer.size if self._writer is not None else 0

    @property
    def large(self) -> bool:
        """It has become so large that a session with a summary of it had better go on."""
        return self.size >= _LARGE

    @property
    def closed(self) -> bool:
        """Nothing can be added any more, in this process at least."""
        return self._closed or (self._lease is not None and not self._lease.held)

    @property
    def taken(self) -> str:
        """Who took the session although we hold it, as a server of a network may let happen; empty: nobody."""
        return self._taken

    @property
    def trouble(self) -> str:
        """Why what is appended now is only in memory; empty: it is written."""
        if self._taken:
            return f"another program took the session{self._taken}"
        if self._writer is None:
            return ""
        return self._gone or self._writer.trouble

    @property
    def unwritten(self) -> int:
        """Records that were acknowledged and that the disk has not taken; once this is closed they are lost."""
        if self._writer is None:
            return 0
        return self._writer.last if self._gone else self._writer.unwritten

    @property
    def set_aside(self) -> Path | None:
        """The copy of a journal that was found damaged at its end."""
        return self._writer.set_aside if self._writer is not None else None

    def open(self) -> None:
        """Make the journal, if there is none yet.

        Raises:
            SessionBusy, SessionError: as the constructor.
        """
        with self._lock:
            if self._writer is None and not self.closed:
                self._open()

    def tell_door(self, path: Path | None) -> None:
        """Say in the lock on which socket this program listens."""
        self._door = path
        if self._lease is not None:
            self._lease.tell_door(path)

    def put_back(self) -> None:
        """Make the folder and the journal again if they were taken away while they are open; see `trouble`."""
        with self._lock:
            self._put_back()

    def append(self, type: str, data: dict[str, Any]) -> int:
        """Write a record; returns its number when it is written. From any thread.

        Raises:
            SessionBusy, SessionError: as the constructor, for the first record; or the log is closed.
        """
        with self._lock:
            if self.closed:
                raise SessionError("The session is closed.")
            if self._writer is None:
                self._open()
            assert self._writer is not None
            return 0 if self._taken else self._writer.append(type, data)

    def refuse_when_full(self) -> None:
        """What was recorded is kept in memory while the disk takes nothing; but that has an end, too.

        Raises:
            SessionError: so much waits that nothing more is to be begun.
        """
        if self._writer is not None and self._writer.full:
            raise SessionError(
                "The session cannot be written, and so much of it waits in memory that the agent stops:"
                f" {self.trouble}.",
                hint="Free some space: what waits is written then. If the program ends before that, it is lost.",
            )

    async def barrier(self) -> None:
        """Return when all that was appended is durable, or the disk refuses; see `trouble`."""
        writer = self._writer
        if writer is None or self._closed:
            return
        await in_thread(self._sync)

    def _sync(self) -> None:
        if self._remote and self._lease is not None and not self._taken:
            self._taken = self._lease.taken_by()
        self.put_back()
        if self._writer is not None and not self._taken:
            self._writer.sync()

    def lines(self) -> Iterator[bytes]:
        """The lines of the journal, from the first."""
        return lines_of(self.path)

    def close(self) -> None:
        """Let go of the session. A second call does nothing."""
        with self._lock:
            self._put_back()
            self._closed = True
            if self._writer is not None:
                self._writer.close()
            if self._lease is not None:
                self._lease.release()

    def _put_back(self) -> None:
        if self._writer is None or self._lease is None or self.closed or self._taken:
            return
        if not (self._lease.gone or self._writer.gone):
            return
        try:
            paths.private_dir(self.folder)
            if self._lease.gone:
                lease = Lease(self.folder / LOCK, self._header.get("program", "codepilot"))
                lease.tell_door(self._door)
                self._lease.release()
                self._lease = lease
            if self._writer.gone:
                self._writer.put_back()
        except OSError as error:
            self._gone = f"its folder was taken away and cannot be made again: {error.strerror or error}"
        except SessionError as error:
            self._gone = error.message.rstrip(".")
        else:
            self._gone = ""
            self.made_again += 1

    def _open(self) -> None:
        try:
            paths.private_dir(self.folder)
        except OSError as error:
            raise SessionError(
                f"The session's folder {self.folder} cannot be made: {error.strerror or error}.",
                hint="Free some space, or use another session_dir.",
            ) from error
        lease = Lease(self.folder / LOCK, self._header.get("program", "codepilot"))
        try:
            self._remote = lease.remote
            writer = JournalWriter(self.path, self._disk)
            if writer.last == 0:
                writer.append(CREATED, {"format": FORMAT, **self._header})
            else:
                self.saved = saved_of(self.lines, self.folder / TEXTS)
            if self.saved.newer:
                writer.close()
                raise SessionError(
                    f"The session {self.folder.name} was written by a newer version of codepilot.",
                    hint="Update codepilot to go on with it, or work in another session.",
                )
        except BaseException:
            lease.release()
            raise
        self._lease, self._writer = lease, writer
        _open[os.path.realpath(self.path)] = self


def lines_of(path: Path) -> Iterator[bytes]:
    """The lines of a journal, each with its newline but for a last one that was cut; none where there is no file.

    Raises:
        SessionError: it cannot be read.
    """
    try:
        with path.open("rb") as stream:
            held = b""
            while piece := stream.read(_PIECE):
                whole = (held + piece).split(b"\n")
                held = whole.pop()
                yield from (line + b"\n" for line in whole)
            if held:
                yield held
    except FileNotFoundError:
        return
    except OSError as error:
        raise SessionError(f"The journal {path} cannot be read: {error.strerror or error}.") from error
