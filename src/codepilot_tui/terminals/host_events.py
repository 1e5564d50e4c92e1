"""What the host says: terminals that come and go, what they do, what their programs ask for."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Coroutine
from time import monotonic
from typing import Any

from codepilot.terminal.client import TerminalClient
from codepilot.terminal.protocol import TerminalEvent, TerminalInfo
from codepilot.text import clean_line, shorten
from codepilot_tui.terminals.clipboard import Clipboard
from codepilot_tui.terminals.connection import Connection
from codepilot_tui.terminals.driver_host import DriverHost
from codepilot_tui.terminals.states import States
from codepilot_tui.terminals.watching import Watching
from codepilot_tui.widgets.terminal import TerminalPane

_NOTICE_PAUSE = 5.0


class HostEvents:
    """Brings the host's events to the pane.

    Args:
        pane: shows the terminals.
        connection: to the host.
        host: is told what is to be read.
        states: what each terminal does, and who holds it.
        watching: has the screens sent.
    """

    def __init__(
        self,
        pane: TerminalPane,
        connection: Connection,
        host: DriverHost,
        states: States,
        watching: Watching,
    ) -> None:
        self._pane = pane
        self._connection = connection
        self._tell = host.tell
        self._states = states
        self._watching = watching
        self._clipboard = Clipboard(
            host,
            copy=lambda text: pane.app.copy_to_clipboard(text),
            owner=states.owner,
            notice=self._notice,
        )
        self.gone: list[Callable[[str], None]] = [self._clipboard.forget]
        """Told the name of each terminal that is there no longer: what is asked of it means nothing any more."""
        self._noticed: dict[str, float] = {}
        self._openings: Counter[str] = Counter()
        """How often a terminal of that name was opened."""

    async def show_all(self, client: TerminalClient) -> None:
        """Show what this host has, and nothing of one before."""
        self._watching.watched.clear()
        for name in self._pane.names:
            self._pane.remove_terminal(name)
            self._is_gone(name)
        for terminal in await client.list():
            self._add(terminal)
            await self._watching.watch(client, terminal.name)

    def on_event(self, event: TerminalEvent) -> None:
        """Take what the host says."""
        name = event.name
        match event.kind:
            case "opened":
                self._openings[name] += 1
                if name in self._pane.names:  # one of this name still ends, or its shell was another one
                    self._is_gone(name)
                self._add(event)
                self._connection.follow(lambda client: self._watching.watch(client, name))
            case "closed":
                self._connection.follow(self._closed(name))
            case "lost":
                self._lost()
            case "state":
                self._state(event, event.detail)
            case "owner":
                self._owned(name, event)
            case "bell":
                self._pane.ring(name)
            case "clipboard":
                self._clipboard.wanted(name, event.detail)
            case "notice":
                self._notice(name, event.detail)
            case _:
                pass

    def _lost(self) -> None:
        for each in self._pane.names:
            self._states.set_state(each, "exited", None)
            self._states.set_owner(each, "free")

    def _owned(self, name: str, event: TerminalEvent) -> None:
        self._states.set_owner(name, event.owner)
        if event.detail == "wanted":
            self._states.want(name)

    async def forget(self, client: TerminalClient, name: str) -> None:
        """Let go of a terminal that is there no longer."""
        view = self._pane.view(name)
        self._pane.remove_terminal(name)
        self._is_gone(name)
        self._watching.watched.discard(name)
        self._states.forget(name)
        if view is not None:  # another terminal of this name is not its
            await client.unwatch(name, view.apply)

    def _is_gone(self, name: str) -> None:
        for tell in self.gone:
            tell(name)

    def _add(self, terminal: TerminalInfo | TerminalEvent) -> None:
        self._pane.add_terminal(terminal.name)
        self._states.set_owner(terminal.name, terminal.owner)
        self._state(terminal)

    def _state(self, told: TerminalInfo | TerminalEvent, waits_for: str = "") -> None:
        if self._states.set_state(told.name, told.state, told.exit_code, waits_for, command=told.command):
            self._watching.fit(told.name)

    def _closed(self, name: str) -> Callable[[TerminalClient], Coroutine[Any, Any, None]]:
        opened = self._openings[name]

        async def settle(client: TerminalClient) -> None:
            terminals = await client.list()
            if self._openings[name] != opened:
                return  # another one has its name by now, which the list does not know yet
            for terminal in terminals:
                if terminal.name == name and not terminal.one_shot:
                    # Its shell died, but it is not given up: its last words stay, and the next command revives it.
                    self._state(terminal)
                    return
            await self.forget(client, name)

        return settle

    def _notice(self, name: str, text: str) -> None:
        """A few words of a program, now and then."""
        now = monotonic()
        if now - self._noticed.get(name, float("-inf")) >= _NOTICE_PAUSE:
            self._noticed[name] = now
            self._tell(f"{name}: {shorten(clean_line(text), 200)}")
