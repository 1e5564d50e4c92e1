"""The person's own terminal: raw while we have it, and as it was when we leave, whichever way that is."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import os
import sys
import termios
import tty
from collections.abc import Callable
from typing import Any

from codepilot.errors import UsageError

_BEGIN = "\x1b[?1049h\x1b[?2004h\x1b[?7l\x1b[2J"
_END = (
    "\x1b[?2026l\x1b[?1006l\x1b[?1003l\x1b[?1002l\x1b[?1000l\x1b[?2004l\x1b[?7h"
    "\x1b[0m\x1b[0 q\x1b[?25h\x1b[2J\x1b[?1049l"
)
"""Turns off whatever we may have turned on."""


class PersonsTerminal:
    """Standard input and output as a screen. Use `open` and `close`; nothing here ever blocks the loop.

    The terminal is opened anew by its name, because a descriptor that does not block would not block for the person's
    shell either, which shares the one that we were given.

    Args:
        on_input: told what was typed.
        on_gone: called when the terminal is gone.
        on_free: told that it has taken all that it was given.
    """

    def __init__(
        self, on_input: Callable[[bytes], None], on_gone: Callable[[], None], on_free: Callable[[], None]
    ) -> None:
        self._on_input = on_input
        self._on_gone = on_gone
        self._on_free = on_free
        self._fd = -1
        self._before: list[Any] = []
        self._queue = b""
        self._loop = asyncio.get_running_loop()

    @staticmethod
    def is_there() -> bool:
        """Whether there is a screen to draw on and a keyboard to read from."""
        if os.environ.get("TERM", "dumb") == "dumb":
            return False
        return all(stream is not None and stream.isatty() for stream in (sys.stdin, sys.stdout))

    def open(self) -> None:
        """Take the terminal.

        Raises:
            UsageError: it cannot be opened.
        """
        try:
            name = os.ttyname(sys.stdout.fileno())
            self._fd = os.open(name, os.O_RDWR | os.O_NOCTTY | os.O_NONBLOCK | os.O_CLOEXEC)
        except OSError as error:
            raise UsageError(f"Your terminal cannot be opened: {error}.", hint="Use --raw.") from error
        self._before = termios.tcgetattr(self._fd)
        tty.setraw(self._fd)
        self._loop.add_reader(self._fd, self._readable)
        self.write(_BEGIN)

    @property
    def size(self) -> tuple[int, int]:
        """Columns and lines."""
        try:
            found = os.get_terminal_size(self._fd)
        except OSError:
            return 80, 24
        return max(found.columns, 1), max(found.lines, 1)

    @property
    def busy(self) -> bool:
        """It has not taken yet what it was given: draw later, and only what is true then."""
        return bool(self._queue)

    def write(self, text: str) -> None:
        """Give it a piece of screen."""
        self._queue += text.encode("utf-8", "replace")
        self._flush()
        if self._queue:
            self._loop.add_writer(self._fd, self._writable)

    def close(self) -> None:
        """Give the terminal back as it was."""
        if self._fd < 0:
            return
        self._loop.remove_reader(self._fd)
        self._loop.remove_writer(self._fd)
        # What is still queued would only be seen for a moment, and a terminal that takes nothing must not hold us.
        with contextlib.suppress(OSError, termios.error):  # it may be gone
            termios.tcflush(self._fd, termios.TCIFLUSH)
            os.write(self._fd, _END.encode())
            termios.tcsetattr(self._fd, termios.TCSANOW, self._before)
        os.close(self._fd)
        self._fd = -1

    def _readable(self) -> None:
        try:
            data = os.read(self._fd, 65536)
        except BlockingIOError:
            return
        except OSError as error:
            if error.errno != errno.EIO:
                raise
            data = b""
        if data:
            self._on_input(data)
        else:
            self._loop.remove_reader(self._fd)
            self._on_gone()

    def _writable(self) -> None:
        self._flush()
        if not self._queue:
            self._loop.remove_writer(self._fd)
            self._on_free()

    def _flush(self) -> None:
        try:
            self._queue = self._queue[os.write(self._fd, self._queue) :]
        except BlockingIOError:
            pass
        except OSError as error:
            if error.errno != errno.EIO:
                raise
            self._queue = b""
