"""The log of a session in a database: records wait in memory until the next barrier, which writes them all at once."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any

from codepilot.journal.fold import Saved

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection

    from codepilot.sessions.database_rows import SessionRows

Transaction = Callable[[str, Callable[["Connection"], Any]], Awaitable[Any]]
"""Does some work in a transaction. The word before it says what becomes of the session: read, saved …"""


class DatabaseLog:
    """See `codepilot.sessions.base.TaskLog`.

    Args:
        rows: the session in its tables.
        transaction: does work on them.
    """

    def __init__(self, rows: SessionRows, transaction: Transaction) -> None:
        self._rows = rows
        self._transaction = transaction
        self._waiting: list[tuple[str, dict[str, Any]]] = []
        self._writing = asyncio.Lock()

    @property
    def save_is_due(self) -> bool:
        """Never in the middle of a task: the log is as safe as the row, and says who writes."""
        return False

    @property
    def saved(self) -> Saved:
        """See `TaskLog.saved`."""
        return self._rows.saved_state

    async def claim(self) -> None:
        """See `TaskLog.claim`."""
        self._waiting.clear()
        self._writing = asyncio.Lock()  # a task has its loop; the next one may have another
        claim, seen = await self._transaction("opened", self._rows.claim)
        self._rows.claimed(claim, seen)

    def append(self, type: str, data: dict[str, Any]) -> None:
        """Take a record for the next barrier."""
        self._waiting.append((type, data))

    async def barrier(self) -> None:
        """See `TaskLog.barrier`."""
        async with self._writing:  # a task and its end may both be at it
            records = tuple(self._waiting)
            if not records:
                return
            await self._transaction("saved", lambda connection: self._rows.append(connection, records))
            self._rows.appended(len(records))
            del self._waiting[: len(records)]

    async def release(self) -> None:
        """See `TaskLog.release`."""
        self._waiting.clear()
        self._rows.let_go()
