"""The socket of the program that holds a session: others of the same user read along, speak, stop and answer there.

One JSON object a line, each way. `{"op": "events", "from": 17}` gives the records from that number on, and goes on with
those that come: `{"record": {…}}`. `{"op": "say", "text"}` gives `{"id"}`; `{"op": "stop"}` and `{"op": "answer", "id",
"text"}` give `{"ok"}`. What is wrong is told as `{"error"}`.
"""

from __future__ import annotations

import contextlib
import json
import os
import secrets
import select
import socket
import struct
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

from codepilot import events as e
from codepilot.errors import CodepilotError
from codepilot.journal.follower import Follower
from codepilot.journal.lease import DOOR
from codepilot.journal.visitor import send
from codepilot.values import dataclass

_LINE = 1024 * 1024
"""Bytes of a request."""
_MOST = 16
"""Programs that are served at a time."""


@dataclass(frozen=True, slots=True)
class Within:
    """What can be done to the program behind it; called from other threads."""

    journal: Path
    say: Callable[[str], str]
    stop: Callable[[], None]
    answer: Callable[[str, str], bool]


class Door:
    """Listens from its making until it is closed.

    Args:
        folder: where the socket is made; only this user enters it.
        within: the program.
        subscribe: to its events; gives what ends that.

    Raises:
        OSError: there is no room for the socket, or the path is too long for one.
    """

    def __init__(
        self,
        folder: Path,
        within: Within,
        subscribe: Callable[[Callable[[e.Stamped], None]], Callable[[], None]],
    ) -> None:
        self._within = within
        self._lock = threading.Lock()
        self._wakes: set[socket.socket] = set()
        """Where those who read along are woken when something was recorded."""
        self._closed = False
        self._served: set[socket.socket] = set()
        self._questions: dict[str, str] = {}
        """The words of questions, by their ids."""
        self.path = folder / f"{DOOR}{secrets.token_hex(4)}"
        self._listening = socket.socket(socket.AF_UNIX)
        try:
            # No umask: it is of the whole program, and another thread may just make a file. The folder is private.
            self._listening.bind(str(self.path))
            self.path.chmod(0o600)
            self._listening.listen()
        except OSError:
            self._listening.close()
            raise
        self._unsubscribe = subscribe(self._take)
        threading.Thread(target=self._accept, name="codepilot-door", daemon=True).start()

    def _take(self, stamped: e.Stamped) -> None:
        """Something was recorded: those who read along get it."""
        if isinstance(stamped.event, e.QuestionAsked):
            self._questions[stamped.event.question_id] = stamped.event.question
        elif isinstance(stamped.event, e.QuestionAnswered):
            self._questions.pop(stamped.event.question_id, None)
        self._wake()

    def _wake(self) -> None:
        with self._lock:
            for each in self._wakes:
                with contextlib.suppress(BlockingIOError):  # it has not come to the last ones yet
                    each.send(b"\0")

    def close(self) -> None:
        """Listen no more; who is served is cut off. A second call does nothing."""
        with self._lock:
            if self._closed:
                return
            self._closed = True
        self._wake()
        self._unsubscribe()
        with contextlib.suppress(OSError):
            self._listening.shutdown(socket.SHUT_RDWR)
        self._listening.close()
        for each in tuple(self._served):
            with contextlib.suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
        self.path.unlink(missing_ok=True)

    def _accept(self) -> None:
        while not self._closed:
            try:
                connection, _ = self._listening.accept()
            except OSError:
                return  # it was closed
            if len(self._served) >= _MOST or not _is_ours(connection):
                connection.close()
                continue
            self._served.add(connection)
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        try:
            with connection, connection.makefile("rb") as stream:
                while line := stream.readline(_LINE):
                    self._answer(connection, line)
        except OSError:
            pass  # it went
        finally:
            self._served.discard(connection)

    def _answer(self, connection: socket.socket, line: bytes) -> None:
        try:
            request = json.loads(line)
            match request["op"]:
                case "events":
                    self._follow(connection, int(request.get("from", 1)))
                case "say":
                    send(connection, {"id": self._within.say(_words(request))})
                case "stop":
                    self._within.stop()
                    send(connection, {"ok": True})
                case "answer":
                    key = str(request["id"])
                    given = self._within.answer(self._questions.get(key, key), _words(request))
                    send(connection, {"ok": given})
                case unknown:
                    send(connection, {"error": f"Unknown request {unknown!r}."})
        except CodepilotError as error:
            send(connection, {"error": error.message})
        except (ValueError, KeyError, TypeError, RecursionError) as error:
            send(connection, {"error": f"The request is not understood: {type(error).__name__}: {error}"})

    def _follow(self, connection: socket.socket, first: int) -> None:
        """Send the records from a number on, until the other side goes."""
        follower = Follower(self._within.journal, first - 1)
        woken, wake = socket.socketpair()
        with woken, wake:
            woken.setblocking(False)
            wake.setblocking(False)
            with self._lock:
                self._wakes.add(wake)
            try:
                while not self._closed:
                    for record in follower.news():
                        whole = {"n": record.n, "time": record.time, "type": record.type, **record.data}
                        send(connection, {"record": whole})
                    if not _something_comes(woken, connection):
                        return
            finally:
                with self._lock:
                    self._wakes.discard(wake)


def _something_comes(woken: socket.socket, connection: socket.socket) -> bool:
    """Wait until something was recorded; False: the other side went.

    One that only ends its own sending, as a pipe into `nc` does, still reads: that is no hang-up.
    """
    poll = select.poll()
    poll.register(woken, select.POLLIN)
    poll.register(connection, 0)  # told of a hang-up in any case
    ready = {handle for handle, _ in poll.poll()}
    if connection.fileno() in ready:
        return False
    woken.recv(4096)
    return True


def _is_ours(connection: socket.socket) -> bool:
    """The folder lets nobody else in; where the system tells whose process it is, that is looked at, too."""
    if sys.platform != "linux":
        return True
    told = connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, struct.calcsize("3i"))
    return bool(struct.unpack("3i", told)[1] == os.getuid())


def _words(request: dict[str, Any]) -> str:
    if not isinstance(words := request["text"], str):
        raise TypeError("text is no string")
    return words
