"""The log of a session in a database: records wait in memory until the next barrier, which writes them all at once."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection

    from codepilot.sessions.database_rows import SessionRows

Transaction = Callable[[str, Callable[["Connection"], Any]], Awaitable[Any]]
"""Does some work in a transaction. The word before it says what becomes of the session: read, saved …"""


class DatabaseLog:
    """See `codepilot.ports.SessionLog`.

    Args:
        rows: the session in its tables.
        transaction: does work on them.
    """

    def __init__(self, rows: SessionRows, transaction: Transaction) -> None:
        self._rows = rows
        self._transaction = transaction
        self._waiting: list[Mapping[str, Any]] = []

    @property
    def save_is_due(self) -> bool:
        """Never in the middle of a task: the log is as safe as the row, and says who writes."""
        return False

    @property
    def unfinished(self) -> Sequence[str]:
        """See `SessionLog.unfinished`."""
        return self._rows.unfinished

    async def claim(self) -> None:
        """See `SessionLog.claim`."""
        self._waiting.clear()
        claim, seen = await self._transaction("opened", self._rows.claim)
        self._rows.claimed(claim, seen)

    def append(self, record: Mapping[str, Any]) -> None:
        """Take a record for the next barrier."""
        self._waiting.append(record)

    async def barrier(self) -> None:
        """See `SessionLog.barrier`."""
        if not self._waiting:
            return
        records = tuple(self._waiting)
        await self._transaction("saved", lambda connection: self._rows.append(connection, records))
        self._rows.appended(len(records))
        del self._waiting[: len(records)]

    async def release(self) -> None:
        """See `SessionLog.release`."""
        self._waiting.clear()
        self._rows.let_go()
