"""The terminal host: a process of its own that owns every PTY and every screen.

Started by `TerminalClient.launch`, which hands it one end of a socket pair as its first client and its settings as one
line of JSON on stdin. Everything happens on one thread, so forking is safe.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import shutil
import signal
import socket
import struct
import sys
import traceback
from collections.abc import Mapping
from pathlib import Path
from typing import Any, cast

from codepilot.errors import TerminalError
from codepilot.terminal.connection import Connection
from codepilot.terminal.engine import EngineFactory
from codepilot.terminal.operations import Operations
from codepilot.terminal.place import FILES, SOCKET, check_place
from codepilot.terminal.processes import Reaper, descendants, end_processes
from codepilot.terminal.protocol import VERSION, TerminalEvent, as_wire, pack_update
from codepilot.terminal.services import Services
from codepilot.terminal.session import Session

FRAME_INTERVAL = 1 / 60
HANDSHAKE = 10.0


class Viewer:
    """A client: its connection, its running requests, and the screens it watches."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self.greeted = False
        self.tasks: set[asyncio.Task[None]] = set()
        self.requests: dict[int, asyncio.Task[None]] = {}
        self.watched: dict[str, bool] = {}
        """Name → it needs the whole screen next."""


class Host:
    """Sessions, clients, and the traffic between them."""

    def __init__(self, settings: Mapping[str, Any], umask: int, new_engine: EngineFactory) -> None:
        self.directory = Path(settings["directory"])
        self.stay = settings["on_exit"] == "detach"
        self.sessions: dict[str, Session] = {}
        self._viewers: set[Viewer] = set()
        self._frames: dict[str, asyncio.TimerHandle] = {}
        self._last_frame: dict[str, float] = {}
        self._ended = asyncio.Event()
        self._loop = asyncio.get_running_loop()
        self._reaper = Reaper()
        files = self.directory / FILES
        files.mkdir(mode=0o700)
        self.services = Services(
            environment=settings["environment"],
            prefix=settings["prefix"],
            files=files,
            umask=umask,
            reaper=self._reaper,
            new_engine=new_engine,
            publish=self.publish,
            changed=self._changed,
        )
        self.operations = Operations(self, settings["work_dir"])

    async def serve(self, first: socket.socket) -> None:
        """Serve until the last client is gone, somebody says so, or SIGTERM."""
        self._reaper.start()
        for number in (signal.SIGTERM, signal.SIGINT):
            self._loop.add_signal_handler(number, self._ended.set)
        self._loop.add_signal_handler(signal.SIGHUP, lambda: None)
        server = await self._loop.create_unix_server(self._accept, path=str(self.directory / SOCKET))
        os.chmod(self.directory / SOCKET, 0o600)  # noqa: PTH101 - one call beside the rest of os
        await self._loop.connect_accepted_socket(self._new_connection, first)
        await self._ended.wait()
        server.close()
        await self._end()

    def stop(self) -> None:
        """End the host soon."""
        self._ended.set()

    def publish(self, event: TerminalEvent) -> None:
        """Tell every client."""
        message = {"push": "event", "event": as_wire(event)}
        for viewer in list(self._viewers):
            if viewer.greeted:
                viewer.connection.send(message)

    # -- clients --

    def _accept(self) -> Connection:
        connection = self._new_connection()

        def check_peer() -> None:
            peer = connection.transport.get_extra_info("socket") if connection.transport is not None else None
            if peer is None or _peer_uid(peer) not in (None, os.getuid()):
                connection.cut("another user's process")

        connection.on_opened = check_peer
        return connection

    def _new_connection(self) -> Connection:
        connection = Connection()
        viewer = Viewer(connection)
        self._viewers.add(viewer)
        connection.on_message = lambda message: self._take(viewer, message)
        connection.on_closed = lambda why: self._gone(viewer)
        connection.on_drained = lambda: self._caught_up(viewer)
        self._loop.call_later(HANDSHAKE, self._expect_greeting, viewer)
        return connection

    def _expect_greeting(self, viewer: Viewer) -> None:
        if not viewer.greeted:
            viewer.connection.cut("no greeting")

    def _gone(self, viewer: Viewer) -> None:
        self._viewers.discard(viewer)
        for task in viewer.tasks:
            task.cancel()
        if not self._viewers and not self.stay:
            self._ended.set()

    def _take(self, viewer: Viewer, message: dict[str, Any]) -> None:
        if not viewer.greeted:
            self._greet(viewer, message)
            return
        task = self._loop.create_task(self._serve(viewer, message))
        number = message.get("id")
        viewer.tasks.add(task)
        task.add_done_callback(viewer.tasks.discard)
        if isinstance(number, int):
            viewer.requests[number] = task
            task.add_done_callback(lambda _: viewer.requests.pop(number, None))

    def _greet(self, viewer: Viewer, message: dict[str, Any]) -> None:
        if message.get("hello") != VERSION:
            viewer.connection.send({"error": f"this terminal host speaks version {VERSION}"})
            if viewer.connection.transport is not None:
                viewer.connection.transport.close()
            return
        viewer.greeted = True
        viewer.connection.send({"hello": VERSION, "pid": os.getpid(), "socket": str(self.directory / SOCKET)})

    async def _serve(self, viewer: Viewer, message: dict[str, Any]) -> None:
        answer: dict[str, Any] = {"id": message.get("id")}
        try:
            answer["result"] = await self.operations.run(viewer, message)
        except TerminalError as error:
            answer |= {"error": error.message, "hint": error.hint}
        except Exception as error:  # noqa: BLE001 - one bad request must not take the terminals along; it is told and logged
            traceback.print_exc()
            answer["error"] = f"the terminal host failed: {type(error).__name__}: {error}"
        viewer.connection.send(answer)

    def farewell(self, viewer: Viewer) -> int:
        """How many other clients there are."""
        return len(self._viewers - {viewer})

    # -- screens --

    def watch(self, viewer: Viewer, session: Session) -> None:
        """Send this screen to the client from now on, all of it first."""
        viewer.watched[session.name] = True
        self._changed(session)

    def _changed(self, session: Session) -> None:
        name = session.name
        if name in self._frames or not any(name in viewer.watched for viewer in self._viewers):
            return
        due = max(self._loop.time(), self._last_frame.get(name, 0.0) + FRAME_INTERVAL)
        self._frames[name] = self._loop.call_at(due, self._send_frame, session)

    def _send_frame(self, session: Session) -> None:
        name = session.name
        self._frames.pop(name, None)
        self._last_frame[name] = self._loop.time()
        if self.sessions.get(name) is not session:
            return
        watching = [viewer for viewer in self._viewers if name in viewer.watched]
        update = session.take_update()
        message = None if update is None else _screen(name, pack_update(update))
        whole = None
        for viewer in watching:
            if viewer.connection.slow:
                # It gets the whole screen once it has caught up, and nothing in between.
                viewer.watched[name] = True
            elif viewer.watched[name]:
                if whole is None:
                    full = session.take_update(full=True)
                    if full is None:
                        # Output is held (mode 2026): look again with the next frame.
                        self._changed(session)
                        continue
                    whole = _screen(name, pack_update(full))
                viewer.watched[name] = False
                viewer.connection.send(whole)
            elif message is not None:
                viewer.connection.send(message)

    def _caught_up(self, viewer: Viewer) -> None:
        for name, behind in viewer.watched.items():
            session = self.sessions.get(name)
            if behind and session is not None:
                self._changed(session)

    def forget(self, session: Session) -> None:
        """A terminal is no more."""
        if self.sessions.get(session.name) is session:
            del self.sessions[session.name]
        handle = self._frames.pop(session.name, None)
        if handle is not None:
            handle.cancel()
        self._last_frame.pop(session.name, None)
        for viewer in self._viewers:
            viewer.watched.pop(session.name, None)

    # -- the end --

    async def _end(self) -> None:
        viewers = list(self._viewers)
        for viewer in viewers:
            for task in viewer.tasks:
                task.cancel()
        await asyncio.gather(*(session.end(patience=0.6) for session in list(self.sessions.values())))
        await end_processes(
            lambda: [process.pid for process in descendants(os.getpid()) if process.state != "Z"],
            patience=0.4,
        )
        for handle in self._frames.values():
            handle.cancel()
        for viewer in viewers:
            await viewer.connection.close()


def _screen(name: str, packed: dict[str, Any]) -> dict[str, Any]:
    return {"push": "screen", "name": name, "update": packed}


def _peer_uid(peer: socket.socket) -> int | None:
    """The user at the other end, where the system tells it. The folder is closed to others in any case."""
    if not hasattr(socket, "SO_PEERCRED"):
        return None
    data = peer.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, struct.calcsize("3i"))
    return cast("int", struct.unpack("3i", data)[1])


async def _serve(settings: Mapping[str, Any], umask: int) -> None:
    from codepilot.terminal.engines import new_engine

    host = Host(settings, umask, new_engine)
    first = socket.socket(fileno=int(settings["descriptor"]))
    first.setblocking(False)
    await host.serve(first)


def main() -> int:
    """Run the host; settings come as one line on stdin."""
    umask = os.umask(0o077)
    settings = json.loads(sys.stdin.readline())
    directory = Path(settings["directory"])
    try:
        check_place(directory)
    except TerminalError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    try:
        asyncio.run(_serve(settings, umask))
    finally:
        with contextlib.suppress(FileNotFoundError):
            shutil.rmtree(directory)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
