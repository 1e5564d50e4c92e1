"""The driver itself: its parts, and what it does besides."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from codepilot.errors import TerminalError
from codepilot.terminal.client import TerminalClient
from codepilot.terminal.protocol import report_to_composer
from codepilot.terminal.screen import Row
from codepilot.text import clean
from codepilot_tui.terminals.connection import Connection
from codepilot_tui.terminals.driver_host import DriverHost
from codepilot_tui.terminals.holding import Holding
from codepilot_tui.terminals.host_events import HostEvents
from codepilot_tui.terminals.input import Input
from codepilot_tui.terminals.open_close import Closing, OpenClose
from codepilot_tui.terminals.states import States
from codepilot_tui.terminals.watching import Watching
from codepilot_tui.widgets.terminal import TerminalPane

Colour = tuple[int, int, int]


class TerminalDriver:
    """One viewer of the host's terminals.

    Args:
        pane: what shows them.
        host: told what happens, and asked to ask.
    """

    def __init__(self, pane: TerminalPane, host: DriverHost) -> None:
        self._pane = pane
        self._connection = connection = Connection(host.tell)
        self._changed = host.changed
        self.states = States(pane, self._states_changed)
        """What each terminal does, and who holds it."""
        self.watching = Watching(pane, connection, self.states)
        """Which screens are sent, in which size."""
        self.holding = Holding(connection, self.states, self.watching)
        """Takes terminals for the person."""
        self.input = Input(pane, connection, host, self.holding)
        """What the person sends to programs."""
        self.events = HostEvents(pane, connection, host, self.states, self.watching)
        """What the host says."""
        self._open_close = OpenClose(pane, connection, self.watching, host)
        self._closing = Closing(pane, connection, host, self.states, self.events.forget)
        self.events.gone += [self._closing.gone, self.input.gone]

    def _states_changed(self) -> None:
        self._closing.follow()
        self._changed()

    async def connect(self, socket: Path, colours: tuple[Colour, Colour]) -> None:
        """Join the host and show what it has.

        Args:
            socket: of the host.
            colours: default foreground and background of the theme, so that programs that ask get the truth.
        """
        client = await self._connection.join(socket)
        if client is None:
            return
        client.on_event(self.events.on_event)
        try:
            await client.set_default_colours(*colours)
            await self.events.show_all(client)
        except TerminalError as error:
            self._connection.broke(client, error)
            return
        self._pane.allow_opening()

    def set_colours(self, foreground: Colour, background: Colour) -> None:
        """The theme is another: programs that ask for the colours from now on get these."""
        if self.connected:
            self._connection.do(lambda client: client.set_default_colours(foreground, background))

    @property
    def connected(self) -> bool:
        """Whether the host is there."""
        return self._connection.alive

    async def close(self) -> None:
        """Leave the host."""
        await self._connection.close()

    def open_terminal(self) -> None:
        """Make a terminal that the person holds, and go there."""
        self._open_close.open()

    def close_terminal(self, name: str) -> None:
        """End a terminal; ask first while something runs there."""
        self._closing.close(name)

    async def history(self, name: str, start: int, count: int) -> Sequence[Row]:
        """Rows of a terminal's history; none if the host does not give them."""
        return await self._connection.history(name, start, count)

    def take_offers(self, take: Callable[[str], None]) -> None:
        """Give the words for what the person ran in free terminals, which is offered no more then."""

        async def fetch(client: TerminalClient) -> None:
            reports = await client.offered(take=True)
            if reports:
                take(clean("\n\n".join(report_to_composer(report) for report in reports)))

        self._connection.do(fetch)
