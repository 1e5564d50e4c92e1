"""The one client that the tools of a runtime share: started at first need, and again when the host was lost."""

from __future__ import annotations

import asyncio
import contextlib
import os
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from codepilot.caught import in_thread
from codepilot.errors import TerminalError
from codepilot.terminal.client.launch import HostOptions
from codepilot.terminal.client.lost import LOST_SHELLS
from codepilot.terminal.host.registry import find_hosts
from codepilot.terminal.protocol import CallState, CommandResult, OnLeave, TerminalEvent, TerminalInfo

if TYPE_CHECKING:
    from codepilot.terminal.client.client import TerminalClient

_LOST = f"a new one was started. {LOST_SHELLS}"
_PATIENCE = 2.0
"""Seconds in which a host from earlier has to answer."""


class TerminalService:
    """Starts nothing until it is asked. The client comes along when it is asked for in another event loop.

    Args:
        options: of the hosts; a folder that they name is the first host's.
        adopt: go on with a host of this work folder that an earlier program left.
        on_event: told every `TerminalEvent`, of each host in turn.
        on_adopted: told the terminals of a host that was left by an earlier program.
    """

    def __init__(
        self,
        options: HostOptions,
        *,
        adopt: bool = False,
        on_event: Callable[[TerminalEvent], None] | None = None,
        on_adopted: Callable[[list[TerminalInfo]], None] | None = None,
    ) -> None:
        self._options = options
        self._adopt = adopt
        self._on_event = on_event
        self._on_adopted = on_adopted
        self._client: TerminalClient | None = None
        self._home: asyncio.AbstractEventLoop | None = None
        self._lock = asyncio.Lock()
        self._notice = ""
        self._closed = False
        self._goes_on = False
        self.keep_output: Callable[[str], str] = lambda path: path
        """Copies a file of output to where it outlives the terminals; gives the new path. Called on a thread."""
        self._nonce = os.urandom(6).hex()
        """Tells our calls from those of other programs that a host has seen."""

    @property
    def work_dir(self) -> Path:
        """Where terminals start."""
        return self._options.work_dir

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
                raise TerminalError("The terminals of this runtime are closed.")
            if self._client is not None and self._client.alive:
                return self._client
            if self._client is not None:
                self._notice = f"Note: {self._client.lost or 'the terminal host was left'}; {_LOST}"
                await self._client.close()
                self._options = replace(self._options, directory=None)
            client = await self._adopted() if self._adopt or self._goes_on else None
            self._adopt = self._goes_on = False
            self._client = client or await _clients().launch(self._options)
            if self._on_event is not None:
                self._client.on_event(self._on_event)
            return self._client

    async def belong_to(self, session: str) -> None:
        """The terminals are those of another session from now on."""
        self._options, self._goes_on = replace(self._options, session=session), False
        client = await self.current_here()
        if client is not None:
            await self._keep(client)

    def begin_with(self, session: str, *, goes_on: bool) -> None:
        """Say which session the terminals belong to, before there are any.

        Args:
            session: its id.
            goes_on: it was there before: terminals that other sessions of the folder left are not for it.
        """
        self._options, self._goes_on = replace(self._options, session=session), goes_on

    def name_of(self, call_id: str) -> str:
        """The name under which a host keeps what comes of a call."""
        return f"{self._nonce}-{call_id}"

    def noted(self, call_id: str) -> None:
        """What came of a call is recorded: the host need not keep it."""
        if self._client is not None:
            self._client.calls.noted(self.name_of(call_id))

    def reference(self, client: TerminalClient) -> str:
        """Says in which host, and by whom, calls are made: for `came_of` of a later program."""
        return f"{client.socket_path.parent.name}:{client.host_pid}:{self._nonce}"

    async def came_of(self, reference: str, call_id: str) -> tuple[CallState, str, CommandResult | None]:
        """What became of a call of an earlier program, if the host of that time still lives.

        Args:
            reference: what `reference()` gave then.
            call_id: of the call.

        Returns:
            How it stands, in which terminal, and its result.
        """
        host, _, rest = reference.partition(":")
        pid, _, nonce = rest.partition(":")
        about = next((each for each in find_hosts() if (each.id, str(each.pid)) == (host, pid)), None)
        if about is None:
            return "unknown", "", None
        try:
            client = await _clients().connect(
                Path(about.socket), keep=False, read_only=True, patience=_PATIENCE
            )
        except TerminalError:
            return "unknown", "", None  # it ended just now, or is of another version
        try:
            return await client.came_of(f"{nonce}-{call_id}")
        except TerminalError:
            return "unknown", "", None
        finally:
            await client.close()

    async def lasting(self, result: CommandResult) -> CommandResult:
        """A result whose file of the whole output, if it has one, outlives the terminals."""
        if not result.spool or result.status in ("running", "waiting"):
            return result
        return replace(result, spool=await in_thread(lambda: self.keep_output(result.spool)))

    def take_notice(self) -> str:
        """What the next result has to say about a lost host; empty if nothing."""
        notice, self._notice = self._notice, ""
        return notice

    def stays(self, then: OnLeave) -> bool:
        """Whether the host is to outlive this program, if it leaves with these words."""
        return (then or self._options.on_exit) == "detach"

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
        folder, session = str(self.work_dir.resolve()), self._options.session
        found = [each for each in reversed(find_hosts()) if each.work_dir == folder]
        own = [each for each in found if session and each.session == session]
        # A session that goes on has its own back, also where no others were asked for, and takes none of another's.
        free = [each for each in found if not each.session and self._adopt]
        others = [each for each in found if each.session and self._adopt and not (session and self._goes_on)]
        for about in dict.fromkeys([*own, *free, *others]):
            try:
                client = await _clients().connect(Path(about.socket), keep=False, patience=_PATIENCE)
            except TerminalError:
                continue  # it ended just now, or is of another version
            try:
                await self._keep(client)
                terminals = await client.list()
            except TerminalError:
                await client.close()  # another program has it
                continue
            self._notice = _found(terminals)
            if self._on_adopted is not None:
                self._on_adopted(terminals)
            return client
        return None

    async def _keep(self, client: TerminalClient) -> None:
        options = self._options
        await client.adopt(
            on_exit=options.on_exit,
            idle_minutes=options.idle_minutes,
            agent=options.agent,
            session=options.session,
        )


def _found(terminals: Sequence[TerminalInfo]) -> str:
    """For the model."""
    said = ", ".join(
        f"{each.name} ({each.state}{f': {each.command}' if each.command else ''}, in {each.cwd})"
        for each in terminals
    )
    return f"Note: found the terminals of an earlier session, still running: {said or 'none'}."


def _clients() -> type[TerminalClient]:
    """The class of clients, loaded when the first terminal is needed."""
    from codepilot.terminal.client.client import TerminalClient

    return TerminalClient
