"""How a terminal is, from moment to moment; whoever listens is told when that changes."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace

from codepilot.terminal.command import Command
from codepilot.terminal.protocol import Owner, State, TerminalEvent
from codepilot.terminal.pulse import Pulse


class Condition:
    """One terminal's.

    Args:
        name: the terminal's.
        folder: where it starts.
        publish: takes events.
        pulse: beaten at each change of the state.
        owner: says who holds the keyboard.
    """

    def __init__(
        self,
        name: str,
        folder: str,
        publish: Callable[[TerminalEvent], None],
        pulse: Pulse,
        owner: Callable[[], Owner],
    ) -> None:
        self.state: State = "starting"
        self.cwd = folder
        """The shell's folder."""
        self.waits_for = ""
        """What the program waits for, or waited for last, in words."""
        self.exit_code: int | None = None
        """Of the process, when it has ended."""
        self._name = name
        self._publish = publish
        self._pulse = pulse
        self._owner = owner
        self._loop = asyncio.get_running_loop()

    def become(self, state: State, command: Command | None) -> None:
        """Another state, or the same.

        Args:
            state: what it is now.
            command: what runs in the terminal, or ran last.
        """
        if state == self.state:
            return
        self.state = state
        self.publish(
            TerminalEvent(
                kind="state",
                command=command.text if command is not None else "",
                exit_code=command.exit_code if command is not None else self.exit_code,
                cwd=self.cwd,
                seconds=round(command.seconds(self._loop.time()), 3) if command is not None else 0.0,
                owner=self._owner(),
                detail=self.waits_for if state == "waiting" else "",
            )
        )
        self._pulse.beat()

    def publish(self, event: TerminalEvent) -> None:
        """Tell of this terminal; its name and state are filled in."""
        self._publish(replace(event, name=self._name, state=self.state))
