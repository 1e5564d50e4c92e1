"""What every session backend offers. Subclass one of these for a store of your own."""

from __future__ import annotations

import asyncio
from abc import ABC, abstractmethod
from typing import Any, ClassVar, Protocol

from codepilot.journal.fold import Saved
from codepilot.sessions.waiting import Waiting

Messages = list[dict[str, Any]]


class TaskLog(Protocol):
    """What is recorded of a task since the session was saved last, so that a crash loses nothing of it.

    The session's `load()` adds what the log holds to what was saved; its `save()` after a task clears the log,
    but for words of the person that stand in no message yet.
    """

    @property
    def saved(self) -> Saved:
        """The session as it was loaded last, the log included."""
        ...

    @property
    def waiting(self) -> Waiting:
        """The words that no step has read."""
        ...

    @property
    def figures(self) -> dict[str, Any]:
        """What is kept beside the messages: the totals of `Spent.stored()`, `counted` and `counted_at` of `Saved`."""
        ...

    def note_figures(self, figures: dict[str, Any]) -> None:
        """The next save keeps these."""
        ...

    @property
    def saves_in_a_task(self) -> bool:
        """Whether the session can be saved whole in the middle of a task, where its log cannot be written.

        Records that could not be written wait in any case, and are written before the next ones.
        """
        ...

    @property
    def save_is_due(self) -> bool:
        """Whether the session is to be saved after this step of a task, too, and not only at the task's end."""
        ...

    async def claim(self) -> None:
        """Become the one writer, before a task.

        Raises:
            SessionBusy: another one works on the session, or has gone on with it since it was loaded.
            SessionError: the session cannot be read or written.
        """
        ...

    def append(self, type: str, data: dict[str, Any]) -> None:
        """Take a record; it is kept when this returns, or at the latest after the next `barrier`. From any thread.

        Raises:
            SessionError: it cannot be written.
        """
        ...

    async def barrier(self) -> None:
        """Return when all records are kept, also over a loss of power.

        Raises:
            SessionBusy: another one has written to the session.
            SessionError: they cannot be written.
        """
        ...

    @property
    def unwritten(self) -> bool:
        """Whether words wait in memory."""
        ...

    def flush(self) -> asyncio.Task[None] | None:
        """Return when the words that were appended are kept, also while no task is worked on. From any thread.

        What belongs to an event loop writes them at once too, but does not hold the loop that it is called on: it
        returns what does so. Before its first task it has no loop, and they wait.

        Raises:
            SessionBusy: another one works on the session.
            SessionError: they cannot be written.
        """
        ...

    async def settle(self) -> None:
        """Return when the words that wait in memory while no task is worked on are kept.

        Raises:
            SessionBusy, SessionError: as `flush`.
        """
        ...

    async def release(self) -> None:
        """Let others write, after a task; words that no step has read stay.

        Raises:
            SessionError: these cannot be written.
        """
        ...

    def let_go(self) -> None:
        """Let others write at once, also in the middle of a task; what waits is not written. From any thread."""
        ...


class BaseSession(ABC):
    """A conversation's store, called from the runtime's loop thread."""

    is_async: ClassVar[bool] = False
    """Whether its methods are awaited."""

    task_log: TaskLog | None = None
    """What keeps each word of a task as it is said; None: the session is saved after each step instead."""

    def __init__(self, session_id: str = "default") -> None:
        self._session_id = session_id

    @property
    def session_id(self) -> str:
        """The name under which the conversation is kept."""
        return self._session_id

    @abstractmethod
    def load(self) -> Messages:
        """All messages, oldest first; empty if there are none."""

    @abstractmethod
    def save(self, messages: Messages) -> None:
        """Keep these messages in place of the old ones."""

    @abstractmethod
    def reset(self) -> None:
        """Forget everything."""


class AsyncBaseSession(ABC):
    """The same for stores that are awaited."""

    is_async: ClassVar[bool] = True
    """Whether its methods are awaited."""

    task_log: TaskLog | None = None
    """What keeps each word of a task as it is said; None: the session is saved after each step instead."""

    def __init__(self, session_id: str = "default") -> None:
        self._session_id = session_id

    @property
    def session_id(self) -> str:
        """The name under which the conversation is kept."""
        return self._session_id

    @abstractmethod
    async def load(self) -> Messages:
        """All messages, oldest first; empty if there are none."""

    @abstractmethod
    async def save(self, messages: Messages) -> None:
        """Keep these messages in place of the old ones."""

    @abstractmethod
    async def reset(self) -> None:
        """Forget everything."""
