"""What the parts of the session screen may ask of it. It knows none of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

from codepilot_tui.held_keys import MOST

if TYPE_CHECKING:
    from collections.abc import Callable

    from textual.app import App

    from codepilot_tui.bench.layout import Pane
    from codepilot_tui.bench.notices import Kind
    from codepilot_tui.docks.base import Dock
    from codepilot_tui.facts import Facts
    from codepilot_tui.keymap import Keymap
    from codepilot_tui.pages.base import Page
    from codepilot_tui.widgets.composer import Composer


class Host(Protocol):
    """The session screen, as its parts see it."""

    keymap: Keymap

    @property
    def app(self) -> App[Any]:
        """The application."""

    @property
    def composer(self) -> Composer:
        """Where the person writes."""

    def facts(self) -> Facts:
        """What is true now."""

    def changed(self) -> None:
        """Something that `facts` depends on is another."""

    def tell(self, text: str, kind: Kind = "info", *, about: str = "") -> None:
        """Say something in the status line; `about` names it for `untrue`."""

    def untrue(self, about: str) -> None:
        """What was told about this holds no more."""

    def open_dock(self, dock: Dock[Any], done: Callable[[Any], None]) -> None:
        """Ask something above the composer."""

    def recall(self, dock: Dock[Any]) -> None:
        """Give an open question the keyboard, above any other that is open."""

    def wish(self, title: str, make: Callable[[], Dock[Any]], done: Callable[[Any], None]) -> None:
        """Ask, when it does not disturb, what a program began; `title` says what it is about."""

    def open_page(self, page: Page[Any], done: Callable[[Any], None] = lambda _: None) -> None:
        """Show something on a page; Esc comes back."""

    def follow(self) -> None:
        """Go to the end of the chat."""

    def hold_keys(self, most: float = MOST) -> Callable[[bool], None]:
        """Keep what is typed until the function that is returned is called, `most` seconds; see `HeldKeys.hold`."""

    def once_joined(self, name: str, run: Callable[[], None]) -> None:
        """Do what an action is about once there is a terminal host, which is started if there is none."""

    def give_up(self, why: str = "", kind: Kind = "info") -> None:
        """What waits will not be possible: it is not done, and what was typed for it goes nowhere."""

    def reveal(self, pane: Pane) -> None:
        """Bring a pane to sight."""

    def to_composer(self) -> None:
        """Give the composer the keyboard, at once: what is typed next is meant for it."""
