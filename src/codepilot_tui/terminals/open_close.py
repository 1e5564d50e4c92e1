"""Terminals that the person opens and closes."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from codepilot.terminal.client import TerminalClient
from codepilot.text import clean_line
from codepilot_tui.docks.confirm import ConfirmDock
from codepilot_tui.terminals.connection import Connection
from codepilot_tui.terminals.driver_host import DriverHost
from codepilot_tui.terminals.states import States
from codepilot_tui.terminals.watching import Watching
from codepilot_tui.widgets.terminal import TerminalPane

_NO = "keep it"
_SLOW = 1.0
"""Seconds after which it is said that a new terminal is waited for."""
_MOST = 10.0
"""Seconds for which keys wait for it: the host may be on a busy machine."""
Forget = Callable[[TerminalClient, str], Awaitable[None]]


class OpenClose:
    """Makes terminals that the person holds.

    Args:
        pane: shows them.
        connection: to the host.
        watching: knows the size of a new one.
        host: keeps what is typed until the new one is there.
    """

    def __init__(
        self, pane: TerminalPane, connection: Connection, watching: Watching, host: DriverHost
    ) -> None:
        self._pane = pane
        self._connection = connection
        self._watching = watching
        self._host = host
        self._turn = asyncio.Lock()
        """One after the other: the next one needs another name."""

    def open(self) -> None:
        """Make a terminal that the person holds, and go there."""
        if not self._connection.alive:
            self._connection.do(self._make)  # says why not
            return
        loop, over = asyncio.get_running_loop(), self._host.hold_keys(_MOST)
        until = loop.time() + _MOST

        async def expected(client: TerminalClient) -> None:
            name = ""
            slow = loop.call_later(_SLOW, self._host.tell, "Waiting for the new terminal.")
            try:
                async with self._turn:
                    name = await self._make(client)
                # The keyboard of who waited for it: later, what is typed is meant for something else.
                self._pane.activate(name, focus=loop.time() < until)
            finally:
                slow.cancel()
                over(bool(name))

        self._connection.do(expected)

    async def _make(self, client: TerminalClient) -> str:
        taken = {terminal.name for terminal in await client.list()}
        name = next(name for name in (f"shell-{n}" for n in range(1, 1000)) if name not in taken)
        columns, lines = self._watching.size(name, "person")
        await client.open(name, columns=columns, lines=lines)  # told as an event too, which shows it
        await client.set_owner(name, "person")
        await self._watching.hand_over(client, name, "person")
        return name


class Closing:
    """Ends terminals.

    Args:
        pane: shows them.
        connection: to the host.
        host: asks, where something runs.
        states: who holds what.
        forget: lets go of all that is kept of a terminal.
    """

    def __init__(
        self, pane: TerminalPane, connection: Connection, host: DriverHost, states: States, forget: Forget
    ) -> None:
        self._pane = pane
        self._connection = connection
        self._host = host
        self._states = states
        self._forget = forget
        self._asking: dict[str, ConfirmDock] = {}
        """Open questions, by terminal."""
        self._ending: dict[str, object] = {}
        """Terminals that the host was asked to end, each with a token: meanwhile another one may get its name."""

    def close(self, name: str) -> None:
        """End a terminal; ask first while something runs there."""
        if name in self._ending:
            return
        if name in self._asking:
            self._host.recall(self._asking[name])
            return
        if not self._runs(name):
            self._end(name)
            return

        def answered(sure: bool | None) -> None:
            del self._asking[name]
            if sure:
                self._end(name)

        text, yes = self._words(name)
        question = self._asking[name] = ConfirmDock(f"Close {clean_line(name)}?", text, yes=yes, no=_NO)
        self._host.open_dock(question, answered)

    def _end(self, name: str) -> None:
        this = object()

        async def finish(client: TerminalClient) -> None:
            try:
                await client.terminate(name, by="person")
                if self._ending.get(name) is this:  # else its end was told, or another one has its name
                    await self._forget(client, name)
            finally:
                if self._ending.get(name) is this:
                    del self._ending[name]

        if self._connection.alive:
            self._ending[name] = this  # the key again means nothing until it is gone
        self._connection.do(finish)

    def follow(self) -> None:
        """Terminals do something else, or have other holders: what is said of them stays true."""
        for name, question in self._asking.items():
            text, yes = self._words(name)
            question.now_says(text, yes=yes, no=_NO)

    def _words(self, name: str) -> tuple[str, str]:
        """What closing does now, and the word for it."""
        if not self._runs(name):
            return "Nothing is running in it any more.", "close it"
        whose = " The agent is using this terminal." if self._states.owner(name) == "agent" else ""
        return (
            f"A command is still running in it. Closing ends it: hang-up, then TERM, then KILL.{whose}",
            "end it",
        )

    def _runs(self, name: str) -> bool:
        return self._pane.state(name) in ("busy", "waiting")

    def gone(self, name: str) -> None:
        """A terminal ended, or another one has its name: the question would close that one, and its end is another."""
        self._ending.pop(name, None)
        if (question := self._asking.get(name)) is not None:
            question.finish(None)
