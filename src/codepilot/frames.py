"""Frames on a socket: four bytes of length (big-endian), then that many bytes. What they hold is the user's own affair.

The worker of control blocks loads this file before its jail closes, so it imports little, and nothing from outside.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator

_LENGTH = struct.Struct(">I")


class FrameError(ValueError):
    """A frame, or what it holds, that cannot be sent or must not be taken."""


def pack(body: bytes, limit: int) -> bytes:
    """A frame around these bytes.

    Args:
        body: what it carries.
        limit: the most bytes that the other end takes.

    Raises:
        FrameError: it is longer.
    """
    if len(body) > limit:
        raise FrameError(f"{len(body):,} bytes are more than one frame can carry ({limit:,})")
    return _LENGTH.pack(len(body)) + body


class Cutter:
    """Cuts a stream of bytes into what its frames carry, however it is sliced.

    Args:
        limit: the most bytes that a frame may announce. None of a longer one are kept.
    """

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._pending = bytearray()

    def feed(self, data: bytes) -> Iterator[bytes]:
        """Add bytes and give out what has come whole.

        Raises:
            FrameError: a frame announces more than the limit. Nothing can be read from the stream any more.
        """
        pending = self._pending
        pending += data
        start = 0
        try:
            while len(pending) - start >= _LENGTH.size:
                (length,) = _LENGTH.unpack_from(pending, start)
                if length > self._limit:
                    raise FrameError(f"a frame of {length:,} bytes")
                begin, end = start + _LENGTH.size, start + _LENGTH.size + length
                if len(pending) < end:
                    return
                start = end
                yield bytes(memoryview(pending)[begin:end])
        finally:
            del pending[:start]
