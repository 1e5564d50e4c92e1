"""One end of a framed connection, for host and clients alike."""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket
import struct
from collections.abc import Callable
from typing import Any, cast

from codepilot.errors import TerminalError
from codepilot.terminal.messages import FrameReader, Message, encode_frame

HIGH_WATER = 262_144
"""Unsent bytes above which a peer counts as slow and gets no more screens."""
DROP_AT = 8 * 1024 * 1024
"""Unsent bytes at which it is disconnected."""


class Connection(asyncio.Protocol):
    """Frames in, frames out, on the loop that made it."""

    def __init__(self) -> None:
        self.on_message: Callable[[dict[str, Any]], None] = lambda message: None
        self.on_opened: Callable[[], None] = lambda: None
        self.on_closed: Callable[[str], None] = lambda why: None
        self.on_drained: Callable[[], None] = lambda: None
        self.slow = False
        """The peer does not keep up."""
        self.open = False
        self.transport: asyncio.Transport | None = None
        self._reader = FrameReader()
        self._fault = ""
        self._gone = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Asyncio: the connection stands."""
        self.transport = cast("asyncio.Transport", transport)
        self.transport.set_write_buffer_limits(high=HIGH_WATER, low=HIGH_WATER // 4)
        self.open = True
        self.on_opened()

    def data_received(self, data: bytes) -> None:
        """Asyncio: bytes came."""
        try:
            for message in self._reader.feed(data):
                if not self.open:
                    return
                self.on_message(message)
        except TerminalError as error:
            self.cut(str(error))

    def connection_lost(self, error: Exception | None) -> None:
        """Asyncio: the connection is gone."""
        self.open = False
        self.on_closed(self._fault or (str(error) if error is not None else ""))
        if not self._gone.done():
            self._gone.set_result(None)

    def pause_writing(self) -> None:
        """Asyncio: too much is unsent."""
        self.slow = True

    def resume_writing(self) -> None:
        """Asyncio: the peer has caught up."""
        self.slow = False
        self.on_drained()

    def send(self, message: Message) -> None:
        """Queue a frame; a peer that reads nothing for too long is disconnected."""
        if self.transport is None or not self.open:
            return
        self.transport.write(encode_frame(message))
        if self.transport.get_write_buffer_size() > DROP_AT:
            self.cut("the peer does not read")

    def check_peer(self) -> None:
        """Talk only to programs of the same user.

        Raises:
            TerminalError: another user's process is at the other end; the connection is closed.
        """
        peer = self.transport.get_extra_info("socket") if self.transport is not None else None
        if peer is None or _peer_uid(peer) not in (None, os.getuid()):
            self.cut("another user's process")
            raise TerminalError("The other end of the terminal socket belongs to another user.")

    def hang_up(self, loop: asyncio.AbstractEventLoop) -> None:
        """End it from outside of its loop, which may be closed."""
        transport = self.transport
        if transport is None:
            return
        if loop.is_running():
            loop.call_soon_threadsafe(transport.abort)
            return
        with contextlib.suppress(OSError):
            transport.get_extra_info("socket").shutdown(socket.SHUT_RDWR)  # the host hears of it at once
        with contextlib.suppress(RuntimeError):
            transport.abort()  # raises where the loop is closed, having done its part but the last:
        if loop.is_closed() and (end := getattr(transport, "_call_connection_lost", None)) is not None:
            end(None)  # no public way closes the socket then

    def cut(self, why: str) -> None:
        """End it at once."""
        self._fault = self._fault or why
        self.open = False
        if self.transport is not None:
            self.transport.abort()

    async def close(self) -> None:
        """Send what is queued, then end it."""
        if self.transport is not None:
            self.open = False
            self.transport.close()
            await self._gone


def _peer_uid(peer: socket.socket) -> int | None:
    """The user at the other end, where the system tells it. The folder is closed to others in any case."""
    if not hasattr(socket, "SO_PEERCRED"):
        return None
    data = peer.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, struct.calcsize("3i"))
    return cast("int", struct.unpack("3i", data)[1])
