"""The application and its open sessions, as those see them that do something with sessions as a whole."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

from codepilot_tui.screens.contracts import Host

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable, Sequence

    from textual.screen import Screen
    from textual.widget import Widget
    from textual.worker import Worker

    from codepilot.errors import CodepilotError
    from codepilot.terminal.protocol import OnLeave
    from codepilot_tui.attention import Attention
    from codepilot_tui.bench.tabs import TabLabel
    from codepilot_tui.held_keys import HeldKeys
    from codepilot_tui.pages.base import PageHost
    from codepilot_tui.plan import AgentPlan
    from codepilot_tui.screens.agent_control import AgentControl
    from codepilot_tui.screens.terminal_column import TerminalColumn


class OpenParts(Protocol):
    """What a session screen has once it is known which agent works where."""

    plan: AgentPlan
    terminals: TerminalColumn


class OpenSession(Host, Protocol):
    """The screen of a session."""

    @property
    def agent(self) -> AgentControl | None:
        """Its agent; None: it is not known yet which."""

    @property
    def parts(self) -> OpenParts | None:
        """Its panes; None: it is not known yet which agent works where."""

    @property
    def docks(self) -> Widget | None:
        """Where questions open; None: not yet."""

    @property
    def pages(self) -> PageHost | None:
        """Where pages open; None: not yet."""

    @property
    def clock(self) -> Callable[[], float]:
        """Seconds since 1970."""

    async def run(self, name: str, argument: str = "") -> None:
        """Run an action."""

    def call_later(self, callback: Callable[..., Any], *args: Any) -> bool:
        """Call something once what is being done is done."""

    def run_worker(
        self, work: Any, name: str | None = "", group: str = "default", *, exclusive: bool = False
    ) -> Worker[Any]:
        """Do something beside the screen."""


class OpenTab(Protocol):
    """A tab."""

    @property
    def session(self) -> OpenSession:
        """Its screen."""

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

    async def fail(self, session: Any, error: CodepilotError) -> None:
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
    def session(self) -> OpenSession:
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
