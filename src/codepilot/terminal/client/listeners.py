"""Who is told what a host tells unasked."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable

from codepilot.terminal.protocol import TerminalEvent

EventCallback = Callable[[TerminalEvent], None]


class Listeners:
    """Those of the events of one host."""

    def __init__(self) -> None:
        self._callbacks: list[EventCallback] = []

    def add(self, callback: EventCallback) -> Callable[[], None]:
        """Have each event told; gives what ends that."""
        self._callbacks.append(callback)

        def end() -> None:
            with contextlib.suppress(ValueError):
                self._callbacks.remove(callback)

        return end

    def tell(self, event: TerminalEvent) -> None:
        """Tell all of them."""
        for callback in tuple(self._callbacks):
            hand(callback, event)


def hand(callback: Callable[..., None], *told: object) -> None:
    """Tell a listener. Its failure goes to the loop's handler: asyncio would close the connection for it."""
    try:
        callback(*told)
    except Exception as error:  # noqa: BLE001 - whatever a listener does wrong, the connection stays
        asyncio.get_running_loop().call_exception_handler(
            {"message": "A listener to the terminal host failed.", "exception": error}
        )
