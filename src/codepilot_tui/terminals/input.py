"""What the person sends to a program: keys, pastes, the mouse, the focus."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress

from codepilot_tui.docks.confirm import ConfirmDock
from codepilot_tui.terminals.connection import Connection
from codepilot_tui.terminals.driver_host import DriverHost
from codepilot_tui.terminals.holding import Holding
from codepilot_tui.terminals.paste import paste_question
from codepilot_tui.widgets.terminal import TerminalPane, TerminalView
from codepilot_tui.widgets.terminal import messages as said

_HANDLED_WITHIN = 2.0
"""Seconds for the keys that are in the queues of a view."""


class Input:
    """Sends what the views tell; what comes while a new terminal is on its way is meant for that one.

    Args:
        pane: of the views.
        connection: to the host.
        host: asks about a paste.
        holding: takes a free terminal that is typed into.
    """

    def __init__(
        self, pane: TerminalPane, connection: Connection, host: DriverHost, holding: Holding
    ) -> None:
        self._pane = pane
        self._connection = connection
        self._host = host
        self._holding = holding
        self._coming = 0
        """Terminals that are on their way."""
        self._early: list[tuple[str, Callable[[str], None]]] = []
        """Keys and pastes that came while a new terminal was on its way, each with the terminal that was seen then;
        it sends itself to the one of a name."""
        self._asking: list[tuple[str, ConfirmDock]] = []
        """Open questions about a paste, each with its terminal."""

    def expect(self) -> None:
        """A new terminal is on its way: what is typed from now on is meant for it."""
        self._coming += 1
        self._pane.expect(True)

    async def hand_over(self, name: str) -> None:
        """The new terminal is there: it gets the keyboard, and what was typed for it.

        Keys that were read before are still on their way through the queues of the view that had the keyboard.
        """
        before = self._pane.screen.focused
        self._pane.activate(name, focus=True)
        if isinstance(before, TerminalView):
            done = asyncio.Event()
            before.say_when_handled(done)
            with suppress(TimeoutError):  # a view that is removed right now may not say it
                await asyncio.wait_for(done.wait(), _HANDLED_WITHIN)
        early, self._early = self._early, []
        for _, send in sorted(early, key=lambda typed: typed[0] == name):  # the new one had the keyboard last
            send(name)

    def handled(self, message: said.KeysHandled) -> None:
        """All keys that a view had got are here."""
        message.done.set()

    def expected(self) -> None:
        """A terminal that was on its way is there, or does not come: then what was typed for it goes nowhere."""
        self._coming -= 1
        if not self._coming:
            self._early.clear()
            self._pane.expect(False)

    def taken_by_typing(self, message: said.TakenByTyping) -> None:
        """The person typed into a terminal that nobody held."""
        if not self._coming:  # else the key is meant for another one
            self._holding.take_by_typing(message.terminal)

    def typed(self, message: said.KeyTyped) -> None:
        """Send a key."""

        def send(name: str) -> None:
            self._connection.do(lambda client: client.key(name, message.key, message.character or ""))

        self._now_or_early(message.terminal, send)

    def pasted(self, message: said.Pasted) -> None:
        """Send pasted text; ask first where a program would run its lines, or where it is very long."""
        self._now_or_early(message.terminal, lambda name: self._paste(name, message.text))

    def mouse(self, message: said.MouseUsed) -> None:
        """Send a mouse event."""
        self._connection.do(
            lambda client: client.mouse(
                message.terminal, message.action, message.button, message.x, message.y, message.modifiers
            )
        )

    def focus(self, message: said.FocusTold) -> None:
        """Tell the program whether it has the focus."""
        self._connection.do(lambda client: client.focus(message.terminal, message.focused))

    def _now_or_early(self, name: str, send: Callable[[str], None]) -> None:
        if self._coming:
            self._early.append((name, send))
        else:
            send(name)

    def _paste(self, name: str, text: str) -> None:
        view = self._pane.view(name)
        bracketed = view is not None and view.buffer.modes.bracketed_paste

        def send() -> None:
            self._connection.do(lambda client: client.paste(name, text))

        question = paste_question(name, text, bracketed=bracketed)
        if question is None:
            send()
            return

        def answered(sure: bool | None) -> None:
            self._asking.remove((name, question))
            if sure:
                send()

        self._asking.append((name, question))
        self._host.open_dock(question, answered)

    def gone(self, name: str) -> None:
        """A terminal ended: the questions would paste into another one that gets its name."""
        for each, question in tuple(self._asking):
            if each == name:
                question.finish(None)

    def asked(self, name: str) -> ConfirmDock | None:
        """The open question about a paste into a terminal, the latest of several."""
        return next((question for each, question in reversed(self._asking) if each == name), None)
