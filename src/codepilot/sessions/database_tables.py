"""The two tables of sessions, and the list of what is in them."""

from __future__ import annotations

import json
from typing import Any

import sqlalchemy as sql
from sqlalchemy.engine import Connection

_tables = sql.MetaData()
_seconds = sql.Float().with_variant(sql.Double(), "mysql", "mariadb")
"""FLOAT as documented, but where that has four bytes, too few for a time."""
SESSIONS = sql.Table(
    "codepilot_sessions",
    _tables,
    sql.Column("session_id", sql.String(255), primary_key=True),
    sql.Column("agent_name", sql.String(255), nullable=False),
    sql.Column("messages", sql.Text, nullable=False),
    sql.Column("created_at", _seconds, nullable=False),
    sql.Column("updated_at", _seconds, nullable=False),
)
LOG = sql.Table(
    "codepilot_session_log",
    _tables,
    sql.Column("session_id", sql.String(255), primary_key=True),
    sql.Column("n", sql.Integer, primary_key=True, autoincrement=False),
    sql.Column("record", sql.Text, nullable=False),
)


RACES = len(_tables.tables)
"""How often programs that begin at once can be quicker than this one: a table each."""


def make_tables(connection: Connection) -> None:
    """Create both tables where they are missing, in a transaction of its own.

    Raises:
        sqlalchemy.exc.DBAPIError: not possible; or another program has made one since it was looked for, and then
            another try finds it. `CREATE TABLE IF NOT EXISTS` fails as well: PostgreSQL looks before it locks.
    """
    _tables.create_all(connection)


def list_sessions(connection: Connection) -> list[dict[str, Any]]:
    """All sessions of the table, newest first: session_id, agent_name, created_at, updated_at, messages (count)."""
    found = []
    for row in connection.execute(sql.select(SESSIONS).order_by(SESSIONS.c.updated_at.desc())):
        try:
            stored = json.loads(row.messages)
        except ValueError:
            continue  # one damaged row must not hide the others
        messages = stored.get("messages") if isinstance(stored, dict) else stored
        found.append(
            {
                "session_id": row.session_id,
                "agent_name": row.agent_name,
                "created_at": row.created_at,
                "updated_at": row.updated_at,
                "messages": len(messages) if isinstance(messages, list) else 0,
            }
        )
    return found
