"""What the parts of the session screen may ask of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

from codepilot_tui.held_keys import MOST

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable, Sequence

    from textual.app import App
    from textual.screen import Screen

    from codepilot.errors import CodepilotError
    from codepilot.terminal.protocol import OnLeave
    from codepilot_tui.attention import Attention
    from codepilot_tui.bench.layout import Pane
    from codepilot_tui.bench.notices import Kind
    from codepilot_tui.bench.tabs import TabLabel
    from codepilot_tui.docks.base import Dock
    from codepilot_tui.facts import Facts
    from codepilot_tui.held_keys import HeldKeys
    from codepilot_tui.keymap import Keymap
    from codepilot_tui.pages.base import Page
    from codepilot_tui.screens.session import SessionScreen
    from codepilot_tui.widgets.composer import Composer


class OpenTab(Protocol):
    """One open session."""

    session: SessionScreen
    options: argparse.Namespace
    """What it was opened with, as on the command line."""


class OpenTabs(Protocol):
    """All open sessions; see `tabs.Tabs`."""

    @property
    def all(self) -> Sequence[OpenTab]:
        """In the order in which they were opened."""

    @property
    def number(self) -> int:
        """Of the tab that is shown, from 1."""

    @property
    def labels(self) -> tuple[TabLabel, ...]:
        """What the row of tabs says."""

    @property
    def others(self) -> Sequence[tuple[str, str]]:
        """The hidden sessions whose agents work or ask: their names, and what they do."""

    def changed(self) -> None:
        """Something is said of a tab that is another now."""

    def of(self, session_id: str) -> int:
        """The number of the tab that works in a session; 0: none does."""

    def renamed(self, session_id: str, title: str) -> None:
        """A session was given a title."""

    async def open(self, options: argparse.Namespace) -> bool:
        """Open another session, and show it; False: there is no room for one more."""

    async def go_to(self, number: int) -> None:
        """Show a tab."""

    async def close(self, number: int) -> None:
        """Close a tab; asks first where something runs in it."""

    async def fail(self, session: SessionScreen, error: CodepilotError) -> None:
        """A session cannot be opened."""


class Program(Protocol):
    """The application, as the session screen and its parts see it."""

    attention: Attention
    held_keys: HeldKeys
    key_trouble: str
    """What is wrong in the person's key file; empty: nothing."""
    theme: str

    @property
    def tabs(self) -> OpenTabs:
        """The open sessions."""

    @property
    def session(self) -> SessionScreen:
        """The screen of the session that is shown."""

    @property
    def screen(self) -> Screen[Any]:
        """The screen on top."""

    async def run_named(self, name: str, argument: str = "") -> None:
        """Run an action, or say why it means nothing now."""

    def can_run(self, name: str) -> bool:
        """Whether what an action needs is there."""

    def can_send(self, key: str) -> bool:
        """Whether the person's terminal can send a key."""

    def toggle_mouse(self) -> bool:
        """Let the person's own terminal select, or take the mouse back; returns whether it is on now."""

    def leave(self, terminals: OnLeave = "") -> None:
        """Quit without a question."""

    def copy_to_clipboard(self, text: str) -> None:
        """Put text into the person's clipboard."""


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
