"""The clients of a host, and what they are shown: screens frame by frame, output as it comes."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Set

from codepilot.terminal.connection import Connection
from codepilot.terminal.messages import PackedUpdate, ScreenPush, pack_bytes, pack_update
from codepilot.terminal.protocol import OnLeave
from codepilot.terminal.session.session import Session

FRAME_INTERVAL = 1 / 60
_FLOODS = ((262_144, 1 / 10), (65_536, 1 / 30))
"""Bytes since the last frame, and the time to the next: nobody can follow it, and drawing costs the program time."""


class Viewer:
    """A client: its connection, its running requests, and the screens it watches."""

    def __init__(self, number: int, connection: Connection) -> None:
        self.number = number
        self.connection = connection
        self.greeted = False
        self.keeps = False
        """The host is there for it; a mere viewer keeps nothing."""
        self.read_only = False
        self.farewell: OnLeave | None = None
        """What it said of the host when it left; None: nothing yet."""
        self.holds: set[str] = set()
        """Terminals whose keyboard its person took."""
        self.tasks: set[asyncio.Task[None]] = set()
        self.requests: dict[int, asyncio.Task[None]] = {}
        self.watched: dict[str, bool] = {}
        """Name → it needs the whole screen next."""
        self.followed: dict[str, int] = {}
        """Terminals whose output it is sent → bytes that were left out since the last piece."""


class Screens:
    """Sends each screen to those who watch it, at most 60 times a second; nobody waits for a client that is slow.

    Args:
        viewers: the clients, as they are at any time.
        sessions: the terminals by name, as they are at any time.
    """

    def __init__(self, viewers: Set[Viewer], sessions: Mapping[str, Session]) -> None:
        self._viewers = viewers
        self._sessions = sessions
        self._frames: dict[str, asyncio.TimerHandle] = {}
        self._next_frame: dict[str, float] = {}
        """Name → the time before which it gets no frame."""
        self._fed: dict[str, int] = {}
        """Name → bytes since the last frame."""
        self._loop = asyncio.get_running_loop()

    def watch(self, viewer: Viewer, name: str) -> None:
        """Send this screen to the client from now on, all of it first."""
        viewer.watched[name] = True
        self.changed(name)

    def follow(self, viewer: Viewer, name: str) -> None:
        """Send this terminal's output to the client as it comes."""
        viewer.followed[name] = 0

    def shown(self, name: str, data: bytes) -> None:
        """A screen was fed: followers get it too."""
        self._fed[name] = self._fed.get(name, 0) + len(data)
        for viewer in self._viewers:
            if name in viewer.followed:
                if viewer.connection.slow:
                    viewer.followed[name] += len(data)
                else:
                    self._send_output(viewer, name, data)

    def _send_output(self, viewer: Viewer, name: str, data: bytes) -> None:
        missed, viewer.followed[name] = viewer.followed[name], 0
        viewer.connection.send({"push": "output", "name": name, "data": pack_bytes(data), "missed": missed})

    def changed(self, name: str) -> None:
        """A screen may look otherwise now: those who watch it get a frame, in time."""
        if name in self._frames or not any(name in viewer.watched for viewer in self._viewers):
            return
        due = max(self._loop.time(), self._next_frame.get(name, 0.0))
        self._frames[name] = self._loop.call_at(due, self._send_frame, name)

    def hurry(self, name: str) -> None:
        """What a terminal does has changed: show it now, not when the pause between two frames of a flood is over."""
        pending = self._frames.get(name)
        if pending is not None:
            pending.cancel()
            self._frames[name] = self._loop.call_later(0, self._send_frame, name)

    def _send_frame(self, name: str) -> None:
        self._frames.pop(name, None)
        fed = self._fed.pop(name, 0)
        interval = next((seconds for least, seconds in _FLOODS if fed >= least), FRAME_INTERVAL)
        self._next_frame[name] = self._loop.time() + interval
        session = self._sessions.get(name)
        if session is None:
            return
        watching = [viewer for viewer in self._viewers if name in viewer.watched]
        update = session.take_update()
        message = None if update is None else _screen(name, pack_update(update))
        if update is None and session.engine.holding:
            self.changed(name)  # the program may forget to say that its frame is whole
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
                        self.changed(name)
                        continue
                    whole = _screen(name, pack_update(full))
                viewer.watched[name] = False
                viewer.connection.send(whole)
            elif message is not None:
                viewer.connection.send(message)

    def caught_up(self, viewer: Viewer) -> None:
        """A client that was slow has read all: it gets what it missed."""
        for name, missed in viewer.followed.items():
            if missed:
                self._send_output(viewer, name, b"")
        for name, behind in viewer.watched.items():
            if behind:
                self.changed(name)

    def forget(self, name: str) -> None:
        """Forget a terminal that was removed."""
        handle = self._frames.pop(name, None)
        if handle is not None:
            handle.cancel()
        self._next_frame.pop(name, None)
        self._fed.pop(name, None)
        for viewer in self._viewers:
            viewer.watched.pop(name, None)
            viewer.followed.pop(name, None)
            viewer.holds.discard(name)

    def close(self) -> None:
        """No more frames."""
        for handle in self._frames.values():
            handle.cancel()


def _screen(name: str, packed: PackedUpdate) -> ScreenPush:
    return {"push": "screen", "name": name, "update": packed}
