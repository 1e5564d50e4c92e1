"""A session that lives as long as the process."""

from __future__ import annotations

import copy

from codepilot.sessions.base import BaseSession, Messages


class InMemorySession(BaseSession):
    """The default: no file, no trace."""

    def __init__(self, session_id: str = "default") -> None:
        super().__init__(session_id)
        self._messages: Messages = []

    def load(self) -> Messages:
        """A copy of what was saved last."""
        return copy.deepcopy(self._messages)

    def save(self, messages: Messages) -> None:
        """Keep a copy."""
        self._messages = copy.deepcopy(messages)

    def reset(self) -> None:
        """Forget everything."""
        self._messages = []
