"""The one client that the tools of a runtime share: started at first need, and again when the host was lost."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from codepilot.errors import TerminalError
from codepilot.messages import OnExit
from codepilot.terminal.client.client import TerminalClient
from codepilot.terminal.client.launch import IDLE_MINUTES
from codepilot.terminal.host.registry import find_hosts
from codepilot.terminal.protocol import OnLeave, TerminalEvent, TerminalInfo

_LOST = "a new one was started. Earlier shells and what ran in them are gone."
_PATIENCE = 2.0
"""Seconds in which a host from earlier has to answer."""


class TerminalService:
    """Starts nothing until it is asked. The client comes along when it is asked for in another event loop.

    Args:
        work_dir: where terminals start.
        environment: of the shells, before secrets are taken out; None: of this process.
        directory: private folder of the first host; None: a new one.
        on_exit: what the host does when its last client is gone.
        idle_minutes: how long a host that stays does so with nothing running in it.
        agent: the agent's name, for lists.
        adopt: go on with a host of this work folder that an earlier program left.
        prefix: stands before each terminal's command line.
        on_event: told every `TerminalEvent`, of each host in turn.
        on_adopted: told the terminals of a host that was left by an earlier program.
    """

    def __init__(
        self,
        *,
        work_dir: Path,
        environment: Mapping[str, str] | None = None,
        directory: Path | None = None,
        on_exit: OnExit = "end",
        idle_minutes: float = IDLE_MINUTES,
        agent: str = "",
        adopt: bool = False,
        prefix: Sequence[str] = (),
        on_event: Callable[[TerminalEvent], None] | None = None,
        on_adopted: Callable[[list[TerminalInfo]], None] | None = None,
    ) -> None:
        self.work_dir = work_dir
        self._environment = environment
        self._directory = directory
        self._on_exit: OnExit = on_exit
        self._idle_minutes = idle_minutes
        self._agent = agent
        self._adopt = adopt
        self._prefix = prefix
        self._on_event = on_event
        self._on_adopted = on_adopted
        self._client: TerminalClient | None = None
        self._home: asyncio.AbstractEventLoop | None = None
        self._lock = asyncio.Lock()
        self._notice = ""
        self._closed = False

    @property
    def current(self) -> TerminalClient | None:
        """The client, if there is a live one."""
        return self._client if self._client is not None and self._client.alive else None

    async def current_here(self) -> TerminalClient | None:
        """The client, if there is a live one, on the running loop."""
        await self._come_along()
        return self.current

    async def client(self) -> TerminalClient:
        """A live client on the running loop; a host is started if there is none.

        Raises:
            TerminalError: the host does not start, or this service is closed.
        """
        await self._come_along()
        async with self._lock:
            if self._closed:
                raise TerminalError("the terminals of this runtime are closed")
            if self._client is not None and self._client.alive:
                return self._client
            if self._client is not None:
                self._notice = f"Note: {self._client.lost or 'the terminal host was left'}; {_LOST}"
                await self._client.close()
                self._directory = None
            client = await self._adopted() if self._adopt else None
            self._adopt = False
            self._client = client or await TerminalClient.launch(
                work_dir=self.work_dir,
                environment=self._environment,
                directory=self._directory,
                on_exit=self._on_exit,
                idle_minutes=self._idle_minutes,
                agent=self._agent,
                prefix=self._prefix,
            )
            if self._on_event is not None:
                self._client.on_event(self._on_event)
            return self._client

    def take_notice(self) -> str:
        """What the next result has to say about a lost host; empty if nothing."""
        notice, self._notice = self._notice, ""
        return notice

    def stays(self, then: OnLeave) -> bool:
        """Whether the host is to outlive this program, if it leaves with these words."""
        return (then or self._on_exit) == "detach"

    def let_run(self) -> None:
        """From now on a command is not interrupted when the call that gave it is cancelled: it is to outlive us."""
        if self._client is not None:
            self._client.interrupts = False

    async def close(self, then: OnLeave = "") -> None:
        """Leave the host, which ends unless it is to stay.

        Args:
            then: what becomes of it; empty: as `on_exit` has it.
        """
        with contextlib.suppress(TerminalError):
            await self._come_along()
        async with self._lock:
            self._closed = True
            if self._client is not None:
                await self._client.close(then)

    async def _come_along(self) -> None:
        loop = asyncio.get_running_loop()
        if self._home is loop:
            return
        self._home, self._lock = loop, asyncio.Lock()
        left, self._client = self._client, None
        if left is None:
            return
        try:
            self._client = await left.move()
        except TerminalError:
            left.abandon()
            self._notice = f"Note: the terminal host is gone; {_LOST}"

    async def _adopted(self) -> TerminalClient | None:
        """A host of this work folder that no program keeps; None if there is none that can be had."""
        folder = str(self.work_dir.resolve())
        for about in reversed(find_hosts()):
            if about.work_dir != folder:
                continue
            try:
                client = await TerminalClient.connect(Path(about.socket), keep=False, patience=_PATIENCE)
            except TerminalError:
                continue  # it ended just now, or is of another version
            try:
                await client.adopt(on_exit=self._on_exit, idle_minutes=self._idle_minutes, agent=self._agent)
                terminals = await client.list()
            except TerminalError:
                await client.close()  # another program has it
                continue
            self._notice = _found(terminals)
            if self._on_adopted is not None:
                self._on_adopted(terminals)
            return client
        return None


def _found(terminals: Sequence[TerminalInfo]) -> str:
    """For the model."""
    said = ", ".join(
        f"{each.name} ({each.state}{f': {each.command}' if each.command else ''}, in {each.cwd})"
        for each in terminals
    )
    return f"Note: the terminals of an earlier session were found and go on: {said or 'none'}."
