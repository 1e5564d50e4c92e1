"""The connection of a client to a host: starting one or joining one, asking it, and being told of things."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable
from pathlib import Path
from typing import Any, Self, cast

from codepilot.errors import TerminalError, with_stop
from codepilot.terminal.client import liveness
from codepilot.terminal.client.answers import Answers, CallNames
from codepilot.terminal.client.launch import HostOptions, HostProcess
from codepilot.terminal.client.listeners import EventCallback, Listeners, hand
from codepilot.terminal.client.liveness import SILENT, Liveness
from codepilot.terminal.client.lost import unanswered
from codepilot.terminal.connection import Connection
from codepilot.terminal.host.registry import check_socket
from codepilot.terminal.messages import Request, Welcome, unpack_bytes, unpack_update
from codepilot.terminal.protocol import VERSION, OnLeave, TerminalEvent, from_wire
from codepilot.terminal.screen import ScreenUpdate

_PATIENCE = 20.0
"""Seconds until a greeting has to be there: the host may be starting, on a busy machine."""
_STOPPABLE = frozenset({"execute", "run"})
"""Cancelling one of these interrupts the command that it started."""

ScreenCallback = Callable[[ScreenUpdate], None]
Stopped = Callable[[Any], None]
"""Given the last word of a request that was cancelled; None: none came."""
OutputCallback = Callable[[bytes, int], None]
"""New output, and how many bytes before it were left out because we did not keep up."""


class HostLink:
    """One connection. Made by `launch` or `connect`; many may be joined to one host, each on its own loop.

    It carries requests and answers, and what the host tells unasked; `TerminalClient` says what can be asked.
    """

    def __init__(self, connection: Connection) -> None:
        self.socket_path = Path()
        self.host_pid = 0
        self._connection = connection
        self._loop = asyncio.get_running_loop()
        self._answers = Answers()
        self._greeting: asyncio.Future[Welcome] = self._loop.create_future()
        self._screens: dict[str, list[ScreenCallback]] = {}
        self._listeners = Listeners()
        self._lost = ""
        self._closing = False
        self.interrupts = True
        """Cancelling a request that started a command interrupts the command."""
        self._process: HostProcess | None = None
        self._number = 0
        """Of this connection, as the host counts them."""
        self._keep = True
        self._read_only = False
        self._outputs: dict[str, OutputCallback] = {}
        self._bye = ""
        self.calls = CallNames()
        """Of what it begins."""
        self._liveness = Liveness(
            lambda: self.alive and bool(self._answers), self._ask_for_a_word, self._give_up
        )
        connection.on_message = self._take
        connection.on_closed = self._gone

    # -- making --

    @classmethod
    async def launch(cls, options: HostOptions) -> Self:
        """Start a host and join it.

        Raises:
            TerminalError: the host does not start.
        """
        process = HostProcess(options)
        try:
            loop = asyncio.get_running_loop()
            _, connection = await loop.create_connection(Connection, sock=process.socket)
            client = cls(connection)
        except BaseException:
            process.kill()
            raise
        client._process = process
        try:
            await client._greet()
        except TerminalError as error:
            log = process.kill()
            if not log.strip():
                raise
            raise TerminalError(
                f"The terminal host did not start: {with_stop(log.strip()[-1000:])}", hint=error.hint
            ) from error
        except BaseException:
            process.kill()
            await connection.close()
            raise
        return client

    @classmethod
    async def connect(
        cls, socket_path: Path, *, keep: bool = True, read_only: bool = False, patience: float = _PATIENCE
    ) -> Self:
        """Join a host that runs.

        Args:
            socket_path: of the host.
            keep: the host is to stay at least as long as this client. A mere viewer keeps nothing.
            read_only: have the host refuse whatever would change something.
            patience: seconds until its greeting has to be there.

        Raises:
            TerminalError: no host answers at that path, it belongs to another user, or its version differs.
        """
        return await cls._join(socket_path, patience, keep=keep, read_only=read_only)

    @classmethod
    async def _join(cls, socket_path: Path, patience: float, **hello: Any) -> Self:
        loop = asyncio.get_running_loop()
        check_socket(socket_path)
        try:
            _, connection = await loop.create_unix_connection(Connection, path=str(socket_path))
        except OSError as error:
            raise TerminalError(f"No terminal host answers at {socket_path}: {error}.") from error
        client = cls(connection)
        try:
            connection.check_peer()
            await client._greet(patience, **hello)
        except BaseException:
            await connection.close()
            raise
        return client

    async def move(self) -> Self:
        """The same host from the running loop: gives a client for it, and leaves with this one.

        What listens to events goes along; screens have to be watched anew. The loop of this client may be closed.

        Raises:
            TerminalError: the host is gone.
        """
        moved = await self._join(
            self.socket_path, _PATIENCE, keep=self._keep, read_only=self._read_only, replaces=self._number
        )
        moved._process, self._process = self._process, None
        moved._listeners, self._listeners = self._listeners, Listeners()
        self.abandon()
        return moved

    def abandon(self) -> None:
        """Disconnect without a goodbye, from any thread, even after this client's loop was closed."""
        self._closing = True
        self._connection.hang_up(self._loop)

    async def _greet(
        self, patience: float = _PATIENCE, *, keep: bool = True, read_only: bool = False, replaces: int = 0
    ) -> None:
        self._keep, self._read_only = keep, read_only
        self._connection.send({"hello": VERSION, "keep": keep, "read_only": read_only, "replaces": replaces})
        try:
            async with asyncio.timeout(patience):
                answer = await self._greeting
        except TimeoutError:
            self._connection.cut("no greeting")
            raise TerminalError("The terminal host does not answer.") from None
        if "error" in answer:
            raise TerminalError(str(answer["error"]))
        self.socket_path = Path(answer["socket"])
        self.host_pid = int(answer["pid"])
        self._number = int(answer["client"])

    # -- state --

    @property
    def lost(self) -> str:
        """Why the host is gone; empty while it is there."""
        return self._lost

    @property
    def dismissed(self) -> bool:
        """The host is gone because it ended in order, and said so."""
        return bool(self._lost and self._bye)

    @property
    def alive(self) -> bool:
        """Requests can be made."""
        return not self._lost and not self._closing

    def on_event(self, callback: EventCallback) -> Callable[[], None]:
        """Have each `TerminalEvent` told, on this client's loop; gives what ends that."""
        return self._listeners.add(callback)

    # -- the end --

    async def close(self, then: OnLeave = "") -> None:
        """Leave. The last client to leave ends the host (unless it is to stay), and then this waits for its end.

        Args:
            then: what becomes of the host if nobody else keeps it; empty: as its setting has it.
        """
        if self._closing:
            return
        ends = False
        if not self._lost:
            try:
                async with asyncio.timeout(liveness.FAREWELL):
                    ends = bool(await self._ask("goodbye", then=then))
            except TimeoutError:
                self._give_up(then)
            except TerminalError:
                pass  # gone, as it is to be
        self._closing = True
        await self._connection.close()
        if self._process is not None and (self._lost or ends):
            await self._process.wait()

    async def shutdown(self) -> None:
        """End the host and all terminals, whoever else watches; then leave."""
        if not self._lost:
            with contextlib.suppress(TerminalError):
                await self._ask("shutdown")
        self._closing = True
        await self._connection.close()
        if self._process is not None:
            await self._process.wait()

    # -- inside --

    async def _ask(self, op: str, *, stopped: Stopped | None = None, **arguments: Any) -> Any:
        if self._lost or self._closing:
            raise unanswered(self._lost, command=False)
        number, answer = self._answers.expect(command=op in _STOPPABLE)
        try:
            self._connection.send(cast("Request", {"id": number, "op": op, **arguments}))
            self._liveness.watch()
            return await answer
        except asyncio.CancelledError:
            if op in _STOPPABLE and self.alive and self.interrupts:
                self._connection.send({"id": self._answers.number(), "op": "abandon", "request": number})
                last = None
                try:
                    last = await self._answers.last_word(number, answer) if stopped is not None else None
                finally:
                    if stopped is not None:
                        stopped(last)
            elif stopped is not None:
                stopped(None)
            raise
        finally:
            self._answers.forget(number)

    def _ask_for_a_word(self) -> None:
        self._connection.send({"id": self._answers.number(), "op": "list"})

    def _give_up(self, then: OnLeave = "") -> None:
        """It does not answer: it counts as gone. Ours is killed, but for one that is to stay."""
        if self._process is not None and self._process.stays(then):
            self._process = None
        elif self._process is not None:
            self._process.end()
        self._connection.cut(SILENT)

    def _take(self, message: dict[str, Any]) -> None:
        self._liveness.heard()
        if not self._greeting.done():
            self._greeting.set_result(cast("Welcome", message))
            return
        push = message.get("push")
        if push == "screen":
            update = unpack_update(message["update"])
            for callback in tuple(self._screens.get(message["name"], ())):
                hand(callback, update)
        elif push == "event":
            self._listeners.tell(from_wire(TerminalEvent, message["event"]))
        elif push == "output":
            output = self._outputs.get(message["name"])
            if output is not None:
                hand(output, unpack_bytes(message["data"]), message["missed"])
        elif push == "bye":
            self._bye = str(message["why"])
        else:
            self._answers.take(message)

    def _gone(self, why: str) -> None:
        if not self._greeting.done():
            self._greeting.set_exception(TerminalError("The terminal host ended at its start."))
        if not self._closing:
            why = self._bye or why
            self._lost = "the terminal host is gone" + (f" ({why})" if why else "")
        self._answers.lose(self._lost)
        if self._lost:
            self._listeners.tell(TerminalEvent(kind="lost", detail=self._lost))
