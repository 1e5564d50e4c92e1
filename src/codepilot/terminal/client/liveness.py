"""Whether a host that owes an answer still lives: stopped, frozen or stuck, it would be waited for without an end."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Final

TICK = 2.5
"""Seconds between two looks."""
FAREWELL = 5.0
"""Seconds in which a host has to answer that it is left."""
_ASK: Final = 4
"""Looks without a word after which it is asked for one."""
_GIVE_UP: Final = 10
"""Looks without a word after which it is given up."""
SILENT: Final = "it does not answer"


class Liveness:
    """Looks now and then whether a host says anything, while something is asked of it.

    Looks are counted, not seconds: where both were stopped together, as with a machine that sleeps, one look is late.

    Args:
        waits: whether an answer is owed.
        ask: asks the host for a word.
        give_up: called when none came.
    """

    def __init__(
        self, waits: Callable[[], bool], ask: Callable[[], None], give_up: Callable[[], None]
    ) -> None:
        self._waits = waits
        self._ask = ask
        self._give_up = give_up
        self._quiet = 0
        self._next: asyncio.TimerHandle | None = None

    def watch(self) -> None:
        """Something is asked now."""
        if self._next is None:
            self._quiet = 0
            self._next = asyncio.get_running_loop().call_later(TICK, self._look)

    def heard(self) -> None:
        """The host said something."""
        self._quiet = 0

    def _look(self) -> None:
        self._next = None
        if not self._waits():
            return
        self._quiet += 1
        if self._quiet >= _GIVE_UP:
            self._give_up()
            return
        if self._quiet == _ASK:
            self._ask()
        self._next = asyncio.get_running_loop().call_later(TICK, self._look)
