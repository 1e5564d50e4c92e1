"""SQLAlchemy's engines, and that SQLAlchemy is there at all: it is an extra."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import TYPE_CHECKING

from codepilot.errors import UsageError

if TYPE_CHECKING:
    from sqlalchemy.engine import Engine


@contextlib.contextmanager
def installed() -> Iterator[None]:
    """What is imported in it is SQLAlchemy's, or needs it.

    Raises:
        UsageError: it is not installed.
    """
    try:
        yield
    except ModuleNotFoundError as error:
        if error.name is None or error.name.partition(".")[0] != "sqlalchemy":
            raise
        raise UsageError(
            "Database sessions need SQLAlchemy, which is not installed.",
            hint="pip install 'codepilot-tui[db]'",
        ) from error


def is_async_engine(engine: object) -> bool:
    """Whether this is an engine for event loops."""
    with installed():
        from sqlalchemy.ext.asyncio import AsyncEngine
    return isinstance(engine, AsyncEngine)


def engine_of(url: str) -> Engine:
    """An engine of our own.

    Args:
        url: as SQLAlchemy writes it.

    Raises:
        UsageError: it is none, or its driver is not installed.
    """
    import sqlalchemy as sql
    from sqlalchemy.exc import ArgumentError, NoSuchModuleError
    from sqlalchemy.pool import StaticPool

    try:
        parsed = sql.make_url(url)
        if parsed.get_backend_name() == "sqlite" and parsed.database in (None, "", ":memory:"):
            # Each connection would have a database of its own, and each thread a connection.
            return sql.create_engine(parsed, poolclass=StaticPool, connect_args={"check_same_thread": False})
        # The server may have closed a connection that lay idle between two tasks.
        return sql.create_engine(parsed, pool_pre_ping=parsed.get_backend_name() != "sqlite")
    except (ArgumentError, NoSuchModuleError) as error:
        raise UsageError(
            f"db_url: {str(error).partition(chr(10))[0]}.", hint="As in sqlite:///./codepilot.db."
        ) from error
    except ModuleNotFoundError as error:
        raise UsageError(
            f"db_url: the driver {error.name} is not installed.", hint=f"pip install {error.name}"
        ) from error
