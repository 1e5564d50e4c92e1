"""A PTY that is not read from for a while: the program waits, and not a byte is lost."""

import asyncio
import os
import select
import sys

import pytest

from codepilot.terminal.session.pty import Pty

GUARD = 60
pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="no PTYs of this kind")


async def test_held_output_waits_in_the_kernel(tmp_path):
    taken = bytearray()
    pty = Pty(
        ["/bin/sh", "-c", "i=0; while [ $i -lt 20000 ]; do echo line $i; i=$((i+1)); done; read x"],
        cwd=str(tmp_path),
        environment={"PATH": os.environ["PATH"]},
        size=(80, 24),
        umask=0o22,
        on_output=taken.extend,
    )
    try:
        pty.hold(True)
        ready = await asyncio.to_thread(select.select, [pty.fd], [], [], GUARD)
        assert ready[0] and not taken, "there is something, and it is not read"
        for _ in range(20):
            await asyncio.sleep(0)
        assert not taken
        pty.hold(True)
        pty.hold(False)
        async with asyncio.timeout(GUARD):
            while not taken.endswith(b"line 19999\r\n"):
                await asyncio.sleep(0.005)
        assert bytes(taken).splitlines() == [b"line %d" % number for number in range(20_000)]
        pty.hold(True)
    finally:
        pty.close()
    pty.hold(False)
    assert await asyncio.to_thread(os.waitpid, pty.pid, 0)
