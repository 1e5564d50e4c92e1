"""Does a program listen on a port of this machine? Asked of the kernel, so that no server sees a strange caller."""

from __future__ import annotations

import asyncio
import contextlib
from pathlib import Path

_LISTEN = "0A"
_TABLES = ("tcp", "tcp6")
_ANY_OR_LOOPBACK = frozenset(
    {
        "00000000",
        "0100007F",
        "0" * 32,
        "0" * 24 + "01000000",  # ::1
        "0000000000000000FFFF00000100007F",  # 127.0.0.1 in a socket for both
    }
)
"""As the kernel of a little-endian machine prints them."""
_PATIENCE = 0.5


async def listens(port: int, process: int) -> bool:
    """Whether a connection to that port on the loopback device would be taken.

    Args:
        port: 1 to 65535.
        process: whose network is meant; a jail may have one of its own.
    """
    tables = [Path(f"/proc/{process}/net/{name}") for name in _TABLES]
    seen = False
    for table in tables:
        try:
            lines = table.read_text(encoding="ascii").splitlines()[1:]
        except OSError:
            continue
        seen = True
        for line in lines:
            fields = line.split(maxsplit=4)
            address, _, number = fields[1].rpartition(":")
            if fields[3] == _LISTEN and int(number, 16) == port and _reachable(address):
                return True
    return False if seen else await _answers(port)


def _reachable(address: str) -> bool:
    return address in _ANY_OR_LOOPBACK or (len(address) == 8 and address.endswith("7F"))


async def _answers(port: int) -> bool:
    """The same where there is no such table: call."""
    for host in ("127.0.0.1", "::1"):
        try:
            async with asyncio.timeout(_PATIENCE):
                _, writer = await asyncio.open_connection(host, port)
        except (OSError, TimeoutError):
            continue
        writer.close()
        with contextlib.suppress(OSError):
            await writer.wait_closed()
        return True
    return False
