"""What every session backend offers. Subclass one of these for a store of your own."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any, ClassVar

from codepilot.ports import SessionLog

Messages = list[dict[str, Any]]


class BaseSession(ABC):
    """A conversation's store, called from the runtime's loop thread."""

    is_async: ClassVar[bool] = False
    """Whether its methods are awaited."""

    log: SessionLog | None = None
    """What keeps each word of a task as it is said; None: the store is saved after each step instead."""

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

    log: SessionLog | None = None
    """What keeps each word of a task as it is said; None: the store is saved after each step instead."""

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
