"""The session that keeps a conversation: chosen by the arguments of a runtime, saved after each task."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

from codepilot import events as e
from codepilot.caught import in_thread
from codepilot.errors import SessionError, UsageError, named_error
from codepilot.loop.conversation import Conversation
from codepilot.sessions import AsyncBaseSession, BaseSession, FileSession, create_session
from codepilot.sessions.checked import awaited, check_methods, messages_of, named_errors


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
        db_url: not available yet.
        db: not available yet.
        work_dir: where the agent works; noted in a journal.

    Raises:
        UsageError: no such backend, or a session whose methods nobody would await.
    """
    if not isinstance(session, str):
        check_methods(session)
        return session
    if session == "db" or db_url is not None or db is not None:
        raise UsageError(
            "Database sessions are not available yet: use session='file' or a BaseSession of your own."
        )
    name = session_id or agent.lower().replace(" ", "-")
    if session == "journal":
        from codepilot.sessions.journal import JournalSession

        return JournalSession(name, agent, session_dir, work_dir=work_dir)
    return create_session(session, name, agent, session_dir)


class Keeper:
    """What a session has of the conversation, and what becomes of it after each task.

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
        self._damage_told: Path | None = None
        if not isinstance(session, AsyncBaseSession):
            with named_errors(session, "load"):
                self._conversation.messages.extend(messages_of(session, session.load()))
            self._loaded = True

    async def begin(self) -> None:
        """A task begins: load what an asynchronous session has, once, and tell of a damaged file.

        Raises:
            SessionError: the session gives no messages, or fails.
        """
        session = self._session
        if not self._loaded and isinstance(session, AsyncBaseSession):
            with named_errors(session, "load"):
                stored = await awaited(session, "load", session.load())
                self._conversation.messages.extend(messages_of(session, stored))
            self._loaded = True
        self._tell_damage()  # only now, since the file is read before anybody can listen

    def _tell_damage(self) -> None:
        session = self._session
        if not isinstance(session, FileSession):
            return
        aside = session.set_aside
        if aside is not None and aside != self._damage_told:
            text = f"The session file {session.path.name} was damaged; it was renamed to {aside}."
            hint = (
                "The conversation continues with what could be read; repair that file to get the rest back."
            )
            self._publish(e.RuntimeFailed(error=text, source="session", hint=hint))
        self._damage_told = aside

    async def save(self) -> None:
        """Save the conversation; what goes wrong is published, for the task's result must not be lost by it."""
        session, messages = self._session, list(self._conversation.messages)
        try:
            if isinstance(session, AsyncBaseSession):
                await awaited(session, "save", session.save(messages))
            elif threading.main_thread().is_alive():
                await in_thread(lambda: session.save(messages))
            else:  # the program is ending, and no thread can be started any more
                session.save(messages)
        except SessionError as error:
            self._publish(e.RuntimeFailed(error=error.message, source="session", hint=error.hint))
        except Exception as error:  # noqa: BLE001 - seam: a store of the embedding program; the result must not be lost
            text = f"The session could not be saved: {named_error(error)}"
            self._publish(e.RuntimeFailed(error=text, source="session"))

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
            self._loaded = True
        else:
            self._reset(session)

    def close(self) -> None:
        """Nothing is held."""

    def forget_now(self) -> None:
        """`forget()` for code that cannot wait.

        Raises:
            UsageError: the session is asynchronous.
            SessionError: the session fails.
        """
        if isinstance(self._session, AsyncBaseSession):
            raise UsageError("This session is asynchronous: await runtime.areset() instead.")
        self._reset(self._session)

    async def durable(self) -> None:
        """What is kept is kept after each task only."""

    @staticmethod
    def _reset(session: BaseSession) -> None:
        with named_errors(session, "reset"):
            session.reset()
