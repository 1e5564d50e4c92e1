"""Terminals that somebody closed: who it was, and what they wrote last, can be asked for some time."""

from __future__ import annotations

from codepilot.terminal.messages import Request
from codepilot.terminal.session.session import Session

_KEPT = 8
"""Of how many closed terminals the last output is kept."""


class ClosedTerminals:
    """The last of them, by identity."""

    def __init__(self) -> None:
        self._closed: dict[str, Session] = {}

    def add(self, session: Session) -> None:
        """One was closed by somebody."""
        self._closed[session.identity] = session
        self._closed = dict(list(self._closed.items())[-_KEPT:])

    def forget(self, name: str) -> None:
        """One of this name was ended, and nobody is to be told."""
        self._closed = {key: each for key, each in self._closed.items() if each.name != name}

    def meant(self, message: Request, *, is_open: bool) -> Session | None:
        """The closed terminal that is meant: that of the identity, or the last of its name if none is open.

        Args:
            message: the request.
            is_open: a terminal of that name is.
        """
        if identity := message.get("identity"):
            return self._closed.get(identity)
        named = [each for each in self._closed.values() if each.name == message["name"]]
        return named[-1] if named and not is_open else None
