"""The worker's line to its host: frames over a socket, and what blocks print."""

from __future__ import annotations

import os
import time
from collections.abc import Mapping, Sequence
from typing import Any, Final

from codepilot.sandbox.codec import FrameCutter, pack

_PROMPT_LINES: Final = 200
"""So many pieces of output go out at once; later ones are gathered."""
_GATHERED: Final = 8_192
_GATHER_SECONDS: Final = 0.05

Frame = dict[str, Any]


class OutputLimit(BaseException):
    """The block printed more than it may. No `Exception`, so that a loop cannot swallow it by accident."""


class Channel:
    """The socket to the host, as a plain descriptor."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._cutter = FrameCutter()
        self._frames: list[Frame] = []

    def send(self, message: Mapping[str, Any]) -> None:
        """Send one frame; waits while the host is busy."""
        self.send_packed(pack(message))

    def send_packed(self, frame: bytes) -> None:
        """As `send`, for a frame that is packed already."""
        data = memoryview(frame)
        while data:
            data = data[os.write(self._descriptor, data) :]

    def receive(self) -> Frame:
        """The next frame. Ends the process when the host is gone."""
        while not self._frames:
            data = os.read(self._descriptor, 1 << 16)
            if not data:
                os._exit(0)
            self._frames.extend(self._cutter.feed(data))
        return self._frames.pop(0)


class Output:
    """What `print` writes to: goes to the host, up to a limit."""

    encoding = "utf-8"
    errors = "replace"

    def __init__(self, channel: Channel, limit: int) -> None:
        self._channel = channel
        self._limit = limit
        self._parts: list[str] = []
        self._size = 0
        self._left = 0
        self._sent = 0
        self._last = 0.0

    def begin(self) -> None:
        """A new block starts with the full limit."""
        self._parts, self._size, self._left, self._sent, self._last = [], 0, self._limit, 0, 0.0

    def write(self, text: str) -> int:
        """Take text; raises `OutputLimit` once there is more than the limit."""
        if not isinstance(text, str):
            raise TypeError(f"text is needed, not {type(text).__name__}")
        if text:
            taken = text[: self._left]
            if taken:
                self._parts.append(taken)
                self._size += len(taken)
                self._left -= len(taken)
            if len(taken) < len(text):
                self.flush()
                raise OutputLimit
            if self._due(text):
                self.flush()
        return len(text)

    def _due(self, text: str) -> bool:
        if self._size >= _GATHERED or (self._sent < _PROMPT_LINES and "\n" in text):
            return True
        return time.monotonic() - self._last > _GATHER_SECONDS

    def writelines(self, lines: Sequence[str]) -> None:
        """Take several pieces."""
        for line in lines:
            self.write(line)

    def flush(self) -> None:
        """Send what is gathered."""
        if self._parts:
            text = "".join(self._parts)
            self._parts, self._size = [], 0
            self._sent += 1
            self._last = time.monotonic()
            self._channel.send({"t": "out", "s": text})

    def isatty(self) -> bool:
        """Never a terminal."""
        return False
