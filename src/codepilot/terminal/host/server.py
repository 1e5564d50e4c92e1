"""The process of a host, and its socket: clients come, say hello, ask, and are answered.

It is started by `client.launch`, with its settings as one line of JSON on stdin.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import shutil
import signal
import socket
import sys
import traceback
from pathlib import Path
from typing import Any, cast

from codepilot.errors import TerminalError, with_stop
from codepilot.terminal.connection import Connection
from codepilot.terminal.engines import new_engine
from codepilot.terminal.host.host import Host
from codepilot.terminal.host.registry import SOCKET, check_folder, no_room
from codepilot.terminal.host.requests import Requests
from codepilot.terminal.host.viewers import Viewer
from codepilot.terminal.messages import Answer, Hello, Request
from codepilot.terminal.protocol import VERSION

HANDSHAKE = 10.0
"""Seconds in which a client has to say hello."""
_PARTING = 1.0
"""Seconds in which clients may read what the host still had to say."""


class Server:
    """Everything happens on the loop of one thread; a process of its own reads ahead of a flood (`read_ahead`).

    Args:
        host: whose clients these are.
    """

    def __init__(self, host: Host) -> None:
        self._host = host
        self._requests = Requests(host)
        self._count = 0
        self._loop = asyncio.get_running_loop()
        self._socket: asyncio.Server

    async def open(self, first: socket.socket) -> None:
        """Begin to listen.

        Args:
            first: one end of a socket pair, whose other end the program has that started the host.

        Raises:
            OSError: the host's folder takes no socket or no description.
        """
        host = self._host
        host.start()
        for number in (signal.SIGTERM, signal.SIGINT):
            self._loop.add_signal_handler(number, host.stop, f"it got {number.name}")
        self._loop.add_signal_handler(signal.SIGHUP, lambda: None)
        path = host.directory / SOCKET
        self._socket = await self._loop.create_unix_server(self._accept, path=str(path))
        path.chmod(0o600)
        host.describe()
        await self._loop.connect_accepted_socket(lambda: self._new_connection(keeps=True), first)

    async def serve(self) -> None:
        """Serve until the last client is gone, somebody says so, or SIGTERM."""
        await self._host.stopped.wait()
        self._socket.close()
        await self._end()

    # -- clients --

    def _accept(self) -> Connection:
        connection = self._new_connection()

        def check_peer() -> None:
            with contextlib.suppress(TerminalError):  # it is cut off then, and there is nobody to tell
                connection.check_peer()

        connection.on_opened = check_peer
        return connection

    def _new_connection(self, *, keeps: bool = False) -> Connection:
        connection = Connection()
        self._count += 1
        viewer = Viewer(self._count, connection)
        viewer.keeps = keeps
        self._host.viewers.add(viewer)
        connection.on_message = lambda message: self._take(viewer, message)
        connection.on_closed = lambda why: self._gone(viewer)
        connection.on_drained = lambda: self._host.screens.caught_up(viewer)
        self._loop.call_later(HANDSHAKE, self._expect_greeting, viewer)
        return connection

    def _expect_greeting(self, viewer: Viewer) -> None:
        if not viewer.greeted:
            viewer.connection.cut("no greeting")

    def _gone(self, viewer: Viewer) -> None:
        for task in viewer.tasks:
            task.cancel()
        self._host.gone(viewer)

    def _greet(self, viewer: Viewer, message: Hello) -> None:
        if message.get("hello") != VERSION:
            viewer.connection.send({"error": f"This terminal host speaks version {VERSION}."})
            if viewer.connection.transport is not None:
                viewer.connection.transport.close()
            return
        viewer.greeted = True
        viewer.read_only = message.get("read_only") is True
        viewer.keeps = message.get("keep", True) is True and not viewer.read_only
        if viewer.keeps:
            self._host.lifetime.kept()
        for other in list(self._host.viewers):
            if other.number == message.get("replaces"):
                # The same client from another event loop: what it leaves behind must not count as one more.
                viewer.holds, other.holds, other.keeps = other.holds, set(), False
                other.connection.cut("replaced")
        viewer.connection.send(
            {
                "hello": VERSION,
                "client": viewer.number,
                "pid": os.getpid(),
                "socket": str(self._host.directory / SOCKET),
            }
        )

    # -- requests --

    def _take(self, viewer: Viewer, message: dict[str, Any]) -> None:
        if not viewer.greeted:
            self._greet(viewer, cast("Hello", message))
            return
        task = self._loop.create_task(self._answer(viewer, cast("Request", message)))
        number = message.get("id")
        viewer.tasks.add(task)
        task.add_done_callback(viewer.tasks.discard)
        if isinstance(number, int):
            viewer.requests[number] = task
            task.add_done_callback(lambda _: viewer.requests.pop(number, None))

    async def _answer(self, viewer: Viewer, message: Request) -> None:
        answer: Answer = {"id": message.get("id")}
        try:
            answer["result"] = await self._requests.run(viewer, message)
        except TerminalError as error:
            answer |= {"error": error.message, "hint": error.hint}
        except Exception as error:  # noqa: BLE001 - one bad request must not take the terminals along; it is told and logged
            # A full disk takes no log; the client must have its answer all the same.
            with contextlib.suppress(OSError):
                traceback.print_exc()
            answer["error"] = with_stop(f"The terminal host failed: {type(error).__name__}: {error}")
        try:
            viewer.connection.send(answer)
        except TerminalError as error:  # a result longer than a frame
            viewer.connection.send({"id": message.get("id"), "error": error.message, "hint": error.hint})

    # -- the end --

    async def _end(self) -> None:
        viewers = list(self._host.viewers)
        for viewer in viewers:
            for task in viewer.tasks:
                task.cancel()
        await self._host.end()
        for viewer in viewers:
            viewer.connection.send({"push": "bye", "why": self._host.why})
        with contextlib.suppress(TimeoutError):  # who does not read is left
            async with asyncio.timeout(_PARTING):
                await asyncio.gather(*(viewer.connection.close() for viewer in viewers))


async def _serve(settings: dict[str, Any], umask: int) -> None:
    first = socket.socket(fileno=int(settings["descriptor"]))
    first.setblocking(False)
    try:
        server = Server(Host(settings, umask, new_engine))
        await server.open(first)
    except OSError as error:
        raise no_room(Path(settings["directory"]), error) from error
    await server.serve()


def main() -> int:
    """Run the host until it ends; its folder is removed then."""
    umask = os.umask(0o077)
    settings = json.loads(sys.stdin.readline())
    directory = Path(settings["directory"])
    os.set_inheritable(settings["lock"], False)  # held by this process alone, until it ends
    try:
        check_folder(directory)
    except TerminalError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    try:
        asyncio.run(_serve(settings, umask))
    except TerminalError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    finally:
        with contextlib.suppress(FileNotFoundError):
            shutil.rmtree(directory)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
