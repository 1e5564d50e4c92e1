"""^C, and what follows if it does not help: TERM, then KILL."""

from __future__ import annotations

import asyncio
import signal

from codepilot.terminal.protocol import TerminalEvent
from codepilot.terminal.session.processes import send_signal
from codepilot.terminal.session.pty import Pty
from codepilot.terminal.session.state import Command, TerminalState

STEPS = ((signal.SIGTERM, 2.0), (signal.SIGKILL, 5.0))
"""Signal, and seconds after the ^C."""
AGAIN = 0.3
"""Seconds after which ^C is typed once more to a command that began just before."""


class Escalation:
    """Signals the group that has the keyboard, ever harder, until its command has ended.

    A shell whose program dies of TERM or KILL goes on with the rest of its line, so it is interrupted as well.

    Args:
        pty: where ^C is typed.
        state: of the terminal; is told each signal.
        shell: process of the shell; 0: there is none.
    """

    def __init__(self, pty: Pty, state: TerminalState, shell: int) -> None:
        self._pty = pty
        self._state = state
        self._shell = shell
        self._loop = asyncio.get_running_loop()
        self._task: asyncio.Task[None] | None = None

    def begin(self, command: Command) -> None:
        """^C was typed for this command just now."""
        self.stop()
        self._task = self._loop.create_task(self._escalate(command, self._loop.time()))

    def stop(self) -> None:
        """Send no more signals."""
        if self._task is not None:
            self._task.cancel()
            self._task = None

    async def _escalate(self, command: Command, start: float) -> None:
        def ended() -> bool:
            return not command.running or self._state.state == "exited"

        pty, changes = self._pty, self._state.changes
        if not pty.modes().signals:
            # The program takes ^C for a key: tell it what is meant.
            self._signal_group(command, signal.SIGINT)
        elif (
            command.seconds(start) < AGAIN
            and not await changes.until(ended, start + AGAIN)
            and pty.modes().signals
        ):
            # The shell was about to start a program, which did not have the keyboard yet and never heard of the ^C.
            pty.write(b"\x03")
        for number, after in STEPS:
            if await changes.until(ended, start + after):
                return
            if self._shell:
                send_signal([self._shell], signal.SIGINT)
            self._signal_group(command, number)

    def _signal_group(self, command: Command, number: signal.Signals) -> None:
        group = self._pty.foreground()
        if group > 0:
            send_signal([-group], number)
            send_signal([-group], signal.SIGCONT)
            command.signals.append(number.name)
            self._state.publish(TerminalEvent(kind="signal", command=command.text, detail=number.name))
