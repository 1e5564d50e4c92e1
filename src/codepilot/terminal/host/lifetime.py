"""When a host ends: what becomes of it once the programs that keep it are gone."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from codepilot.messages import OnExit
from codepilot.terminal.protocol import OnLeave

_LONGEST_LOOK = 10.0


class Lifetime:
    """Decides whether the host stays, and until when.

    A client that says goodbye may say what shall become of the host. One that vanishes (killed, crashed, its connection
    cut) cannot: then `ask` is taken for `detach`, because nobody has said that the work should end. A host that stays
    does so as long as something runs in it or somebody watches; with neither it ends after `idle` seconds, and at once
    when its last shell has ended.

    Args:
        on_exit: the setting.
        idle: seconds.
        end: ends the host, with the reason.
        any_terminal: whether a terminal is left that has not ended.
        in_use: whether something runs in it, or somebody watches.
    """

    def __init__(
        self,
        on_exit: OnExit,
        idle: float,
        *,
        end: Callable[[str], None],
        any_terminal: Callable[[], bool],
        in_use: Callable[[], bool],
    ) -> None:
        self.on_exit: OnExit = on_exit
        self.idle = idle
        self._end = end
        self._any_terminal = any_terminal
        self._in_use = in_use
        self._watch: asyncio.Task[None] | None = None

    def stays(self, wish: OnLeave | None) -> bool:
        """Whether the host outlives its last client.

        Args:
            wish: what the client said at its goodbye; None: it vanished without one.
        """
        if wish is None:
            return self.on_exit != "end"
        return (wish or self.on_exit) == "detach"

    def left_alone(self, wish: OnLeave | None) -> None:
        """The last client that kept the host is gone."""
        if not self.stays(wish):
            self._end("its program is gone")
        elif self._watch is None:
            self._watch = asyncio.get_running_loop().create_task(self._wait_for_the_end())

    def kept(self) -> None:
        """A program keeps the host again."""
        if self._watch is not None:
            self._watch.cancel()
            self._watch = None

    async def _wait_for_the_end(self) -> None:
        loop = asyncio.get_running_loop()
        quiet_since = loop.time()
        while True:
            if not self._any_terminal():
                self._end("its last terminal has ended")
                return
            if self._in_use():
                quiet_since = loop.time()
            elif loop.time() - quiet_since >= self.idle:
                self._end("nothing ran in it and nobody was there")
                return
            # Children of a shell come and go without a word, so they have to be looked for.
            await asyncio.sleep(min(_LONGEST_LOOK, max(0.05, self.idle / 8)))
