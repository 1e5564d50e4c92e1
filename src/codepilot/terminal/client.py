"""A client of the terminal host: starts it or joins it, and speaks for one event loop."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

from codepilot.errors import TerminalError
from codepilot.terminal.connection import Connection
from codepilot.terminal.environment import host_environment, shell_environment
from codepilot.terminal.place import make_place
from codepilot.terminal.protocol import (
    VERSION,
    CommandResult,
    Owner,
    TerminalEvent,
    TerminalInfo,
    pack_bytes,
    unpack_row,
    unpack_update,
)
from codepilot.terminal.screen import Row, ScreenUpdate

LIMIT = 10_000
"""Characters that a result holds unless told otherwise."""
_START_PATIENCE = 20.0
_STOPPABLE = frozenset({"execute", "run"})
"""Cancelling one of these interrupts the command that it started."""
_HINT = "Call it again: a new terminal host is started. Earlier shells and what ran in them are gone."

ScreenCallback = Callable[[ScreenUpdate], None]
EventCallback = Callable[[TerminalEvent], None]


_List = list
"""`list` is a method's name inside of the class."""


class TerminalClient:
    """One connection. Made by `launch` or `connect`; many may be joined to one host, each on its own loop."""

    def __init__(self, connection: Connection) -> None:
        self.socket_path = Path()
        self.host_pid = 0
        self._connection = connection
        self._loop = asyncio.get_running_loop()
        self._answers: dict[int, asyncio.Future[Any]] = {}
        self._sent = 0
        self._greeting: asyncio.Future[dict[str, Any]] = self._loop.create_future()
        self._screens: dict[str, list[ScreenCallback]] = {}
        self._events: list[EventCallback] = []
        self._lost = ""
        self._closing = False
        self._process: _HostProcess | None = None
        connection.on_message = self._take
        connection.on_closed = self._gone

    # -- making --

    @classmethod
    async def launch(
        cls,
        *,
        work_dir: Path,
        environment: Mapping[str, str] | None = None,
        directory: Path | None = None,
        on_exit: Literal["end", "detach"] = "end",
        prefix: Sequence[str] = (),
    ) -> TerminalClient:
        """Start a host and join it.

        Args:
            work_dir: where terminals start unless told otherwise.
            environment: of the shells, before secrets are taken out; None: of this process.
            directory: an empty private folder for socket and files; None: a new one. The host removes it.
            on_exit: what the host does when its last client is gone: end with all terminals, or stay.
            prefix: stands before each terminal's command line (a jail's launcher).

        Raises:
            TerminalError: the host does not start.
        """
        process = _HostProcess(
            work_dir, os.environ if environment is None else environment, directory, on_exit, prefix
        )
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
            raise TerminalError(
                f"the terminal host did not start: {log.strip()[-1000:] or error}", hint=error.hint
            ) from error
        except BaseException:
            process.kill()
            await connection.close()
            raise
        return client

    @classmethod
    async def connect(cls, socket_path: Path) -> TerminalClient:
        """Join a host that runs.

        Raises:
            TerminalError: there is none at that path.
        """
        loop = asyncio.get_running_loop()
        try:
            _, connection = await loop.create_unix_connection(Connection, path=str(socket_path))
        except OSError as error:
            raise TerminalError(f"no terminal host answers at {socket_path}: {error}") from error
        client = cls(connection)
        try:
            await client._greet()
        except BaseException:
            await connection.close()
            raise
        return client

    async def _greet(self) -> None:
        self._connection.send({"hello": VERSION})
        try:
            async with asyncio.timeout(_START_PATIENCE):
                answer = await self._greeting
        except TimeoutError:
            self._connection.cut("no greeting")
            raise TerminalError("the terminal host does not answer") from None
        if "error" in answer:
            raise TerminalError(str(answer["error"]))
        self.socket_path = Path(answer["socket"])
        self.host_pid = int(answer["pid"])

    # -- state --

    @property
    def lost(self) -> str:
        """Why the host is gone; empty while it is there."""
        return self._lost

    @property
    def alive(self) -> bool:
        """Requests can be made."""
        return not self._lost and not self._closing

    def on_event(self, callback: EventCallback) -> Callable[[], None]:
        """Have each `TerminalEvent` told, on this client's loop; gives what ends that."""
        self._events.append(callback)

        def end() -> None:
            with contextlib.suppress(ValueError):
                self._events.remove(callback)

        return end

    # -- terminals --

    async def open(
        self,
        name: str,
        *,
        cwd: Path | str | None = None,
        columns: int = 120,
        lines: int = 40,
        argv: Sequence[str] | None = None,
        limit: int = LIMIT,
    ) -> TerminalInfo:
        """Make a terminal: a bash with integration, or `argv`. A command given at once waits for the prompt."""
        return TerminalInfo(
            **await self._ask(
                "open",
                name=name,
                cwd=str(cwd or ""),
                columns=columns,
                lines=lines,
                limit=limit,
                argv=list(argv) if argv else None,
            )
        )

    async def list(self) -> list[TerminalInfo]:
        """All terminals, in the order they were made."""
        return [TerminalInfo(**info) for info in await self._ask("list")]

    async def terminate(self, name: str) -> TerminalInfo:
        """End a terminal and what runs in it: hang up, TERM, KILL. A daemon that left it ends with the host."""
        return TerminalInfo(**await self._ask("terminate", name=name))

    async def execute(self, name: str, command: str, *, timeout: float) -> CommandResult:
        """Run a shell command; never types into a running program. Cancelling this interrupts the command."""
        return CommandResult(**await self._ask("execute", name=name, command=command, timeout=timeout))

    async def read(self, name: str, *, timeout: float) -> CommandResult:
        """Output that no result has shown; waits for the end of a running command, or until it waits for input."""
        return CommandResult(**await self._ask("read", name=name, timeout=timeout))

    async def send(self, name: str, text: str, *, timeout: float) -> CommandResult:
        """Give text to the program, then its output: until it ends, waits again, or the time is up."""
        data = pack_bytes(text.encode("utf-8", "replace"))
        return CommandResult(**await self._ask("send", name=name, data=data, timeout=timeout))

    async def send_key(self, name: str, key: str, *, timeout: float) -> CommandResult:
        """As `send`, for a named key (`up`, `ctrl+c`, `enter`)."""
        return CommandResult(**await self._ask("send", name=name, data="", key=key, timeout=timeout))

    async def run(
        self,
        command: str | Sequence[str],
        *,
        cwd: Path | str | None = None,
        timeout: float,
        background: bool = False,
        columns: int = 120,
        lines: int = 40,
        limit: int = LIMIT,
    ) -> tuple[str, CommandResult]:
        """Start a process in a terminal tab of its own; gives the tab's name and what came within the time.

        Cancelling this interrupts the process.
        """
        text = command if isinstance(command, str) else " ".join(command)
        answer = await self._ask(
            "run",
            command=text,
            argv=None if isinstance(command, str) else [*command],
            cwd=str(cwd or ""),
            timeout=timeout,
            background=background,
            columns=columns,
            lines=lines,
            limit=limit,
        )
        return answer["name"], CommandResult(**answer["result"])

    # -- keyboard --

    async def write(self, name: str, data: bytes) -> None:
        """Raw input. Never blocks the host, whether the program reads or not."""
        await self._ask("write", name=name, data=pack_bytes(data))

    async def key(self, name: str, key: str, text: str = "") -> None:
        """A key, encoded for the modes now in force."""
        await self._ask("input", name=name, kind="key", arguments=[key, text])

    async def paste(self, name: str, text: str) -> None:
        """Pasted text, bracketed where the program asked for it."""
        await self._ask("input", name=name, kind="paste", arguments=[text])

    async def mouse(
        self, name: str, action: str, button: int, x: int, y: int, modifiers: Sequence[str] = ()
    ) -> None:
        """A mouse event, if the program asked for such."""
        await self._ask("input", name=name, kind="mouse", arguments=[action, button, x, y, [*modifiers]])

    async def interrupt(self, name: str) -> None:
        """^C; a command that goes on gets TERM after 2 s and KILL after 5 s. Returns when ^C is sent."""
        await self._ask("interrupt", name=name)

    async def set_owner(self, name: str, owner: Owner) -> None:
        """Say who holds the keyboard. While a person does, `execute` waits."""
        await self._ask("owner", name=name, owner=owner)

    # -- screen --

    async def resize(self, name: str, columns: int, lines: int) -> None:
        """Change the window."""
        await self._ask("resize", name=name, columns=columns, lines=lines)

    async def watch(self, name: str, callback: ScreenCallback) -> None:
        """Have the screen told: all of it first, then the rows that changed, at most 60 times a second."""
        self._screens.setdefault(name, []).append(callback)
        try:
            await self._ask("watch", name=name)
        except BaseException:
            self._drop_callback(name, callback)
            raise

    async def unwatch(self, name: str, callback: ScreenCallback | None = None) -> None:
        """End that, for one callback or for all."""
        if callback is None:
            self._screens.pop(name, None)
        else:
            self._drop_callback(name, callback)
        if name not in self._screens and self.alive:
            await self._ask("unwatch", name=name)

    async def history(self, name: str, start: int, count: int) -> _List[Row]:
        """Rows above the screen; 0 is the oldest."""
        return [unpack_row(row) for row in await self._ask("history", name=name, start=start, count=count)]

    async def text(self, name: str, *, history: bool = False) -> str:
        """The screen as plain text."""
        return str(await self._ask("text", name=name, history=history))

    async def set_default_colours(
        self, foreground: tuple[int, int, int], background: tuple[int, int, int]
    ) -> None:
        """What programs are told when they ask for the terminal's colours."""
        await self._ask("colours", foreground=foreground, background=background)

    # -- the end --

    async def close(self) -> None:
        """Leave. The last client to leave ends the host (unless it is to stay), and then this waits for its end."""
        if self._closing:
            return
        others = 1
        if not self._lost:
            with contextlib.suppress(TerminalError):
                others = await self._ask("goodbye")
        self._closing = True
        await self._connection.close()
        if self._process is not None and (self._lost or (others == 0 and self._process.ends)):
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

    async def _ask(self, op: str, **arguments: Any) -> Any:
        if self._lost or self._closing:
            raise TerminalError(self._lost or "this connection to the terminal host is closed", hint=_HINT)
        self._sent += 1
        number = self._sent
        answer: asyncio.Future[Any] = self._loop.create_future()
        self._answers[number] = answer
        try:
            self._connection.send({"id": number, "op": op, **arguments})
            return await answer
        except asyncio.CancelledError:
            if op in _STOPPABLE and self.alive:
                self._sent += 1
                self._connection.send({"id": self._sent, "op": "abandon", "request": number})
            raise
        finally:
            self._answers.pop(number, None)

    def _take(self, message: dict[str, Any]) -> None:
        if not self._greeting.done():
            self._greeting.set_result(message)
            return
        push = message.get("push")
        if push == "screen":
            update = unpack_update(message["update"])
            for callback in tuple(self._screens.get(message["name"], ())):
                callback(update)
        elif push == "event":
            self._tell(TerminalEvent(**message["event"]))
        else:
            answer = self._answers.get(message.get("id", 0))
            if answer is None or answer.done():
                return
            if "error" in message:
                answer.set_exception(TerminalError(message["error"], hint=message.get("hint", "")))
            else:
                answer.set_result(message.get("result"))

    def _gone(self, why: str) -> None:
        if not self._greeting.done():
            self._greeting.set_exception(TerminalError("the terminal host ended at its start"))
        if self._closing:
            reason = "this connection to the terminal host was closed"
        else:
            reason = self._lost = "the terminal host is gone" + (f" ({why})" if why else "")
        for answer in self._answers.values():
            if not answer.done():
                answer.set_exception(TerminalError(reason, hint=_HINT))
        if self._lost:
            self._tell(TerminalEvent(kind="lost", detail=reason))

    def _tell(self, event: TerminalEvent) -> None:
        for callback in tuple(self._events):
            callback(event)

    def _drop_callback(self, name: str, callback: ScreenCallback) -> None:
        callbacks = self._screens.get(name, [])
        if callback in callbacks:
            callbacks.remove(callback)
        if not callbacks:
            self._screens.pop(name, None)


