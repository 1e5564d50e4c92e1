"""What the person sends to a program: keys, pastes, the mouse, the focus."""

from __future__ import annotations

from codepilot_tui.docks.confirm import ConfirmDock
from codepilot_tui.terminals.connection import Connection
from codepilot_tui.terminals.driver_host import DriverHost
from codepilot_tui.terminals.holding import Holding
from codepilot_tui.terminals.paste import paste_question
from codepilot_tui.widgets.terminal import TerminalPane
from codepilot_tui.widgets.terminal import messages as said


class Input:
    """Sends what the views tell.

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
        self._asking: list[tuple[str, ConfirmDock]] = []
        """Open questions about a paste, each with its terminal."""

    def taken_by_typing(self, message: said.TakenByTyping) -> None:
        """The person typed into a terminal that nobody held."""
        self._holding.take_by_typing(message.terminal)

    def typed(self, message: said.KeyTyped) -> None:
        """Send a key."""
        self._connection.do(lambda client: client.key(message.terminal, message.key, message.character or ""))

    def pasted(self, message: said.Pasted) -> None:
        """Send pasted text; ask first where a program would run its lines, or where it is very long."""
        self._paste(message.terminal, message.text)

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
