"""Which screens the host sends, and how large each terminal is: both follow from the windows that show them."""

from __future__ import annotations

from codepilot.terminal.client import TerminalClient
from codepilot.terminal.protocol import Owner
from codepilot_tui.terminals.connection import Connection
from codepilot_tui.terminals.states import States
from codepilot_tui.widgets.terminal import TerminalPane
from codepilot_tui.widgets.terminal import messages as said

LEAST = (80, 24)
"""Columns and lines that a terminal has at least while no person holds it: a narrower window looks at a part of it."""
UNSEEN = (120, 40)
"""Columns and lines of one that no window shows."""


class Watching:
    """Has the screens sent that are seen, in the size of their windows.

    Args:
        pane: shows them.
        connection: to the host.
        states: who holds what, and what is at rest.
    """

    def __init__(self, pane: TerminalPane, connection: Connection, states: States) -> None:
        self._pane = pane
        self._connection = connection
        self._states = states
        self.watched: set[str] = set()
        """Terminals whose screens are sent."""

    async def watch(self, client: TerminalClient, name: str) -> None:
        """Have a screen sent that is seen, all of it first."""
        view = self._pane.view(name)
        if view is None or not view.frames.seen:
            return
        if name in self.watched:
            await client.unwatch(name)
        self.watched.add(name)
        await client.watch(name, view.apply)
        self.fit(name)

    def seen(self, message: said.SightChanged) -> None:
        """Have the screen sent while it is seen, and only then."""
        name = message.terminal

        async def follow(client: TerminalClient) -> None:
            view = self._pane.view(name)
            if view is not None and view.frames.seen:
                await self.watch(client, name)
            elif name in self.watched:
                self.watched.discard(name)
                await client.unwatch(name)

        if self._connection.alive:
            self._connection.follow(follow)

    def resized(self, message: said.Resized) -> None:
        """Follow the view's size: at once while the person holds the terminal, else while nothing runs in it."""
        if self._states.owner(message.terminal) == "person":
            self._connection.follow(
                lambda client: client.resize(message.terminal, message.columns, message.lines)
            )
        else:
            self.fit(message.terminal)

    def fit(self, name: str) -> None:
        """Give a terminal at rest the width of its window, so that what the agent runs next is written for it."""
        view = self._pane.view(name)
        owner = self._states.owner(name)
        at_rest = owner != "person" and self._pane.state(name) == "idle"
        if at_rest and view is not None and view.frames.seen and view.size.area:
            self._connection.follow(lambda client: client.resize(name, *self.size(name, owner)))

    def size(self, name: str, owner: Owner) -> tuple[int, int]:
        """Columns and lines for a terminal, from the window that shows it or would."""
        view = self._pane.view(name) or self._pane.active_view
        width, height = view.size if view is not None and view.size.area else UNSEEN
        if owner == "person":
            return max(20, width), max(5, height)
        return max(LEAST[0], width), max(LEAST[1], height)