class _HostProcess:
    """The host as a child of this process. A thread of its own collects it, so no other child's end is touched."""

    def __init__(
        self,
        work_dir: Path,
        environment: Mapping[str, str],
        directory: Path | None,
        on_exit: Literal["end", "detach"],
        prefix: Sequence[str],
    ) -> None:
        self.ends = on_exit == "end"
        self.directory = make_place(directory)
        self.socket, theirs = socket.socketpair()
        settings = {
            "directory": str(self.directory),
            "descriptor": theirs.fileno(),
            "work_dir": str(work_dir.resolve()),
            "environment": shell_environment(environment),
            "on_exit": on_exit,
            "prefix": list(prefix),
        }
        self._log = tempfile.TemporaryFile()  # noqa: SIM115 - closed when the host has ended
        root = str(Path(__file__).resolve().parents[2])
        try:
            with theirs:
                # -P: nothing in the folder at hand is taken for a module.
                self._process = subprocess.Popen(
                    [sys.executable, "-P", "-m", "codepilot.terminal.host"],
                    stdin=subprocess.PIPE,
                    stdout=subprocess.DEVNULL,
                    stderr=self._log,
                    cwd="/",
                    env=host_environment(os.environ, root),
                    pass_fds=(theirs.fileno(),),
                    start_new_session=True,
                )
            assert self._process.stdin is not None
            with contextlib.suppress(BrokenPipeError), self._process.stdin as stdin:
                stdin.write(json.dumps(settings).encode() + b"\n")
        except BaseException:
            self.socket.close()
            self._log.close()
            shutil.rmtree(self.directory, ignore_errors=True)
            raise
        self.socket.setblocking(False)
        self._said = ""
        self._ended = threading.Event()
        self._listeners: list[Callable[[], None]] = []
        self._lock = threading.Lock()
        threading.Thread(target=self._collect, name="codepilot-terminal-host", daemon=True).start()

    def _collect(self) -> None:
        self._process.wait()
        # A host that was killed leaves its folder behind.
        shutil.rmtree(self.directory, ignore_errors=True)
        self._log.seek(0)
        self._said = self._log.read(65536).decode("utf-8", "replace")
        self._log.close()
        with self._lock:
            self._ended.set()
            listeners, self._listeners = self._listeners, []
        for listener in listeners:
            listener()

    def kill(self) -> str:
        """End it at once; what it said before."""
        with self._lock:
            if self._ended.is_set():
                return self._said
            self._process.kill()
        self._ended.wait(5)
        return self._said

    async def wait(self, patience: float = 10.0) -> None:
        """Until it has ended; a host that does not is killed."""
        loop = asyncio.get_running_loop()
        ended = loop.create_future()

        def settle() -> None:
            if not ended.done():
                ended.set_result(None)

        def listener() -> None:
            with contextlib.suppress(RuntimeError):  # the loop may be closed by then
                loop.call_soon_threadsafe(settle)

        with self._lock:
            if self._ended.is_set():
                return
            self._listeners.append(listener)
        try:
            async with asyncio.timeout(patience):
                await asyncio.shield(ended)
        except TimeoutError:
            self._process.kill()
            await ended
