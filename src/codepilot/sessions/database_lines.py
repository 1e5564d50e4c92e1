"""Records as rows of the log's table."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any

import sqlalchemy as sql
from sqlalchemy.engine import Connection

from codepilot.journal.record import decode, encode
from codepilot.sessions.database_tables import LOG
from codepilot.sessions.waiting import Records


def rows_of(session_id: str, records: Records, after: int) -> list[dict[str, Any]]:
    """Records as they are inserted, numbered from behind `after` on."""
    now = time.time()
    lines = [(n, _line(n, now, *record)) for n, record in enumerate(records, after + 1)]
    return [{"session_id": session_id, "n": n, "record": line} for n, line in lines]


def logged(connection: Connection, session_id: str, after: int = 0) -> Sequence[tuple[int, str]]:
    """The numbers and lines of a session's log behind a number, in order."""
    wanted = (LOG.c.session_id == session_id) & (LOG.c.n > after)
    rows = connection.execute(sql.select(LOG.c.n, LOG.c.record).where(wanted).order_by(LOG.c.n))
    return [(row.n, row.record) for row in rows]


def already_there(connection: Connection, session_id: str, records: Records, after: int) -> int:
    """How many of these, from the first on, an earlier try has written: it was committed, though we were not told."""
    count = 0
    for (n, line), record in zip(logged(connection, session_id, after), records, strict=False):
        found = decode(line.encode())
        if found is None or line != _line(n, found.time, *record):
            break
        count += 1
    return count


def _line(n: int, when: float, type: str, data: dict[str, Any]) -> str:
    return encode(n, when, type, data).decode().rstrip("\n")
