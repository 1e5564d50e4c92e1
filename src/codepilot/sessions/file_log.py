"""The lock and the log of a session in a file: who may write, and what was said since the file was written."""

from __future__ import annotations

import contextlib
import threading
from collections import deque
from collections.abc import Callable, Iterator
from functools import cached_property
from pathlib import Path
from typing import Any

from codepilot.caught import in_thread
from codepilot.journal.fold import Saved
from codepilot.sessions.base import Messages
from codepilot.sessions.file_place import FilePlace, Stamp
from codepilot.sessions.lock import FileLock
from codepilot.sessions.tail import Base, Found, Tail
from codepilot.sessions.waiting import Waiting

_SMALL = 4_000_000
"""Bytes of a file that is written again after each step: some 40 ms, in a thread."""
_STEPS = 20
"""After so many steps a larger one is."""
_NOT_BEGUN = (
    "The task was not begun. Name a folder that can be written with session_dir, or make this one so."
)


class FileLog:
    """See `codepilot.sessions.base.TaskLog`.

    Args:
        place: where the session lies.
        create: writes its file with some messages.
    """

    def __init__(self, place: FilePlace, create: Callable[[Messages], None]) -> None:
        self._place = place
        self._create = create
        self._found = Found(Saved())
        self._base = Base.of([])
        self._working = False
        self._in_file: Messages | None = None
        """What the file holds, if it holds all; None: the log has more."""
        self._steps = 0
        self.figures: dict[str, Any] = {}
        self._pending: list[tuple[str, dict[str, Any]]] = []
        """Words that were sent while no task is worked on."""
        self._missed: deque[tuple[str, dict[str, Any]]] = deque()
        """Records of the task that the disk did not take, and those after them."""
        self._guard = threading.RLock()
        """Words come from any thread."""
        self._alone = threading.RLock()
        """Saves do, too: one is over before the next one reads what it is to keep. Taken before `_guard`."""
        self.waiting = Waiting()
        self.set_aside: Path | None = None
        """Where a log went that another program's writing made meaningless."""

    @cached_property
    def _lock(self) -> FileLock:
        return FileLock(self._place.lock, str(self._place.path))

    @cached_property
    def _tail(self) -> Tail:
        return Tail(self._place.log)

    @property
    def stamp(self) -> Stamp | None:
        """Of the log as it was read last."""
        return self._tail.stamp

    @property
    def fits(self) -> bool:
        """Whether the log belongs to the messages that it was read with, or there is none."""
        return self._found.fits

    @property
    def held(self) -> bool:
        """Whether a task is worked on, so that nobody else can write."""
        return self._working

    @property
    def saved(self) -> Saved:
        """See `TaskLog.saved`."""
        return self._found.saved

    @property
    def saves_in_a_task(self) -> bool:
        """See `TaskLog.saves_in_a_task`."""
        return True

    @property
    def save_is_due(self) -> bool:
        """See `TaskLog.save_is_due`; asked after each step."""
        self._steps += 1
        try:
            size = self._place.path.stat().st_size
        except FileNotFoundError:
            size = 0
        return size < _SMALL or self._steps >= _STEPS

    def note_figures(self, figures: dict[str, Any]) -> None:
        """See `TaskLog.note_figures`."""
        self.figures = figures

    def over(self, saved: Messages) -> Messages:
        """The messages of the file and of the log.

        Raises:
            SessionError: the log is there and cannot be read.
        """
        try:
            self._found = self._tail.over(saved)
        except OSError as error:
            raise self._place.failed(
                "read", error, "Move its log away, or use another session_id."
            ) from error
        self._base = Base.of(saved)
        self.waiting.begin(self._found.saved.queued)
        self.figures = self._found.figures
        return list(self._found.saved.messages)

    def note_saved(self, messages: Messages) -> None:
        """The file holds all of these. In a task the log stays: it tells where the task stands, too."""
        self._steps, self._in_file = 0, messages
        if not self._working:
            self._rest(messages)

    def _rest(self, messages: Messages) -> None:
        """The file holds all of these: of the log, only what has no place there stays."""
        base, words = Base.of(messages), self.waiting.records()
        if words or self.figures:
            self._tail.replace(base, words, self.figures)
        else:
            self._tail.clear()
        self._found, self._base = Found(Saved(messages=messages), adds=bool(words or self.figures)), base

    def clear(self) -> None:
        """The session is gone."""
        self.waiting.begin({})
        self._pending.clear()
        self.figures = {}
        self.note_saved([])

    @contextlib.contextmanager
    def locked(self) -> Iterator[None]:
        """Hold the lock, if only for a moment; other threads wait for it, other programs are refused.

        Raises:
            SessionBusy: another program holds it.
        """
        with self._alone:
            if self._lock.held:
                yield
                return
            self._lock.take()
            try:
                yield
            finally:
                self._lock.free()

    async def claim(self) -> None:
        """See `TaskLog.claim`."""
        await in_thread(self._claim)

    def _claim(self) -> None:
        with self._alone, self._guard:
            self._pending.clear()  # the task writes all that waits
            self._missed.clear()
            self._open()

    def _open(self) -> None:
        place = self._place
        try:
            place.make_folder()
            self._lock.take()
            try:
                place.check_unchanged()
                if not place.path.exists():  # so that it is listed from now on, whatever happens
                    self._create([])
                if not self._found.fits:
                    self.set_aside = self._tail.set_aside()
                self._tail.begin(self._base, self.figures, go_on=self._found.adds)
                self._found = Found(
                    self._found.saved, adds=True
                )  # until a save puts its messages into the file
                self._working = True
                place.note_written()
            except BaseException:
                self._tail.close()
                self._lock.free()
                raise
        except OSError as error:
            raise place.failed("opened", error, _NOT_BEGUN) from error

    def append(self, type: str, data: dict[str, Any]) -> None:
        """See `TaskLog.append`."""
        with self._guard:
            if not self._working:
                self._pending.append((type, data))
                return
            self._in_file = None
            self._missed.append((type, data))
            self._catch_up()

    def _catch_up(self) -> None:
        """Write what waits for it, in order: whatever came first must not be missing among what follows."""
        try:
            while self._missed:
                self._tail.append(*self._missed[0])
                self._missed.popleft()
        except OSError as error:
            raise self._place.failed("saved", error) from error

    @property
    def unwritten(self) -> bool:
        """See `TaskLog.unwritten`."""
        return bool(self._pending)

    async def settle(self) -> None:
        """See `TaskLog.settle`."""
        await in_thread(self.flush)

    def flush(self) -> None:
        """See `TaskLog.flush`; in a task a record is written as it is appended."""
        with self._alone, self._guard:
            if self._working or not self._pending:
                return
            self._open()
            try:
                for type, data in self._pending:
                    self._tail.append(type, data)
                self._tail.sync()
                self._pending.clear()
            except OSError as error:
                raise self._place.failed("saved", error) from error
            finally:
                self._let_go()

    async def barrier(self) -> None:
        """See `TaskLog.barrier`."""
        with self._guard:
            self._catch_up()
        try:
            await in_thread(self._tail.sync)
        except OSError as error:
            raise self._place.failed("saved", error) from error

    async def release(self) -> None:
        """See `TaskLog.release`."""
        await in_thread(self._release)

    def _release(self) -> None:
        with self._alone, self._guard:
            if not self._working:
                return
            try:
                if self._in_file is None:
                    self._catch_up()
                else:
                    self._rest(self._in_file)
            except OSError as error:
                raise self._place.failed("saved", error) from error
            finally:
                self._let_go()

    def let_go(self) -> None:
        """See `TaskLog.let_go`."""
        with self._guard:
            if self._working:
                self._let_go()

    def _let_go(self) -> None:
        self._working = False
        self._tail.close()
        self._place.note_written()
        self._lock.free()
