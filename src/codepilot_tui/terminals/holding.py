"""Who holds a terminal's keyboard, as the person wants it."""

from __future__ import annotations

from codepilot.errors import TerminalError
from codepilot.terminal.client import TerminalClient
from codepilot.terminal.protocol import Owner
from codepilot_tui.terminals.connection import Connection
from codepilot_tui.terminals.states import States
from codepilot_tui.terminals.watching import Watching


class Holding:
    """Takes terminals for the person, and hands them back.

    Args:
        connection: to the host.
        states: who holds what.
        watching: knows which size a terminal has in whose hands.
    """

    def __init__(self, connection: Connection, states: States, watching: Watching) -> None:
        self._connection = connection
        self._states = states
        self._watching = watching
        self._asked: dict[str, list[Owner]] = {}
        """Who shall hold a terminal, as the host was asked last and has not answered yet."""

    def take_over(self, name: str) -> None:
        """Take the keyboard, or hand it back."""
        (holder,) = self._asked.get(name, [self._states.owner(name)])
        self._own(name, "free" if holder == "person" else "person")

    def take_by_typing(self, name: str) -> None:
        """The person typed into a terminal that nobody held."""
        self._own(name, "person", by_typing=True)

    def _own(self, name: str, owner: Owner, *, by_typing: bool = False) -> None:
        before = self._states.owner(name)
        if owner == "person" and not by_typing and self._connection.alive:
            # At once: what is typed next goes to the program, behind the word that takes it. The view would refuse it.
            self._states.set_owner(name, owner)
        asked = [owner]
        if self._connection.alive:
            self._asked[name] = asked

        async def change(client: TerminalClient) -> None:
            try:
                await client.set_owner(name, owner, by_typing=by_typing)
            except TerminalError:
                self._states.set_owner(name, before)
                raise
            finally:
                if self._asked.get(name) is asked:
                    del self._asked[name]
            await self._watching.hand_over(client, name, owner)

        self._connection.do(change)
