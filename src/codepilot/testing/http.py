"""As much HTTP/1.1 as the model server needs: one request per connection, bodies that can be cut anywhere."""

from __future__ import annotations

import asyncio
import json
import socket
import struct
import threading
from dataclasses import dataclass, field
from typing import Any

from codepilot.script import Fault
from codepilot.testing import wires
from codepilot.text import well_formed

LARGEST_HEAD = 1 << 16
_HEAD = "HTTP/1.1 {status} {reason}\r\nconnection: close\r\n"


@dataclass(slots=True)
class RecordedRequest:
    """One request as it came in."""

    method: str
    path: str
    headers: dict[str, str]
    """By lower-case name."""
    body: dict[str, Any]
    raw: bytes
    """The body's bytes."""
    ended: threading.Event = field(default_factory=threading.Event)
    """Set when the server is done with it, whichever side ended it."""
    left: bool = False
    """The client went away before the reply was complete."""

    @property
    def user_text(self) -> str:
        """The last user message."""
        return wires.last_user_text(self.body)


class StreamBody:
    """A streamed answer: a chunked body, in pieces of `split` bytes where asked."""

    def __init__(self, writer: asyncio.StreamWriter, split: int) -> None:
        self.writer = writer
        self._split = split

    def begin(self) -> None:
        """Send the head."""
        head = _HEAD.format(status=200, reason="OK")
        self.writer.write(
            f"{head}content-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n".encode()
        )

    async def send(self, data: bytes) -> None:
        """Send an event."""
        step = self._split or len(data)
        for start in range(0, len(data), step):
            part = data[start : start + step]
            self.writer.write(b"%x\r\n%s\r\n" % (len(part), part))
            if self._split:
                await asyncio.sleep(0)
        await self.writer.drain()

    async def end(self) -> None:
        """Say that the body is complete."""
        self.writer.write(b"0\r\n\r\n")
        await self.writer.drain()

    def reset(self) -> None:
        """Break the connection off: lingering for no time at all makes the kernel send RST instead of FIN."""
        sock: socket.socket | None = self.writer.get_extra_info("socket")
        if sock is not None:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.writer.transport.abort()


async def read_request(reader: asyncio.StreamReader) -> RecordedRequest:
    """The request on a fresh connection."""
    head = await reader.readuntil(b"\r\n\r\n")
    first, *lines = head.decode("latin-1").split("\r\n")
    method, _, rest = first.partition(" ")
    headers = {}
    for line in lines:
        name, colon, value = line.partition(":")
        if colon:
            headers[name.strip().lower()] = value.strip()
    raw = b""
    if headers.get("transfer-encoding", "").lower() == "chunked":
        while size := int((await reader.readline()).split(b";")[0], 16):
            raw += await reader.readexactly(size)
            await reader.readline()
        await reader.readline()
    elif length := int(headers.get("content-length", "0")):
        raw = await reader.readexactly(length)
    try:
        body = json.loads(raw) if raw else {}
    except ValueError:
        body = {}
    return RecordedRequest(
        method, rest.rpartition(" ")[0], headers, body if isinstance(body, dict) else {}, raw
    )


async def send_json(writer: asyncio.StreamWriter, status: int, data: Any) -> None:
    """Answer with JSON."""
    await send_fault(writer, Fault(status=status, body=data))


async def send_fault(writer: asyncio.StreamWriter, fault: Fault) -> None:
    """Answer with the status, headers and body of a `status` fault."""
    if isinstance(fault.body, str):
        kind, payload = "text/plain; charset=utf-8", well_formed(fault.body).encode()
    else:
        error = {
            "type": "error",
            "error": {"type": "scripted_error", "message": f"scripted status {fault.status}"},
        }
        kind, payload = "application/json", json.dumps(error if fault.body is None else fault.body).encode()
    headers = {"content-type": kind, "content-length": str(len(payload)), **fault.headers}
    lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    writer.write(
        _HEAD.format(status=fault.status, reason="Scripted").encode() + lines.encode() + b"\r\n" + payload
    )
    await writer.drain()
