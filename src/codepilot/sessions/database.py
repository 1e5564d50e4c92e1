"""Sessions in a database: one row for each in the table that codepilot-ai documents.

SQLAlchemy is loaded when the first one is made, and is an extra of this distribution (`codepilot-tui[db]`).
"""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, TypeVar

from codepilot.caught import in_thread, to_its_end
from codepilot.errors import CodepilotError, SessionError, UsageError
from codepilot.sessions.base import AsyncBaseSession, BaseSession, Messages
from codepilot.sessions.database_engine import engine_of, installed, is_async_engine
from codepilot.sessions.database_log import DatabaseLog

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection, Engine
    from sqlalchemy.ext.asyncio import AsyncEngine

_T = TypeVar("_T")


class DatabaseSession(BaseSession):
    """A session in a database that is used from ordinary code.

    Args:
        session_id: its key, at most 255 characters.
        agent_name: noted in the row.
        db_url: where the database is, as SQLAlchemy writes it; not used where there is an engine.
        engine: a plain engine of the program's own; `dispose` leaves it alone.

    Raises:
        UsageError: SQLAlchemy is not installed, the URL is none, or its driver is not installed.
    """

    def __init__(
        self,
        session_id: str,
        agent_name: str = "agent",
        db_url: str = "sqlite:///./codepilot.db",
        engine: Engine | None = None,
    ) -> None:
        super().__init__(session_id)
        with installed():
            from codepilot.sessions.database_rows import SessionRows
        self._rows = SessionRows(_checked(session_id), agent_name)
        self._own = engine is None
        self._engine = engine if engine is not None else engine_of(db_url)
        self._made = False
        self._alone = threading.RLock()
        """Words are written by the thread that sends them."""
        self.task_log: DatabaseLog = DatabaseLog(
            self._rows,
            lambda verb, work, then: in_thread(lambda: self._do(verb, work, then)),
            self._do,
        )

    def load(self) -> Messages:
        """The stored messages; empty if there is no row.

        Raises:
            SessionError: the database cannot be read, or the row is damaged.
        """
        return self._do("read", self._rows.load, self.task_log.loaded)

    def save(self, messages: Messages) -> None:
        """Write all messages in one transaction.

        Raises:
            SessionBusy: another program works on the session, or has gone on with it since it was loaded.
            SessionError: the database cannot be written, or a value is none of JSON's.
        """
        self._do("saved", *self.task_log.saving(messages))

    def save_extra(self, extra: Mapping[str, Any]) -> None:
        """Keep values of the program beside the messages, in place of the old ones.

        Raises:
            SessionBusy, SessionError: as `save`.
        """
        self._do(
            "saved",
            lambda connection: self._rows.save_extra(connection, extra),
            lambda when: self._rows.saved_extra(when, extra),
        )

    def load_extra(self) -> dict[str, Any]:
        """What `save_extra` kept; empty if there is nothing.

        Raises:
            SessionError: the database cannot be read.
        """
        return self._do("read", self._rows.load_extra)

    def reset(self) -> None:
        """Delete the row.

        Raises:
            SessionBusy: another program is working on it.
            SessionError: the database cannot be written.
        """
        self._do("deleted", self._rows.reset, self.task_log.forgotten)

    def exists(self) -> bool:
        """Whether there is a row."""
        return self.metadata() is not None

    def metadata(self) -> dict[str, Any] | None:
        """Everything but the messages, or None without a row."""
        return self._do("read", self._rows.metadata)

    def list_sessions(self) -> list[dict[str, Any]]:
        """All sessions of the table, newest first: session_id, agent_name, created_at, updated_at, messages (count)."""
        from codepilot.sessions.database_tables import list_sessions

        return self._do("read", list_sessions)

    def dispose(self) -> None:
        """Close the connections, if this session made its engine itself."""
        if self._own:
            self._engine.dispose()

    def _do(
        self, verb: str, work: Callable[[Connection], _T], then: Callable[[_T], None] = lambda result: None
    ) -> _T:
        with self._alone, _told(self.session_id, verb):
            if not self._made:
                self._make_tables()
            with self._engine.begin() as connection:
                result = work(connection)
            then(result)
            return result

    def _make_tables(self) -> None:
        from codepilot.sessions.database_tables import RACES, make_tables

        for lost in range(RACES + 1):
            with _once_more(lost < RACES):
                with self._engine.begin() as connection:
                    make_tables(connection)
                self._made = True
                return


