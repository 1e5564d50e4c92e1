"""`create_session`: a backend by its name, or by the engine of a database."""

from __future__ import annotations

from pathlib import Path
from typing import Any, overload

from codepilot.errors import UsageError
from codepilot.sessions.base import AsyncBaseSession, BaseSession
from codepilot.sessions.file import FileSession
from codepilot.sessions.memory import InMemorySession

BACKENDS = ("memory", "file", "db")


@overload
def create_session(
    backend: str = "memory",
    session_id: str = "default",
    agent_name: str = "agent",
    session_dir: Path | str | None = None,
    db_url: str | None = None,
    engine: None = None,
) -> BaseSession: ...


@overload
def create_session(
    backend: str = "memory",
    session_id: str = "default",
    agent_name: str = "agent",
    session_dir: Path | str | None = None,
    db_url: str | None = None,
    *,
    engine: Any,
) -> BaseSession | AsyncBaseSession: ...


def create_session(
    backend: str = "memory",
    session_id: str = "default",
    agent_name: str = "agent",
    session_dir: Path | str | None = None,
    db_url: str | None = None,
    engine: Any = None,
) -> BaseSession | AsyncBaseSession:
    """Make a session store.

    Args:
        backend: ``memory``, ``file`` or ``db``; an engine wins over it.
        session_id: its name.
        agent_name: noted in the file or the row.
        session_dir: folder of the file backend.
        db_url: the database of the db backend, as in ``sqlite:///./codepilot.db``.
        engine: a SQLAlchemy engine of the program's own; with an `AsyncEngine` the store is an `AsyncDatabaseSession`.

    Raises:
        UsageError: an unknown backend, or no database for `db` (a ValueError).
    """
    if engine is not None:
        from codepilot.sessions.database import AsyncDatabaseSession, DatabaseSession
        from codepilot.sessions.database_engine import is_async_engine

        if is_async_engine(engine):
            return AsyncDatabaseSession(session_id, agent_name, engine)
        return DatabaseSession(session_id, agent_name, engine=engine)
    match backend:
        case "memory":
            return InMemorySession(session_id)
        case "file":
            return FileSession(session_id, agent_name, session_dir)
        case "db" if db_url:
            from codepilot.sessions.database import DatabaseSession

            return DatabaseSession(session_id, agent_name, db_url)
        case "db":
            raise UsageError(
                "The session backend 'db' needs a database.",
                hint="db_url='sqlite:///./codepilot.db', or an engine of your own.",
            )
        case _:
            import difflib

            near = difflib.get_close_matches(str(backend), BACKENDS, n=1)
            guess = f" Did you mean {near[0]!r}?" if near else ""
            raise UsageError(
                f"Unknown session backend {backend!r}: expected one of {', '.join(BACKENDS)}.{guess}",
                hint="Runtime also takes 'journal'. For a store of your own, subclass BaseSession and pass"
                " session=YourSession(…).",
            )
