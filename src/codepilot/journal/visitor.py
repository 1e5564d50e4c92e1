"""Who speaks to the program that holds a session, through its socket; `runtime/door.py` is the other side."""

from __future__ import annotations

import json
import socket
from pathlib import Path
from typing import Any


def send(connection: socket.socket, said: dict[str, Any]) -> None:
    """Say something, as one line."""
    connection.sendall(json.dumps(said, ensure_ascii=True, default=str).encode() + b"\n")


class Visitor:
    """Speaks to the program that holds a session.

    Args:
        path: of its socket, as its lock file says.

    Raises:
        OSError: it does not answer.
    """

    def __init__(self, path: Path | str) -> None:
        self._socket = socket.socket(socket.AF_UNIX)
        try:
            self._socket.connect(str(path))
        except OSError:
            self._socket.close()
            raise
        self._stream = self._socket.makefile("rb")

    def ask(self, op: str, **arguments: Any) -> dict[str, Any]:
        """One request and its answer.

        Raises:
            OSError: the program is gone.
        """
        send(self._socket, {"op": op, **arguments})
        return self.next()

    def next(self) -> dict[str, Any]:
        """The next thing that it says.

        Raises:
            OSError: the program is gone.
        """
        line = self._stream.readline()
        if not line:
            raise ConnectionResetError("The program that holds the session is gone.")
        answer: dict[str, Any] = json.loads(line)
        return answer

    def close(self) -> None:
        """Leave."""
        self._stream.close()
        self._socket.close()
