"""The command that runs at a terminal's process, or ran last: made, adopted, claimed for the agent, begun."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Literal

from codepilot.terminal.session.launch import Terminal
from codepilot.terminal.session.state import Command
from codepilot.terminal.session.waiting import Wait, WaitWatch


class Current:
    """One at a time.

    Args:
        terminal: that it runs on.
    """

    def __init__(self, terminal: Terminal) -> None:
        self.command: Command | None = None
        """What runs, or ran last."""
        self.wait: Wait | None = None
        """What it waits for, as far as that was judged."""
        self._terminal = terminal
        self._state = terminal.state
        self._loop = asyncio.get_running_loop()

    @property
    def running(self) -> Command | None:
        """The command, if it has not ended."""
        return self.command if self.command is not None and self.command.running else None

    def new(
        self, text: str, source: Literal["given", "typed", "process"], file: Path | None = None
    ) -> Command:
        """A command that has not begun."""
        return Command(text, source, self._terminal.files.capture(), self._loop.time(), file=file)

    def adopt(self, command: Command) -> None:
        """From now on it is the command; the output of the one before is kept for a while."""
        if self.command is not None:
            self._terminal.files.retire(self.command.capture)
        self.command = command

    def claim(self, command: Command) -> None:
        """The agent gave it: a result has to report its end, and the agent holds the keyboard unless somebody does."""
        self._state.unreported = command
        if self._terminal.keyboard.owner == "free":
            self._terminal.keyboard.hand_to("agent", self.running)

    def start(self, watch: WaitWatch) -> None:
        """It begins; `watch` looks what it waits for until it ends."""
        if self.command is not None:
            self.command.started = self._loop.time()
            self._state.become("busy", self.command)
            watch.run(watch.until_end(self.command))

    def tell_wait(self, wait: Wait | None) -> None:
        """It waits for something, or for nothing any more."""
        self.wait = wait
        self._state.waits_for = str(wait) if wait is not None else ""
        self._state.become("waiting" if wait is not None else "busy", self.command)
