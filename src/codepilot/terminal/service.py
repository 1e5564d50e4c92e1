"""The one client that the tools of a runtime share: started at first need, and again when the host was lost."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Literal

from codepilot.errors import TerminalError
from codepilot.terminal.client import TerminalClient
from codepilot.terminal.protocol import TerminalEvent


class TerminalService:
    """Starts nothing until it is asked.

    Args:
        work_dir: where terminals start.
        environment: of the shells, before secrets are taken out; None: of this process.
        directory: private folder of the first host; None: a new one.
        on_exit: what the host does when its last client is gone.
        prefix: stands before each terminal's command line.
        on_event: told every `TerminalEvent`, of each host in turn.
    """

    def __init__(
        self,
        *,
        work_dir: Path,
        environment: Mapping[str, str] | None = None,
        directory: Path | None = None,
        on_exit: Literal["end", "detach"] = "end",
        prefix: Sequence[str] = (),
        on_event: Callable[[TerminalEvent], None] | None = None,
    ) -> None:
        self.work_dir = work_dir
        self._environment = environment
        self._directory = directory
        self._on_exit = on_exit
        self._prefix = prefix
        self._on_event = on_event
        self._client: TerminalClient | None = None
        self._lock = asyncio.Lock()
        self._notice = ""
        self._closed = False

    @property
    def current(self) -> TerminalClient | None:
        """The client, if there is a live one."""
        return self._client if self._client is not None and self._client.alive else None

    async def client(self) -> TerminalClient:
        """A live client; a host is started if there is none.

        Raises:
            TerminalError: the host does not start, or this service is closed.
        """
        async with self._lock:
            if self._closed:
                raise TerminalError("the terminals of this runtime are closed")
            if self._client is not None and self._client.alive:
                return self._client
            if self._client is not None:
                self._notice = (
                    f"Note: {self._client.lost or 'the terminal host was left'}; a new one was started. "
                    "Earlier shells and what ran in them are gone."
                )
                await self._client.close()
                self._directory = None
            self._client = await TerminalClient.launch(
                work_dir=self.work_dir,
                environment=self._environment,
                directory=self._directory,
                on_exit=self._on_exit,
                prefix=self._prefix,
            )
            if self._on_event is not None:
                self._client.on_event(self._on_event)
            return self._client

    def take_notice(self) -> str:
        """What the next result has to say about a lost host; empty if nothing."""
        notice, self._notice = self._notice, ""
        return notice

    async def close(self) -> None:
        """Leave the host, which ends unless it is to stay."""
        async with self._lock:
            self._closed = True
            if self._client is not None:
                await self._client.close()
