"""A terminal that is asked for before there is a host to open it in."""

from __future__ import annotations

from collections.abc import Callable

from codepilot_tui.screens.contracts import Host

FindHost = Callable[[Callable[[bool], None]], None]
"""Starts the terminal host if there is none, and tells whether it is there."""
HOST_STARTS = 20.0
"""Seconds for which keys wait for a host that is being started; that it cannot be is mostly known before."""
NO_HOST = "No terminal can be opened. The chat says why."
DIED_AGAIN = "The terminals ended just now. Try again."
"""The host that was found is the one that died a moment ago."""


class AwaitedTerminal:
    """It is opened once there is one.

    Args:
        host: keeps what is typed until then, and says what happens.
        open_one: opens it.
    """

    def __init__(self, host: Host, open_one: Callable[[], None]) -> None:
        self._host = host
        self._open_one = open_one
        self._over: Callable[[bool], None] | None = None

    def begin(self) -> bool:
        """Wait for a host; False: it is waited for already, by whoever asked before."""
        if self._over is not None:
            return False
        self._host.tell("The terminals are still starting.", about="starting")
        self._over = self._host.hold_keys(HOST_STARTS)
        return True

    def end(self, there: bool, why: str = "") -> None:
        """The host is there, or there will be none: then what was typed for the terminal goes nowhere.

        Args:
            there: which of the two.
            why: said where there will be none.
        """
        over, self._over = self._over, None
        if over is None:
            return
        self._host.untrue("starting")
        if there:
            self._open_one()
        elif why:
            self._host.tell(why, "error")
        over(there)
