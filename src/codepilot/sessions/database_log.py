"""The log of a session in a database: records wait in memory until the next barrier, which writes them all at once.

The person's words do not: `flush` writes them before whoever sent them gets their number.
"""

from __future__ import annotations

import asyncio
import concurrent.futures
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any

from codepilot.caught import in_thread
from codepilot.errors import SessionError
from codepilot.journal.fold import Saved
from codepilot.sessions.base import Messages
from codepilot.sessions.waiting import Waiting

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection

    from codepilot.sessions.database_rows import SessionRows

Then = Callable[[Any], None]
Work = Callable[["Connection"], Any]
Transaction = Callable[[str, Work, Then], Awaitable[Any]]
"""Does some work in a transaction, and what follows from its result once that is committed, nothing else of the session
between them. The word before says what becomes of the session: read, saved …"""
AtOnce = Callable[[str, Work, Then], Any]
"""The same on the caller's thread."""
_PATIENCE = 10.0
"""Seconds for which a thread waits until the loop has written its words."""


class DatabaseLog:
    """See `codepilot.sessions.base.TaskLog`.

    Args:
        rows: the session in its tables.
        transaction: does work on them.
        at_once: the same for a plain engine; None: only a loop can use the engine.
    """

    def __init__(self, rows: SessionRows, transaction: Transaction, at_once: AtOnce | None = None) -> None:
        self._rows = rows
        self._transaction = transaction
        self._at_once = at_once
        self._pending: list[tuple[str, dict[str, Any]]] = []
        self.writing = asyncio.Lock()
        """Held by the one on the loop who writes to the session."""
        self.waiting = Waiting()
        self.soon: asyncio.Task[None] | None = None
        """Writes words that were sent on the loop itself."""
        self._claimed = False
        self._loop: asyncio.AbstractEventLoop | None = None

    @property
    def saves_in_a_task(self) -> bool:
        """No: a save takes the place of the log, which says who writes and where the task stands."""
        return False

    @property
    def save_is_due(self) -> bool:
        """Never in the middle of a task: the log is as safe as the row, and says who writes."""
        return False

    @property
    def figures(self) -> dict[str, Any]:
        """See `TaskLog.figures`."""
        return self._rows.figures

    def note_figures(self, figures: dict[str, Any]) -> None:
        """See `TaskLog.note_figures`."""
        self._rows.figures = figures

    @property
    def saved(self) -> Saved:
        """See `TaskLog.saved`."""
        return self._rows.saved_state

    def loaded(self, messages: Messages) -> None:
        """The session was read."""
        del messages
        self.waiting.begin(self._rows.saved_state.queued)

    def forgotten(self, result: None) -> None:
        """The session was deleted."""
        del result
        self._pending.clear()
        self.waiting.begin({})
        self._rows.forgotten()

    def saving(self, messages: Messages) -> tuple[Work, Then]:
        """The work that writes the row in place of row and log, but for the words that wait; and what follows."""

        def work(connection: Connection) -> tuple[int, int, float]:
            told, words = tuple(self._pending), self.waiting.records()
            return len(told), len(words), self._rows.save(connection, messages, words, told)

        def then(result: tuple[int, int, float]) -> None:
            told, words, when = result
            del self._pending[:told]
            self._rows.saved(when, words)

        return work, then

    async def claim(self) -> None:
        """See `TaskLog.claim`."""
        async with self._alone():
            try:
                await self._transaction("opened", self._rows.claim, self._claimed_now)
            except BaseException:
                if not self._claimed:
                    self._rows.let_go()
                raise

    def _alone(self) -> asyncio.Lock:
        """What is held while something is written; a task has its loop, and the next one may have another."""
        if self._loop is not (loop := asyncio.get_running_loop()):
            self._loop, self.writing = loop, asyncio.Lock()
        return self.writing

    def _claimed_now(self, result: tuple[str, float]) -> None:
        self._pending[:] = [record for record in self._pending if record[0] != "message_queued"]
        self._rows.claimed(*result)
        self._claimed = True

    def append(self, type: str, data: dict[str, Any]) -> None:
        """Take a record for the next barrier, or `flush`."""
        self._pending.append((type, data))

    async def barrier(self) -> None:
        """See `TaskLog.barrier`."""
        async with self._alone():  # a task and its end may both be at it
            if self._pending:
                await self._transaction("saved", self._write, self._written)

    @property
    def unwritten(self) -> bool:
        """See `TaskLog.unwritten`."""
        return bool(self._pending)

    async def settle(self) -> None:
        """See `TaskLog.settle`."""
        if self._at_once is not None:
            await in_thread(self.flush)
        else:
            await self.barrier()

    def flush(self) -> asyncio.Task[None] | None:
        """See `TaskLog.flush`."""
        if self._at_once is not None:
            if self._pending:
                self._at_once("saved", self._write, self._written)
            return None
        loop = self._loop
        if loop is None or not loop.is_running():
            return None  # with the next task, or at the end
        if _runs_here(loop):
            self.soon = loop.create_task(self.barrier())
            self.soon.add_done_callback(_seen)
            return self.soon
        try:
            asyncio.run_coroutine_threadsafe(self.barrier(), loop).result(_PATIENCE)
        except (concurrent.futures.CancelledError, concurrent.futures.TimeoutError):
            raise SessionError(
                f"The words could not be saved in the session {self._rows.session_id}: its event loop is busy.",
                hint="They are in memory, and are saved with the next step.",
            ) from None
        return None

    def _write(self, connection: Connection) -> tuple[int, float | None]:
        records = tuple(self._pending)
        if not self._claimed:
            return len(records), self._rows.append_between(connection, records)
        self._rows.append(connection, records)
        return len(records), None

    def _written(self, result: tuple[int, float | None]) -> None:
        count, seen = result
        self._rows.appended(count, seen)
        del self._pending[:count]

    async def release(self) -> None:
        """See `TaskLog.release`."""
        try:
            if self._claimed:
                await self.barrier()  # words that came after the save
        finally:
            self._pending.clear()
            self.let_go()

    def let_go(self) -> None:
        """See `TaskLog.let_go`."""
        self._claimed = False
        self._rows.let_go()


def _runs_here(loop: asyncio.AbstractEventLoop) -> bool:
    try:
        return asyncio.get_running_loop() is loop
    except RuntimeError:
        return False


def _seen(task: asyncio.Task[None]) -> None:
    """What it raised, the next barrier raises, or whoever called `flush` tells it: the records still wait."""
    if not task.cancelled():
        task.exception()
