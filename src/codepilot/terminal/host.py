"""The terminal host: a process of its own that owns every PTY and every screen.

Started by `TerminalClient.launch`, which hands it one end of a socket pair as its first client and its settings as one
line of JSON on stdin. Everything happens on one thread, but for reading a flood (`flood`), which stops before a fork.
"""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import json
import os
import shutil
import signal
import socket
import sys
import time
import traceback
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from codepilot.errors import TerminalError
from codepilot.messages import OnExit
from codepilot.terminal.connection import Connection
from codepilot.terminal.engines.engine import Colours, Engine, EngineFactory
from codepilot.terminal.lifetime import Lifetime, Wish
from codepilot.terminal.operations import Operations
from codepilot.terminal.place import FILES, SOCKET, check_place
from codepilot.terminal.protocol import (
    VERSION,
    HostInfo,
    Owner,
    TerminalEvent,
    TerminalInfo,
    as_wire,
)
from codepilot.terminal.registry import HostAbout, write_about
from codepilot.terminal.services import Services
from codepilot.terminal.session.processes import Reaper, descendants, end_processes
from codepilot.terminal.session.session import Session
from codepilot.terminal.viewers import Screens, Viewer

HANDSHAKE = 10.0
"""Seconds in which a client has to say hello."""
_PARTING = 1.0
"""Seconds in which clients may read what the host still had to say."""


