"""Has a shell discard a half-typed line, so that a command can be given at its prompt."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from codepilot.terminal.session.boundaries import Prompt
from codepilot.terminal.session.pty import Pty
from codepilot.terminal.shell.integration import Shell

UNHEARD = 1.0
"""Seconds after which the shell is told once more: bash keeps a ^C that comes in the moment before it waits for a key.
"""
_TRIES = 3


class Dropping:
    """Types the shell's `clear`, again where nothing comes of it, and last its `surely`.

    Args:
        prompt: where the line stands.
        shell: that reads it; None: a program of which nobody knows how.
        pty: that it types into.
        wanted: whether the line still stands in the way.
    """

    def __init__(self, prompt: Prompt, shell: Shell | None, pty: Pty, wanted: Callable[[], bool]) -> None:
        self._prompt = prompt
        self._shell = shell
        self._pty = pty
        self._wanted = wanted
        self._loop = asyncio.get_running_loop()
        self._next: asyncio.TimerHandle | None = None

    @property
    def in_vain(self) -> bool:
        """The shell was told, and the line still stands."""
        return self._prompt.unheard and self._wanted() and not self._pty.closed

    @property
    def gave_up(self) -> bool:
        """And it will not be told again by itself."""
        return self._next is None and self.in_vain

    def begin(self) -> None:
        """A new prompt comes of it."""
        if self._next is not None:
            self._next.cancel()
        self._type(1)

    def _type(self, number: int) -> None:
        assert self._shell is not None
        self._prompt.drop(confirmed=self._shell.confirms)
        # A ^C that is ignored never reaches the shell. Once only: where the key is not bound, it may be typed in part.
        surely = self._shell.surely if number == _TRIES else b""
        self._pty.write(surely or self._shell.clear)
        self._next = self._loop.call_later(UNHEARD, self._again, number + 1)

    def _again(self, number: int) -> None:
        self._next = None
        if self.in_vain and number <= _TRIES:
            self._type(number)
