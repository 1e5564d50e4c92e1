"""While something runs in a terminal: see whether it waits for the keyboard."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

from codepilot.terminal.command import Command
from codepilot.terminal.unmarked import is_prompt
from codepilot.terminal.waiting import Wait
from codepilot.terminal.wire import Wire

QUIET = 0.15
"""Seconds without output after which a program counts as quiet."""
START_QUIET = 1.0
"""The same for a shell that starts, before it is taken for one without marks."""


class Lookout:
    """Over one wire. There is one watch at a time, or none.

    Args:
        wire: to the process.
        tell: told what each look has shown.
    """

    def __init__(self, wire: Wire, tell: Callable[[Wait | None], None]) -> None:
        self._wire = wire
        self._tell = tell
        self._watch: asyncio.Task[None] | None = None

    def keep(self, watch: Coroutine[Any, Any, None]) -> None:
        """Go on with this watch, and with no other."""
        self.stop()
        self._watch = asyncio.get_running_loop().create_task(watch)

    def stop(self) -> None:
        """No watch any more."""
        if self._watch is not None:
            self._watch.cancel()
            self._watch = None

    def leave(self) -> None:
        """The watch ends by itself: it is what calls this."""
        self._watch = None

    def look(self, command: Command | None, *, expected: bool = False) -> Wait | None:
        """Whether the running program waits for the keyboard, and for what.

        Args:
            command: what runs.
            expected: also under an empty row, where that is no more than likely.
        """
        if command is None or self._wire.pty.closed:
            return None
        return self._wire.find_wait(
            command.capture.line, full_screen=command.capture.full_screen, expected=expected
        )

    async def over(self, command: Command) -> None:
        """A watch over a command, until its end."""
        wire, loop = self._wire, asyncio.get_running_loop()
        while command.running:
            age = command.seconds(loop.time())
            await asyncio.sleep(QUIET if age < 2 else 0.4 if age < 20 else 0.8)
            quiet = wire.quiet
            if quiet < QUIET or wire.idle < 0.1 or wire.pty.closed:
                continue
            # One that takes single keys and has said nothing at all has no prompt: `bc -q`.
            mute = wire.takes_keys and not command.capture.recent(1)
            self._tell(self.look(command, expected=mute or (command.source == "process" and quiet > 1)))

    async def over_start(
        self, stands: Callable[[], bool], text: Callable[[], str], became: Callable[[str], None]
    ) -> None:
        """A watch over a shell that starts: does it ask something, and do its marks come?

        Its start-up files may have made another program of it. Then it is one without marks.

        Args:
            stands: its prompt has come.
            text: what the screen shows.
            became: told the row of the other program's prompt.
        """
        while not stands() and not self._wire.pty.closed:
            await asyncio.sleep(QUIET)
            if self._wire.quiet < START_QUIET or not self._wire.has_read_all:
                continue
            row = text().rstrip().rpartition("\n")[2]
            wait = self._wire.find_wait(row)
            if wait is not None and wait.kind == "input" and is_prompt(row):
                became(row)
            else:
                self._tell(wait)