class Host:
    """Sessions, clients, and the traffic between them."""

    def __init__(self, settings: Mapping[str, Any], umask: int, new_engine: EngineFactory) -> None:
        self.directory = Path(settings["directory"])
        self.work_dir: str = settings["work_dir"]
        self._agent: str = settings["agent"]
        self._started = time.time()
        self.sessions: dict[str, Session] = {}
        self._viewers: set[Viewer] = set()
        self._count = 0
        self.screens = Screens(self._viewers, self.sessions)
        self._ended = asyncio.Event()
        self._why = ""
        self.lifetime = Lifetime(
            settings["on_exit"],
            settings["idle"],
            end=self.stop,
            any_terminal=lambda: any(session.state != "exited" for session in self.sessions.values()),
            in_use=lambda: bool(self._viewers) or self.info().in_use,
        )
        self._engine_factory = new_engine
        self.colours: Colours | None = None
        """Of the viewers' theme: what programs are told that ask."""
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
            new_engine=self._new_engine,
            publish=self.publish,
            changed=self.screens.changed,
            shown=self.screens.shown,
        )
        self.operations = Operations(self, self.work_dir)

    def _new_engine(self, columns: int, lines: int) -> Engine:
        engine = self._engine_factory(columns, lines)
        if self.colours is not None:
            engine.set_default_colours(*self.colours)
        return engine

    def set_colours(self, colours: Colours) -> None:
        """Of all terminals that are, and of those to come."""
        self.colours = colours
        for session in self.sessions.values():
            session.engine.set_default_colours(*colours)

    async def serve(self, first: socket.socket) -> None:
        """Serve until the last client is gone, somebody says so, or SIGTERM."""
        self._reaper.start()
        for number in (signal.SIGTERM, signal.SIGINT):
            self._loop.add_signal_handler(number, self.stop, f"it got {number.name}")
        self._loop.add_signal_handler(signal.SIGHUP, lambda: None)
        server = await self._loop.create_unix_server(self._accept, path=str(self.directory / SOCKET))
        os.chmod(self.directory / SOCKET, 0o600)  # noqa: PTH101 - one call beside the rest of os
        self.describe()
        await self._loop.connect_accepted_socket(lambda: self._new_connection(keeps=True), first)
        await self._ended.wait()
        server.close()
        await self._end()

    def stop(self, why: str) -> None:
        """End the host soon; the clients are told why."""
        self._why = self._why or why
        self._ended.set()

    def describe(self) -> None:
        """Write what others read to find this host."""
        write_about(
            self.directory,
            HostAbout(
                id=self.directory.name,
                work_dir=self.work_dir,
                agent=self._agent,
                pid=os.getpid(),
                started=self._started,
                version=VERSION,
                on_exit=self.lifetime.on_exit,
            ),
        )

    def info(self) -> HostInfo:
        """The host as it is now."""
        leaders = {session.pid for session in self.sessions.values()}
        below = {process.pid: process for process in descendants(os.getpid()) if process.state != "Z"}
        running, accounted = [], set(leaders)
        for session in self.sessions.values():
            jobs = {process.pid for process in descendants(session.pid) if process.state != "Z"}
            accounted |= jobs
            # Behind a jail's launcher the shell itself is a child, so children tell nothing there.
            background = session.state == "idle" and jobs and not self.services.prefix
            if background or session.state in ("busy", "waiting"):
                running.append(session.name)
        return HostInfo(
            id=self.directory.name,
            work_dir=self.work_dir,
            agent=self._agent,
            pid=os.getpid(),
            on_exit=self.lifetime.on_exit,
            kept=any(viewer.keeps for viewer in self._viewers),
            clients=len(self._viewers),
            running=tuple(running),
            daemons=len(below.keys() - accounted),
        )

    def terminals(self) -> list[TerminalInfo]:
        """As a list shows them."""
        return [
            dataclasses.replace(
                session.info,
                viewers=sum(
                    session.name in viewer.watched or session.name in viewer.followed
                    for viewer in self._viewers
                ),
            )
            for session in self.sessions.values()
        ]

    def publish(self, event: TerminalEvent) -> None:
        """Tell every client."""
        if event.kind == "state":
            self.screens.hurry(event.name)
        message = {"push": "event", "event": as_wire(event)}
        for viewer in list(self._viewers):
            if viewer.greeted:
                viewer.connection.send(message)

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
        self._viewers.add(viewer)
        connection.on_message = lambda message: self._take(viewer, message)
        connection.on_closed = lambda why: self._gone(viewer)
        connection.on_drained = lambda: self.screens.caught_up(viewer)
        self._loop.call_later(HANDSHAKE, self._expect_greeting, viewer)
        return connection

    def _expect_greeting(self, viewer: Viewer) -> None:
        if not viewer.greeted:
            viewer.connection.cut("no greeting")

    def _gone(self, viewer: Viewer) -> None:
        self._viewers.discard(viewer)
        for task in viewer.tasks:
            task.cancel()
        for name in viewer.holds:
            # Its person cannot type any more, and must not keep others from it.
            session = self.sessions.get(name)
            if session is not None and session.owner == "person":
                session.set_owner("free")
        if viewer.keeps and not any(other.keeps for other in self._viewers):
            self.lifetime.left_alone(viewer.farewell)

    def adopt(self, viewer: Viewer, on_exit: OnExit, idle: float, agent: str) -> None:
        """Make a client the program that keeps the host.

        Raises:
            TerminalError: there is one already.
        """
        if any(other.keeps for other in self._viewers - {viewer}):
            raise TerminalError("another program works with these terminals")
        viewer.keeps = True
        self.lifetime.on_exit, self.lifetime.idle = on_exit, idle
        self._agent = agent
        self.lifetime.kept()
        self.describe()

    def take_hold(self, viewer: Viewer, name: str, owner: Owner) -> None:
        """Remember whose person has the keyboard."""
        for other in self._viewers:
            other.holds.discard(name)
        if owner == "person":
            viewer.holds.add(name)

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
        viewer.read_only = message.get("read_only") is True
        viewer.keeps = message.get("keep", True) is True and not viewer.read_only
        if viewer.keeps:
            self.lifetime.kept()
        for other in list(self._viewers):
            if other.number == message.get("replaces"):
                # The same client from another event loop: what it leaves behind must not count as one more.
                viewer.holds, other.holds, other.keeps = other.holds, set(), False
                other.connection.cut("replaced")
        viewer.connection.send(
            {
                "hello": VERSION,
                "client": viewer.number,
                "pid": os.getpid(),
                "socket": str(self.directory / SOCKET),
            }
        )

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

    def farewell(self, viewer: Viewer, wish: Wish) -> bool:
        """A client is about to leave; whether that is the end of the host."""
        viewer.farewell = wish
        alone = viewer.keeps and not any(other.keeps for other in self._viewers - {viewer})
        return alone and not self.lifetime.stays(wish)

    def forget(self, session: Session) -> None:
        """A terminal is no more."""
        if self.sessions.get(session.name) is session:
            del self.sessions[session.name]
        self.screens.forget(session.name)

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
        self.screens.close()
        for viewer in viewers:
            viewer.connection.send({"push": "bye", "why": self._why})
        with contextlib.suppress(TimeoutError):  # who does not read is left
            async with asyncio.timeout(_PARTING):
                await asyncio.gather(*(viewer.connection.close() for viewer in viewers))


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
    os.set_inheritable(settings["lock"], False)  # held by this process alone, until it ends
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
