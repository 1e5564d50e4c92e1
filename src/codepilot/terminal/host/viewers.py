"""The clients of a host: what they are shown, frame by frame or as it comes, and how long the host stays for them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Set

from codepilot.messages import OnExit
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


_LONGEST_LOOK = 10.0


class Lifetime:
    """Decides whether the host stays, and until when.

    A client that says goodbye may say what shall become of the host. One that vanishes (killed, crashed, its connection
    cut) cannot: then `ask` is taken for `detach`, because nobody has said that the work should end. A host that stays
    does so as long as something runs in it or somebody watches; with neither it ends after `idle` seconds, and at once
    when its last shell has ended.

    Args:
        on_exit: the setting.
        idle: seconds.
        end: ends the host, with the reason.
        any_terminal: whether a terminal is left that has not ended.
        in_use: whether something runs in it, or somebody watches.
    """

    def __init__(
        self,
        on_exit: OnExit,
        idle: float,
        *,
        end: Callable[[str], None],
        any_terminal: Callable[[], bool],
        in_use: Callable[[], bool],
    ) -> None:
        self.on_exit: OnExit = on_exit
        self.idle = idle
        self._end = end
        self._any_terminal = any_terminal
        self._in_use = in_use
        self._watch: asyncio.Task[None] | None = None

    def stays(self, wish: OnLeave | None) -> bool:
        """Whether the host outlives its last client.

        Args:
            wish: what the client said at its goodbye; None: it vanished without one.
        """
        if wish is None:
            return self.on_exit != "end"
        return (wish or self.on_exit) == "detach"

    def left_alone(self, wish: OnLeave | None) -> None:
        """The last client that kept the host is gone."""
        if not self.stays(wish):
            self._end("its program is gone")
        elif self._watch is None:
            self._watch = asyncio.get_running_loop().create_task(self._wait_for_the_end())

    def kept(self) -> None:
        """A program keeps the host again."""
        if self._watch is not None:
            self._watch.cancel()
            self._watch = None

    async def _wait_for_the_end(self) -> None:
        loop = asyncio.get_running_loop()
        quiet_since = loop.time()
        while True:
            if not self._any_terminal():
                self._end("its last terminal has ended")
                return
            if self._in_use():
                quiet_since = loop.time()
            elif loop.time() - quiet_since >= self.idle:
                self._end("nothing ran in it and nobody was there")
                return
            # Children of a shell come and go without a word, so they have to be looked for.
            await asyncio.sleep(min(_LONGEST_LOOK, max(0.05, self.idle / 8)))
