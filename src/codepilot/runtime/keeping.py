"""The session that keeps a conversation: chosen by the arguments of a runtime, written to while a task runs."""

from __future__ import annotations

import operator
from collections.abc import Callable
from pathlib import Path
from typing import Any

from codepilot import events as e
from codepilot.caught import in_thread, to_its_end
from codepilot.errors import SessionError, UsageError, named_error
from codepilot.loop.conversation import Conversation
from codepilot.sessions import AsyncBaseSession, BaseSession, InMemorySession, create_session
from codepilot.sessions.base import Messages
from codepilot.sessions.checked import awaited, check_messages, check_methods, messages_of, named_errors
from codepilot.sessions.database_engine import is_async_engine

INTERRUPTED = "The last run broke off in the middle of a control block; what that did is not known."
INTERRUPTED_HINT = "The agent is told so, and nothing was run again."


def open_session(
    agent: str,
    session: str | BaseSession | AsyncBaseSession,
    session_id: str | None,
    session_dir: Path | str | None,
    db_url: str | None,
    db: Any,
    work_dir: str = "",
) -> BaseSession | AsyncBaseSession:
    """The session that was asked for.

    Args:
        agent: the agent's name, from which the id is made where none is given.
        session: a backend's name, or the session itself.
        session_id: see `AsyncRuntime`, as all the others.
        session_dir: of the backends `file` and `journal`.
        db_url: of the db backend.
        db: an engine of the program's own; wins over the backend's name.
        work_dir: where the agent works; noted in a journal.

    Raises:
        UsageError: no such backend, or a session whose methods nobody would await.
    """
    if not isinstance(session, str):
        if db_url is not None or db is not None:
            raise UsageError(
                "The session is an object of the program, which knows where it is kept: db and db_url mean nothing."
            )
        check_methods(session)
        return session
    if db_url is not None and db is None and session != "db":
        raise UsageError(f"db_url: the session is kept in {session!r}.", hint="Add session='db'.")
    name = session_id or agent.lower().replace(" ", "-")
    if session == "journal" and db is None:
        from codepilot.sessions.journal import JournalSession

        return JournalSession(name, agent, session_dir, work_dir=work_dir)
    return create_session(session, name, agent, session_dir, db_url, db)


def refuse_async_engine(db: object) -> None:
    """Refuse an engine that belongs to an event loop of the program, which `Runtime` has not.

    Raises:
        UsageError: it is one.
    """
    if db is not None and is_async_engine(db):
        raise UsageError(
            "db: an AsyncEngine belongs to an event loop, and Runtime has one of its own.",
            hint="Use AsyncRuntime, or a plain engine: sqlalchemy.create_engine(url).",
        )


def same_objects(messages: Messages, known: Messages) -> bool:
    """Whether these are the same objects: the conversation only appends, what else is done to it a program did."""
    return len(messages) == len(known) and all(map(operator.is_, messages, known))