class AsyncDatabaseSession(AsyncBaseSession):
    """A session in a database that a program with an event loop uses by its own engine.

    Args:
        session_id: its key, at most 255 characters.
        agent_name: noted in the row.
        engine: the program's own; who made it disposes of it.

    Raises:
        ValueError: there is no engine.
        TypeError: it is a plain one.
        UsageError: SQLAlchemy is not installed.
    """

    def __init__(self, session_id: str, agent_name: str = "agent", engine: AsyncEngine | None = None) -> None:
        super().__init__(session_id)
        if engine is None:
            raise UsageError(
                "AsyncDatabaseSession: expected an engine, found None.",
                hint="Make one: sqlalchemy.ext.asyncio.create_async_engine(url).",
            )
        with installed():
            from codepilot.sessions.database_rows import SessionRows
        if not is_async_engine(engine):
            raise TypeError(
                f"AsyncDatabaseSession: expected an AsyncEngine, found an object of type {type(engine).__name__}; "
                "DatabaseSession takes plain engines."
            )
        self._rows = SessionRows(_checked(session_id), agent_name)
        self._engine = engine
        self._made = False
        self.task_log: DatabaseLog = DatabaseLog(self._rows, self._do)

    async def load(self) -> Messages:
        """As `DatabaseSession.load`."""
        return await self._do("read", self._rows.load, self.task_log.loaded)

    async def save(self, messages: Messages) -> None:
        """As `DatabaseSession.save`."""
        async with self.task_log.writing:
            await self._do("saved", *self.task_log.saving(messages))

    async def save_extra(self, extra: Mapping[str, Any]) -> None:
        """As `DatabaseSession.save_extra`."""
        await self._do(
            "saved",
            lambda connection: self._rows.save_extra(connection, extra),
            lambda when: self._rows.saved_extra(when, extra),
        )

    async def load_extra(self) -> dict[str, Any]:
        """As `DatabaseSession.load_extra`."""
        return await self._do("read", self._rows.load_extra)

    async def reset(self) -> None:
        """As `DatabaseSession.reset`."""
        await self._do("deleted", self._rows.reset, self.task_log.forgotten)

    async def _do(
        self, verb: str, work: Callable[[Connection], _T], then: Callable[[_T], None] = lambda result: None
    ) -> _T:
        return await to_its_end(self._done(verb, work, then))

    async def _done(self, verb: str, work: Callable[[Connection], _T], then: Callable[[_T], None]) -> _T:
        with _told(self.session_id, verb):
            if not self._made:
                await self._make_tables()
            async with self._engine.begin() as connection:
                result = await connection.run_sync(work)
            then(result)
            return result

    async def _make_tables(self) -> None:
        from codepilot.sessions.database_tables import RACES, make_tables

        for lost in range(RACES + 1):
            with _once_more(lost < RACES):
                async with self._engine.begin() as connection:
                    await connection.run_sync(make_tables)
                self._made = True
                return


@contextlib.contextmanager
def _once_more(allowed: bool) -> Iterator[None]:
    """What the database refuses in it is tried again, if that is allowed."""
    from sqlalchemy.exc import DBAPIError

    try:
        yield
    except DBAPIError:
        if not allowed:
            raise


def _checked(session_id: str) -> str:
    if len(session_id) > 255:
        raise UsageError(f"session_id: expected at most 255 characters, found {len(session_id)}.")
    return session_id


@contextlib.contextmanager
def _told(session_id: str, verb: str) -> Iterator[None]:
    """Say what became of the session where the database fails."""
    from sqlalchemy.exc import SQLAlchemyError

    try:
        yield
    except CodepilotError:
        raise
    except SQLAlchemyError as error:
        cause = getattr(error, "orig", None) or error
        raise SessionError(
            f"The session {session_id} could not be {verb} in the database: "
            f"{type(cause).__name__}: {str(cause).strip().partition(chr(10))[0]}.",
            hint="The conversation continues in memory; what is missing is written with what follows."
            if verb == "saved"
            else "",
        ) from error
    except RuntimeError as error:
        if "loop" not in str(error):
            raise
        raise SessionError(
            f"The session {session_id} could not be {verb}: the engine has connections of another event loop.",
            hint="Keep one loop for the program, or await engine.dispose() before a loop ends.",
        ) from error
