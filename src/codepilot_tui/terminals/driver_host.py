"""What the driver of the terminals needs of the screen around it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

from codepilot_tui.docks.base import Dock
from codepilot_tui.held_keys import MOST


class DriverHost(Protocol):
    """The screen that shows the terminals."""

    def tell(self, text: str) -> None:
        """Say what went wrong, and what a program or the agent has to say."""

    def hold_keys(self, most: float = MOST) -> Callable[[bool], None]:
        """Keep what is typed until the function that is returned is called, `most` seconds; see `HeldKeys.hold`."""

    def changed(self) -> None:
        """There is another terminal, state or holder."""

    def open_dock(self, dock: Dock[Any], done: Callable[[Any], None]) -> None:
        """Ask at once: the person began it."""

    def recall(self, dock: Dock[Any]) -> None:
        """Give an open question the keyboard, above any other that is open."""

    def wish(self, title: str, make: Callable[[], Dock[Any]], done: Callable[[Any], None]) -> None:
        """Ask when it does not disturb: a program began it. `title` says what it is about."""
