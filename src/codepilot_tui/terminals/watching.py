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
        """The view has another size."""
        self.fit(message.terminal)

    def fit(self, name: str) -> None:
        """Give a terminal that is seen the size of its window: at once what the person holds, the others at rest.

        What the agent runs next is written for that width, and nothing changes under a command that runs.
        """
        owner = self._states.owner(name)
        if owner == "person" or self._pane.state(name) == "idle":
            self._connection.follow(lambda client: self._fit_seen(client, name, owner))

    async def hand_over(self, client: TerminalClient, name: str, owner: Owner) -> None:
        """Give a terminal the size that it has in these hands.

        One that the person takes out of sight comes to sight by that, and is given its size then: before, its window
        is not laid out.
        """
        if owner == "person":
            await self._fit_seen(client, name, owner)
        elif self._pane.view(name) is not None:
            await client.resize(name, *self.size(name, owner))

    async def _fit_seen(self, client: TerminalClient, name: str, owner: Owner) -> None:
        view = self._pane.view(name)
        if view is not None and view.frames.seen and view.size.area:
            await client.resize(name, *self.size(name, owner))

    def size(self, name: str, owner: Owner) -> tuple[int, int]:
        """Columns and lines for a terminal, from the window that shows it or would."""
        view = self._pane.view(name) or self._pane.active_view
        width, height = view.size if view is not None and view.size.area else UNSEEN
        if owner == "person":
            return max(20, width), max(5, height)
        return max(LEAST[0], width), max(LEAST[1], height)
