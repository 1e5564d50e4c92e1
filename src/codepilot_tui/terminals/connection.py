"""The connection to the terminal host, and the requests that are under way on it."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Coroutine, Sequence
from pathlib import Path
from typing import Any

from codepilot.errors import TerminalError
from codepilot.terminal.client import TerminalClient
from codepilot.terminal.screen import Row

log = logging.getLogger(__name__)
NO_ANSWER = "The terminal host does not answer. The log has the details."


class Connection:
    """One viewer of a terminal host.

    Args:
        tell: says what a request failed of.
    """

    def __init__(self, tell: Callable[[str], None]) -> None:
        self._tell = tell
        self._client: TerminalClient | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    @property
    def alive(self) -> bool:
        """Whether the host is there."""
        return self._client is not None and self._client.alive

    async def join(self, socket: Path) -> TerminalClient | None:
        """Leave the host of before and join the one of this socket; None if it is not there, which is told."""
        await self.close()
        try:
            self._client = await TerminalClient.connect(socket, keep=False)
        except TerminalError as error:
            log.warning("the terminal host cannot be joined: %s", error)
            self._tell(NO_ANSWER)
        return self._client

    def broke(self, client: TerminalClient, error: TerminalError) -> None:
        """Tell what a host failed of while it was joined; nothing where it was left meanwhile, as at the end."""
        if client is self._client:
            self._tell(str(error))

    async def close(self) -> None:
        """Leave the host."""
        client, self._client = self._client, None
        if client is not None:
            await client.close()

    def do(self, work: Callable[[TerminalClient], Coroutine[Any, Any, Any]]) -> None:
        """Have something done by the host; what goes wrong is told. Without a host, nothing is done."""
        self._start(work, self._tell)

    def follow(self, work: Callable[[TerminalClient], Coroutine[Any, Any, Any]]) -> None:
        """Have the host follow a window: the person asked for nothing, so a failure is only logged.

        The terminal may have been closed meanwhile; its end is told by an event, the host's by `broke`.
        """
        self._start(work, lambda error: log.info("the host does not follow a window: %s", error))

    def _start(
        self, work: Callable[[TerminalClient], Coroutine[Any, Any, Any]], failed: Callable[[str], None]
    ) -> None:
        client = self._client
        if client is None or not client.alive:
            if client is not None and client.lost:
                failed("This terminal is gone; the next command starts a new one.")
            return

        async def guarded() -> None:
            try:
                await work(client)
            except TerminalError as error:
                failed(str(error))

        task = asyncio.create_task(guarded())
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def history(self, name: str, start: int, count: int) -> Sequence[Row]:
        """Rows of a terminal's history; none if the host does not give them."""
        client = self._client
        if client is None or not client.alive:
            return ()
        try:
            return await client.history(name, start, count)
        except TerminalError as error:
            self._tell(str(error))
            return ()
