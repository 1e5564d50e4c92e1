"""Adds records to a journal. A record is acknowledged once it is written, and durable once a barrier was passed.

What is written survives the end of this program at any moment; after a barrier it survives a loss of power, too.
A disk that takes nothing never stops the agent: the records wait in memory, in their order, until it does.
"""

from __future__ import annotations

import os
import threading
import time
import weakref
from collections import deque
from collections.abc import Callable
from pathlib import Path
from typing import Any

from codepilot.errors import SessionError
from codepilot.journal.disk import Disk, SystemDisk, copy, lies_at
from codepilot.journal.place import TEXTS
from codepilot.journal.record import encode
from codepilot.journal.tail import tail_of
from codepilot.journal.texts import Long, Texts, sync_folder, take_out

_MOST_WAITING = 64 * 1024 * 1024
"""Bytes that wait in memory for a disk that takes nothing, before a task has to end; see `full`."""
_MOST_UNSYNCED = 4 * 1024 * 1024
"""Bytes that are written without a sync, and kept until then; an append beyond that syncs."""
_AGAIN = 5.0
"""Seconds after which such a disk is tried again by an append; a barrier tries it each time."""


class JournalWriter:
    """The one writer of a journal. Its calls may come from any thread.

    Args:
        path: of the journal; its folder is there.
        disk: how it is written.
        now: seconds since 1970, for the records.

    Raises:
        SessionError: it cannot be opened or read.
    """

    def __init__(
        self,
        path: Path,
        disk: Disk | None = None,
        *,
        now: Callable[[], float] = time.time,
    ) -> None:
        self._path = path
        self._disk = disk or SystemDisk()
        self._now = now
        self._lock = threading.Lock()
        self._syncing = threading.Lock()
        self._texts = Texts(path.with_name(TEXTS), self._disk)
        self._waiting: deque[tuple[bytes, Long]] = deque()
        """Records, each with the long texts that have to be there before it."""
        self._bytes_waiting = 0
        self._trouble = ""
        self._try_again_at = 0.0
        self._written = self._synced = 0
        self._unsynced: list[tuple[int, bytes]] = []
        """What was written since the last sync, with its place in the file."""
        self._bytes_unsynced = 0
        self._sync_failed = False
        self.set_aside: Path | None = None
        """The copy that was made of a journal with more at its end than a record that was cut."""
        try:
            tail = tail_of(path)
            if tail.damaged:
                import shutil

                self.set_aside = path.with_name(f"{path.name}.damaged-{int(self._now())}")
                shutil.copyfile(path, self.set_aside)
                self.set_aside.chmod(0o600)
            self._handle: int | None = self._disk.open(path)
        except OSError as error:
            raise SessionError(
                f"The journal {path} cannot be opened: {error.strerror or error}.",
                hint="Free some space or repair the folder's rights, or use another session.",
            ) from error
        self._let_go = weakref.finalize(self, self._disk.close, self._handle)
        self._size, self._n = tail.whole, tail.last
        self._torn = tail.torn > 0
        """Something that is no whole record stands after `_size`: to be taken away before the next one."""

    @property
    def last(self) -> int:
        """The number of the last record that was acknowledged; 0: none."""
        return self._n

    @property
    def size(self) -> int:
        """Bytes of the journal, without its long texts."""
        return self._size

    @property
    def trouble(self) -> str:
        """Why the disk takes nothing now; empty: it does."""
        return self._trouble

    @property
    def unwritten(self) -> int:
        """Records that the disk has not taken, or of which it said in the end that it may not have them."""
        return len(self._waiting) + (len(self._unsynced) if self._sync_failed else 0)

    @property
    def full(self) -> bool:
        """More waits for the disk than should.

        What is appended waits all the same, since a number that was given out is a promise; but whoever appends has to
        come to an end.
        """
        return self._bytes_waiting + self._bytes_unsynced > _MOST_WAITING

    def skip_to(self, n: int) -> None:
        """Leave the numbers before this one out, as in the journal that is copied: a lower one changes nothing."""
        with self._lock:
            self._n = max(self._n, n - 1)

    def append(self, type: str, data: dict[str, Any]) -> int:
        """Write a record; it is there when this returns, or waits in memory if the disk takes nothing.

        Args:
            type: of the record.
            data: its fields, JSON values.

        Returns:
            Its number.

        Raises:
            SessionError: the journal is closed.
        """
        with self._lock:
            if self._handle is None:
                raise SessionError(f"The journal {self._path} is closed.")
            now = self._now()
            line = encode(self._n + 1, now, type, data)
            data, long = take_out(data, line)
            if long:
                line = encode(self._n + 1, now, type, data)
            self._n += 1
            refused = bool(self._waiting) and time.monotonic() < self._try_again_at
            self._wait(line, long)
            if not refused:
                self._drain()
            number, much = self._n, self._bytes_unsynced > _MOST_UNSYNCED and not self._sync_failed
        if much:
            self.sync()
        return number

    def sync(self) -> bool:
        """Make durable what was acknowledged so far; False where the disk does not. Blocks for a millisecond or so.

        After a sync that failed the system may take its pages for written, so that the next one succeeds and says
        nothing: what was written since the last good one is then written again before that.
        """
        with self._syncing:
            with self._lock:
                if self._handle is None:
                    return False
                if self._waiting:
                    self._drain()
                upto, handle, pieces = self._written, self._handle, tuple(self._unsynced)
                whole = not self._waiting
            if self._synced >= upto:
                return whole
            try:
                if self._sync_failed:
                    self._disk.put_again(self._path, pieces)
                self._disk.sync(handle)
            except OSError as error:
                with self._lock:
                    self._sync_failed = True
                    self._fail(error)
                return False
            self._synced = upto
            with self._lock:
                self._sync_failed = False
                del self._unsynced[: len(pieces)]
                self._bytes_unsynced -= sum(len(data) for _, data in pieces)
                if not self._waiting:
                    self._trouble = ""
        return whole

    @property
    def gone(self) -> bool:
        """Whether the file that is written no longer lies at its path: it was removed, moved away or replaced."""
        with self._lock:
            return self._handle is not None and not lies_at(self._path, self._handle)

    def put_back(self) -> None:
        """Make the journal again at its path, from the file that is still open; what lies there now is set aside.

        Raises:
            OSError: no space, no folder, read-only; it can be tried again.
        """
        with self._syncing, self._lock:
            if self._handle is None:
                return
            draft = self._path.with_name(f".{self._path.name}.new")
            draft.unlink(missing_ok=True)
            handle = self._disk.open(draft)
            try:
                copy(self._disk, self._handle, handle, self._size)
                if self._sync_failed:  # the system may have dropped pages of the other file
                    self._disk.put_again(draft, tuple(self._unsynced))
                self._disk.sync(handle)
                if self._path.exists():
                    self._path.rename(self._path.with_name(f"{self._path.name}.other-{int(self._now())}"))
                draft.replace(self._path)
                sync_folder(self._path.parent)
            except OSError:
                self._disk.close(handle)
                raise
            self._let_go()
            self._handle, self._torn = handle, False
            self._let_go = weakref.finalize(self, self._disk.close, handle)
            self._synced, self._sync_failed, self._bytes_unsynced = self._written, False, 0
            self._unsynced.clear()
            self._drain()

    def close(self) -> None:
        """Sync, and let go of the file. A second call does nothing."""
        if not self.sync():
            self.sync()  # there is no later: it may have been refused in this moment only
        with self._lock:
            self._handle = None
            self._let_go()

    # -- with the lock held ------------------------------------------------------------------------------------

    def _wait(self, line: bytes, long: Long) -> None:
        self._waiting.append((line, long))
        self._bytes_waiting += _size(line, long)

    def _drain(self) -> None:
        """Write what waits, in order, until the disk refuses."""
        assert self._handle is not None
        try:
            while self._waiting:
                if self._torn:
                    self._heal(self._handle)
                line, long = self._waiting[0]
                for name, content in long:
                    self._texts.put(name, content)
                self._write(self._handle, line)
                self._waiting.popleft()
                self._bytes_waiting -= _size(line, long)
        except OSError as error:
            self._fail(error)
            return
        if not self._sync_failed:
            self._trouble = ""

    def _write(self, handle: int, line: bytes) -> None:
        self._torn = True  # until it is known to be whole
        count = self._disk.write(handle, line)
        if count != len(line):
            raise OSError(28, os.strerror(28))  # no space: only that writes a part of what is asked
        self._torn = False
        self._unsynced.append((self._size, line))
        self._bytes_unsynced += count
        self._size += count
        self._written += 1

    def _heal(self, handle: int) -> None:
        """Take away what is no whole record; where that fails a line end makes it a line that readers skip."""
        try:
            self._disk.truncate(handle, self._size)
        except OSError:
            if self._disk.write(handle, b"\n") != 1:
                raise
            self._size = os.fstat(handle).st_size
            # Kept as a record is: a failed sync may drop it, and the next record would be glued to a hole.
            self._unsynced.append((self._size - 1, b"\n"))
            self._bytes_unsynced += 1
        self._torn = False

    def _fail(self, error: OSError) -> None:
        self._try_again_at = time.monotonic() + _AGAIN
        why = error.strerror or str(error)
        if self._torn and self._handle is not None:
            try:
                self._heal(self._handle)
            except OSError:
                pass  # it is tried again before the next record
        self._trouble = why


def _size(line: bytes, long: Long) -> int:
    return len(line) + sum(len(content) for _, content in long)
