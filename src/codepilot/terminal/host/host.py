"""What a host holds: its terminals, its clients, and how long it stays."""

from __future__ import annotations

import asyncio
import dataclasses
import os
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from codepilot.errors import TerminalError
from codepilot.messages import OnExit
from codepilot.terminal.engines import Colours, Engine, EngineFactory
from codepilot.terminal.host.registry import FILES, HostAbout, write_about
from codepilot.terminal.host.viewers import Lifetime, Screens, Viewer
from codepilot.terminal.messages import EventPush
from codepilot.terminal.protocol import (
    VERSION,
    HostInfo,
    OnLeave,
    Owner,
    TerminalEvent,
    TerminalInfo,
    as_wire,
)
from codepilot.terminal.session.processes import Process, Reaper, command_line, descendants, end_processes
from codepilot.terminal.session.session import Session
from codepilot.terminal.session.state import ProcessSettings


class Host:
    """Terminals and clients, by themselves without a socket.

    Args:
        settings: as `client.launch` gives them.
        umask: of the processes in the terminals.
        new_engine: makes the emulators.
    """

    def __init__(self, settings: Mapping[str, Any], umask: int, new_engine: EngineFactory) -> None:
        self.directory = Path(settings["directory"])
        self.work_dir: str = settings["work_dir"]
        self.sessions: dict[str, Session] = {}
        """The terminals by name, in the order in which they were made."""
        self.viewers: set[Viewer] = set()
        self.screens = Screens(self.viewers, self.sessions)
        self.stopped = asyncio.Event()
        """It is to end."""
        self.why = ""
        self.lifetime = Lifetime(
            settings["on_exit"],
            settings["idle"],
            end=self.stop,
            any_terminal=lambda: any(session.state != "exited" for session in self.sessions.values()),
            in_use=lambda: bool(self.viewers) or self.info().in_use,
        )
        self._agent: str = settings["agent"]
        self._session: str = settings["session"]
        self._started = time.time()
        self._engine_factory = new_engine
        self._colours: Colours | None = None
        """Of the viewers' theme: what programs are told that ask."""
        self.reaper = Reaper()
        """Of the processes in the terminals."""
        self.files = self.directory / FILES
        """For what shells read and commands write."""
        self.files.mkdir(mode=0o700)
        self.process_settings = ProcessSettings(
            environment=settings["environment"], prefix=settings["prefix"], umask=umask
        )

    def start(self) -> None:
        """Collect children from now on; needs the main thread."""
        self.reaper.start()

    def stop(self, why: str) -> None:
        """End the host soon; the clients are told why."""
        self.why = self.why or why
        self.stopped.set()

    async def end(self) -> None:
        """End all terminals, and what is left of their processes."""
        await asyncio.gather(*(session.end(patience=0.6) for session in list(self.sessions.values())))
        await end_processes(
            lambda: [process.pid for process in descendants(os.getpid()) if process.state != "Z"],
            patience=0.4,
        )
        self.screens.close()

    # -- how it is --

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
                session=self._session,
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
            if self._jobs(session) or session.state in ("busy", "waiting"):
                running.append(session.name)
        return HostInfo(
            id=self.directory.name,
            work_dir=self.work_dir,
            agent=self._agent,
            pid=os.getpid(),
            on_exit=self.lifetime.on_exit,
            kept=any(viewer.keeps for viewer in self.viewers),
            clients=len(self.viewers),
            running=tuple(running),
            daemons=len(below.keys() - accounted),
        )

    def _jobs(self, session: Session) -> list[Process]:
        """What runs in the background of a shell at its prompt."""
        # Behind a jail's launcher the shell itself is a child, so children tell nothing there.
        if session.state != "idle" or self.process_settings.prefix:
            return []
        return [process for process in descendants(session.pid) if process.state != "Z"]

    def terminals(self) -> list[TerminalInfo]:
        """As a list shows them."""
        return [
            dataclasses.replace(
                session.info,
                job=next(map(command_line, (process.pid for process in self._jobs(session))), ""),
                viewers=sum(
                    session.name in viewer.watched or session.name in viewer.followed
                    for viewer in self.viewers
                ),
            )
            for session in self.sessions.values()
        ]

    def publish(self, event: TerminalEvent) -> None:
        """Tell every client."""
        if event.kind == "state":
            self.screens.hurry(event.name)
        message: EventPush = {"push": "event", "event": as_wire(event)}
        for viewer in list(self.viewers):
            if viewer.greeted:
                viewer.connection.send(message)

    def screen_fed(self, name: str, data: bytes) -> None:
        """Show those who follow a terminal what its screen was fed."""
        self.screens.shown(name, data)

    def screen_changed(self, name: str) -> None:
        """Show those who watch a terminal its screen."""
        self.screens.changed(name)

    # -- terminals --

    def new_engine(self, columns: int, lines: int) -> Engine:
        """An emulator in the viewers' colours."""
        engine = self._engine_factory(columns, lines)
        if self._colours is not None:
            engine.set_default_colours(*self._colours)
        return engine

    def set_colours(self, colours: Colours) -> None:
        """Of all terminals that are, and of those to come."""
        self._colours = colours
        for session in self.sessions.values():
            session.engine.set_default_colours(*colours)

    def forget(self, session: Session) -> None:
        """Remove a terminal."""
        if self.sessions.get(session.name) is session:
            del self.sessions[session.name]
        self.screens.forget(session.name)

    # -- clients --

    def adopt(self, viewer: Viewer, on_exit: OnExit, idle: float, agent: str, session: str) -> None:
        """Make a client the program that keeps the host.

        Raises:
            TerminalError: there is one already.
        """
        if any(other.keeps for other in self.viewers - {viewer}):
            raise TerminalError("Another program works with these terminals.")
        viewer.keeps = True
        self.lifetime.on_exit, self.lifetime.idle = on_exit, idle
        self._agent, self._session = agent, session
        self.lifetime.kept()
        self.describe()

    def take_hold(self, viewer: Viewer, name: str, owner: Owner) -> None:
        """Remember whose person has the keyboard."""
        for other in self.viewers:
            other.holds.discard(name)
        if owner == "person":
            viewer.holds.add(name)

    def farewell(self, viewer: Viewer, then: OnLeave) -> bool:
        """A client is about to leave; whether that is the end of the host."""
        viewer.farewell = then
        alone = viewer.keeps and not any(other.keeps for other in self.viewers - {viewer})
        return alone and not self.lifetime.stays(then)

    def gone(self, viewer: Viewer) -> None:
        """A client has left, or was lost."""
        self.viewers.discard(viewer)
        for name in viewer.holds:
            # Its person cannot type any more, and must not keep others from it.
            session = self.sessions.get(name)
            if session is not None and session.owner == "person":
                session.set_owner("free")
        if viewer.keeps and not any(other.keeps for other in self.viewers):
            self.lifetime.left_alone(viewer.farewell)
