"""What was not written of sessions that were closed: said in the chat that goes on, and after the program's end."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from codepilot.events import Stamped
    from codepilot.runtime import AsyncRuntime


class LastWords:
    """Hears the last that a runtime says of its session.

    Args:
        runtime: which is not closed yet.
    """

    def __init__(self, runtime: AsyncRuntime) -> None:
        from codepilot.events import RuntimeFailed  # not before the first frame

        self._failed = RuntimeFailed
        self._runtime = runtime
        self._said = ""
        runtime.subscribe(self._take)

    def _take(self, stamped: Stamped) -> None:
        if isinstance(failed := stamped.event, self._failed) and failed.source == "session":
            self._said = f"{failed.error} {failed.hint}"

    @property
    def lost(self) -> str:
        """What was not written, once the runtime is closed; empty: all was."""
        return self._said if self._runtime.unwritten_records else ""


class Chat(Protocol):
    """Of an agent."""

    def warn(self, warnings: Sequence[str]) -> None:
        """Show these in it."""


class Lost:
    """What was not written of the sessions that were closed."""

    def __init__(self) -> None:
        self.texts: list[str] = []
        """In words, in the order in which they were closed."""
        self._told = 0

    def tell(self, chat: Chat | None) -> None:
        """Say in a chat what was not said in any yet."""
        if chat is not None and self._told < len(self.texts):
            chat.warn(self.texts[self._told :])
            self._told = len(self.texts)
