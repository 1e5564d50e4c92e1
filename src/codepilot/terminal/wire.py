"""The wire to a terminal's process: its PTY, when something last went over it, and who waits at its other end."""

from __future__ import annotations

import asyncio
import signal

from codepilot.terminal.session.processes import send_signal
from codepilot.terminal.session.pty import Pty
from codepilot.terminal.waiting import Wait, find_wait, stray_readers


class Wire:
    """One process's, from its start to its end.

    Args:
        pty: with the process on it.
    """

    def __init__(self, pty: Pty) -> None:
        self.pty = pty
        self._loop = asyncio.get_running_loop()
        self._last_output = self._last_input = self._loop.time()

    def came(self) -> None:
        """Output has come."""
        self._last_output = self._loop.time()

    def send(self, data: bytes) -> None:
        """Input, as if typed."""
        self._last_input = self._loop.time()
        self.pty.write(data)

    @property
    def quiet(self) -> float:
        """Seconds since the last output."""
        return self._loop.time() - self._last_output

    @property
    def idle(self) -> float:
        """Seconds since the last input."""
        return self._loop.time() - self._last_input

    @property
    def has_read_all(self) -> bool:
        """What was typed last has been read, and had time to show."""
        if self.pty.closed or self.pty.unread:
            return False
        return self.idle >= (0.03 if self._last_output > self._last_input else 0.3)

    @property
    def echoes(self) -> bool:
        """Input is shown: by the terminal, or likely by a program that takes keys and edits its line itself."""
        modes = self.pty.modes()
        return modes.echo or not modes.canonical

    @property
    def takes_keys(self) -> bool:
        """Each key goes to the program at once, not with the end of a line."""
        return not self.pty.modes().canonical

    def find_wait(self, line: str, *, full_screen: bool = False, expected: bool = False) -> Wait | None:
        """Whether the program waits for the keyboard; for the arguments see `waiting.find_wait`."""
        wait = find_wait(
            shell=self.pty.pid,
            group=self.pty.foreground(),
            tty=self.pty.path,
            modes=self.pty.modes(),
            line=line,
            full_screen=full_screen,
            quiet=self.quiet,
            expected=expected,
        )
        # A shell that stands at its prompt again waits too; then what it said of that is here, but not read yet.
        return None if self.pty.has_output else wait

    def interrupt_strays(self) -> None:
        """A ^C is typed: tell those whom it does not reach."""
        if self.pty.modes().signals:
            send_signal(stray_readers(self.pty.pid, self.pty.foreground(), self.pty.path), signal.SIGINT)
