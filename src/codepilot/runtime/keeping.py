"""The session that keeps a conversation: chosen by the arguments of a runtime, saved after each task."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

from codepilot import events as e
from codepilot.errors import SessionError, UsageError
from codepilot.sessions import AsyncBaseSession, BaseSession, FileSession, create_session


def open_session(
    agent: str,
    session: str | BaseSession | AsyncBaseSession,
    session_id: str | None,
    session_dir: Path | str | None,
    db_url: str | None,
    db: Any,
) -> BaseSession | AsyncBaseSession:
    """The session that was asked for.

    Args:
        agent: the agent's name, from which the id is made where none is given.
        session: a backend's name, or the session itself.
        session_id: see `AsyncRuntime`, as all the others.
        session_dir: of the file backend.
        db_url: not there yet.
        db: not there yet.

    Raises:
        UsageError: no such backend.
    """
    if not isinstance(session, str):
        return session
    if session == "db" or db_url is not None or db is not None:
        raise UsageError(
            "Database sessions are not there yet: use session='file' or a BaseSession of your own."
        )
    name = session_id or agent.lower().replace(" ", "-")
    return create_session(session, name, agent, session_dir)


def tell_damage(
    session: BaseSession | AsyncBaseSession, told: Path | None, publish: Callable[[e.Event], None]
) -> Path | None:
    """Publish where a damaged session file was put, unless that was told; what is told by now."""
    aside = session.set_aside if isinstance(session, FileSession) else None
    if aside is not None and aside != told:
        text = f"The session file {session.session_id}.json was damaged; it was put aside as {aside}."
        hint = "What could be read of the conversation goes on; mend that file to have the rest back."
        publish(e.RuntimeFailed(error=text, source="session", hint=hint))
    return aside


async def save_session(
    session: BaseSession | AsyncBaseSession,
    messages: list[dict[str, Any]],
    publish: Callable[[e.Event], None],
) -> None:
    """Save the conversation; what goes wrong is published, for the task's result must not be lost by it."""
    try:
        if isinstance(session, AsyncBaseSession):
            await session.save(messages)
        elif threading.main_thread().is_alive():
            await asyncio.to_thread(session.save, messages)
        else:  # the program is ending, and no thread can be started any more
            session.save(messages)
    except SessionError as error:
        publish(e.RuntimeFailed(error=error.message, source="session", hint=error.hint))
    except Exception as error:  # noqa: BLE001 - seam: a store of the embedding program; the result must not be lost
        text = f"The session could not be saved: {type(error).__name__}: {error}"
        publish(e.RuntimeFailed(error=text, source="session"))
