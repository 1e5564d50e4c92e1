"""Ports, asked of the kernel."""

import os
import socket

import pytest

from codepilot.terminal.session.signs import _answers, listens


@pytest.mark.parametrize("address", ["127.0.0.1", "0.0.0.0", "::1", "::"])
async def test_a_server_on_the_loopback_device(address):
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    try:
        server = socket.create_server((address, 0), family=family)
    except OSError:
        pytest.skip(f"no {address} here")
    with server:
        port = server.getsockname()[1]
        assert await listens(port, os.getpid())
        server.setblocking(False)
        with pytest.raises(BlockingIOError):
            server.accept()  # it was not called
        assert await _answers(port)
    assert not await listens(port, os.getpid()) and not await _answers(port)


async def test_a_connection_is_no_listener():
    with (
        socket.create_server(("127.0.0.1", 0)) as server,
        socket.create_connection(server.getsockname()) as call,
    ):
        port = call.getsockname()[1]
        assert not await listens(port, os.getpid())