class Keeper:
    """What a session without a log has of the conversation: all of it, before each effect and after each step.

    Args:
        session: where it is kept.
        conversation: of the agent.
        publish: takes what goes wrong as events.

    Raises:
        SessionError: the session gives no messages, or fails.
    """

    def __init__(
        self,
        session: BaseSession | AsyncBaseSession,
        conversation: Conversation,
        publish: Callable[[e.Event], None],
    ) -> None:
        self._session = session
        self._conversation = conversation
        self._publish = publish
        self._loaded = False
        self._refused = False
        self._stored: Messages = []
        """The messages that the session has, by which it is known that others were added."""
        self._told: set[str] = set()
        if not isinstance(session, AsyncBaseSession):
            with named_errors(session, "load"):
                self._take(messages_of(session, session.load()))

    def _take(self, messages: Messages) -> None:
        """The session was loaded."""
        self._conversation.messages.extend(messages)
        self._note_stored()

    def _note_stored(self) -> None:
        self._stored, self._loaded = list(self._conversation.messages), True

    async def begin(self) -> None:
        """A task begins: load what an asynchronous session has, once.

        Raises:
            SessionBusy: another program works on the session, or has gone on with it.
            SessionError: the session gives no messages, or fails.
            UsageError: a program added to the conversation what is no message.
        """
        self._refused = True
        self._told.clear()
        await self.load()
        check_messages(self._conversation.messages)
        await self._open()
        self._refused = False

    async def load(self) -> None:
        """Load what an asynchronous session has, once.

        Raises:
            SessionError: the session gives no messages, or fails.
        """
        session = self._session
        if not self._loaded and isinstance(session, AsyncBaseSession):
            with named_errors(session, "load"):
                self._take(messages_of(session, await awaited(session, "load", session.load())))

    async def _open(self) -> None:
        """Whatever a session wants before it is written to."""
        if self._conversation.note_interrupted():
            self._tell(INTERRUPTED, INTERRUPTED_HINT)

    @property
    def _all_stored(self) -> bool:
        """Whether the session has these very messages."""
        return same_objects(self._conversation.messages, self._stored)

    @property
    def unwritten(self) -> int:
        """Records that wait in memory, or are lost; none, since whole conversations are saved here, not records."""
        return 0

    @property
    def loads_later(self) -> bool:
        """What is stored comes with the first task."""
        return not self._loaded

    async def durable(self) -> None:
        """Save what was said, so that it is known before anything follows from it."""
        if (
            type(self._session) is not InMemorySession and not self._all_stored
        ):  # that one ends with the program
            await self._save_or_tell()

    async def stepped(self) -> None:
        """A step is over."""
        await self.durable()

    async def save(self) -> None:
        """A task is over: save the conversation.

        What goes wrong is published, for the task's result must not be lost by it.
        """
        if not self._refused:  # else it is somebody else's, or could not even be read
            await self._save_or_tell()

    async def _save_or_tell(self) -> bool:
        try:
            await self._save()
        except SessionError as error:
            self._tell(error.message, error.hint)
        except Exception as error:  # noqa: BLE001 - seam: a store of the embedding program; the result must not be lost
            self._tell(f"The session could not be saved: {named_error(error)}")
        else:
            return True
        return False

    async def _save(self) -> None:
        session, messages, stored = self._session, self._as_written(), list(self._conversation.messages)
        if isinstance(session, AsyncBaseSession):
            await awaited(session, "save", session.save(messages))
        else:
            await to_its_end(in_thread(lambda: session.save(messages)))
        self._stored = stored

    def _as_written(self) -> Messages:
        """The conversation as the session gets it."""
        return list(self._conversation.messages)

    def _tell(self, error: str, hint: str = "") -> None:
        """Publish what went wrong, once a task."""
        if error not in self._told:
            self._told.add(error)
            self._publish(e.RuntimeFailed(error=error, source="session", hint=hint))

    async def forget(self, next_session: str | None = None) -> None:
        """Forget what is stored.

        Args:
            next_session: for journals; here there is one place for all.

        Raises:
            SessionError: the session fails.
        """
        del next_session
        session = self._session
        if isinstance(session, AsyncBaseSession):
            with named_errors(session, "reset"):
                await awaited(session, "reset", session.reset())
            self._stored, self._loaded = [], True
        else:
            self._reset(session)

    def forget_now(self) -> None:
        """`forget()` for code that cannot wait.

        Raises:
            UsageError: the session is asynchronous.
            SessionError: the session fails.
        """
        if isinstance(self._session, AsyncBaseSession):
            raise UsageError("This session is asynchronous: await runtime.areset() instead.")
        self._reset(self._session)

    def _reset(self, session: BaseSession) -> None:
        with named_errors(session, "reset"):
            session.reset()
        self._stored = []

    async def finish(self) -> None:
        """The runtime is about to be closed; nothing waits between tasks."""

    def close(self) -> None:
        """Nothing is held between tasks."""
