"""Signs that a program is ready: ports, asked of the kernel, and words in its output, and what a look at them costs."""

import os
import signal
import socket

import pytest

from codepilot.errors import TerminalError
from codepilot.terminal.session.signs import Pattern, _answers, listens


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


@pytest.mark.parametrize(
    ("pattern", "text", "found"),
    [
        ("ready", "one\n  server is ready now \nthree", "server is ready now"),
        (r"port \d+", "listening on port 8000\n", "listening on port 8000"),
        ("^done$", "not done\ndone\n", "done"),
        ("ready (in", "ready (in 3 ms)", "ready (in 3 ms)"),
        ("a.b", "axb", "axb"),
        ("http://[::]:80", "see http://[::]:80", "see http://[::]:80"),
        (r"\nready", "x\nready", "ready"),
        ("absent", "present", ""),
        ("x", "x" * 500, "x" * 120),
    ],
)
def test_regular_expressions_and_plain_words(pattern, text, found):
    assert Pattern(pattern).find(text) == found


@pytest.mark.parametrize("pattern", ["ready", "rea[d]y"])
def test_what_was_seen_before_is_no_news(pattern):
    assert Pattern(pattern).find("ready> ", 7) == ""
    assert Pattern(pattern).find("ready", 2) == "ready"
    assert Pattern(pattern).find("ready> \nready", 7) == "ready"


@pytest.mark.parametrize("pattern", ["x*", "", "x" * 501])
def test_what_cannot_be_waited_for(pattern):
    with pytest.raises(TerminalError):
        Pattern(pattern)


def test_a_look_without_end_is_given_up():
    before = signal.getsignal(signal.SIGALRM)
    pattern = Pattern(r"(a+)+$")
    assert pattern.find("a" * 60 + "!") == "" and pattern.too_slow
    assert pattern.find("aaa") == ""
    assert signal.getsignal(signal.SIGALRM) is before and signal.getitimer(signal.ITIMER_REAL)[0] == 0
