"""Output that comes faster than it is parsed is read ahead by a process: up to a bound, whole and in order."""

import asyncio
import contextlib
import os
import resource
import select
import sys
import threading

import pytest

from codepilot.terminal.session import pty, read_ahead
from codepilot.terminal.session.pty import Pty
from codepilot.terminal.session.read_ahead import LIMIT, PIECE, ReadAhead

GUARD = 60
pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="only there is a terminal read ahead")


@pytest.fixture
def pipe():
    here, there = os.pipe()
    os.set_blocking(here, False)
    yield here, there
    for descriptor in (here, there):
        try:
            os.close(descriptor)
        except OSError:
            assert descriptor == there, "only the writing end may be closed by the test"


def numbers(count: int) -> bytes:
    return b"".join(b"%d\r\n" % number for number in range(1, count + 1))


def write_all(there: int, data: bytes) -> threading.Thread:
    def write() -> None:
        rest = memoryview(data)
        while rest:
            rest = rest[os.write(there, rest) :]
        os.close(there)

    thread = threading.Thread(target=write)
    thread.start()
    return thread


def wait_for(descriptor: int) -> None:
    assert select.select([descriptor], [], [], GUARD)[0]


def take_all(ahead: ReadAhead) -> bytes:
    taken = bytearray()
    while True:
        wait_for(ahead.output)
        data = ahead.take()
        if not data:
            assert data == b"", "select said that there is something"
            return bytes(taken)
        assert len(data) <= PIECE
        taken += data


def is_gone(pid: int) -> bool:
    """Ended, and collected."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    return False


def test_all_comes_in_order(pipe):
    here, there = pipe
    data = numbers(500_000)
    ahead = ReadAhead(here)  # before the thread: a process with threads should not fork
    writer = write_all(there, data)
    taken = take_all(ahead)
    ahead.close()
    assert is_gone(ahead._pid)
    os.set_blocking(here, True)
    while piece := os.read(here, PIECE):  # on a busy machine the writer may have paused
        taken += piece
    writer.join()
    assert taken == data


def test_it_reads_ahead_to_a_bound_and_what_it_leaves_is_still_there(pipe):
    here, there = pipe
    data = numbers(300_000)
    ahead = ReadAhead(here)
    writer = write_all(there, data)
    wait_for(ahead.output)
    taken = b"".join(ahead.rest())
    ahead.close()
    # The pipe, and what the process had in its hands.
    assert 0 < len(taken) <= LIMIT + PIECE < len(data)
    os.set_blocking(here, True)
    while piece := os.read(here, PIECE):
        taken += piece
    writer.join()
    assert taken == data


def test_a_lull_ends_it_and_loses_nothing(pipe):
    here, there = pipe
    ahead = ReadAhead(here)
    os.write(there, b"some words")
    assert take_all(ahead) == b"some words"
    ahead.close()
    os.write(there, b"more")
    assert os.read(here, 100) == b"more"


def test_there_may_be_nothing_yet(pipe, monkeypatch):
    monkeypatch.setattr(read_ahead, "_QUIET_MS", GUARD * 1000)
    here, there = pipe
    ahead = ReadAhead(here)
    assert ahead.take() is None
    os.write(there, b"words")
    wait_for(ahead.output)
    assert ahead.take() == b"words"
    ahead.stop()
    ahead.stop()
    assert take_all(ahead) == b""
    ahead.close()


def test_closing_ends_it_also_while_nobody_takes_anything(pipe):
    here, there = pipe
    ahead = ReadAhead(here)
    writer = write_all(there, numbers(300_000))
    wait_for(ahead.output)
    ahead.close()
    assert is_gone(ahead._pid)
    os.set_blocking(here, True)
    while os.read(here, PIECE):
        pass
    writer.join()


def test_one_does_not_keep_another_ones_descriptors(pipe, monkeypatch):
    monkeypatch.setattr(read_ahead, "_QUIET_MS", GUARD * 1000)
    here, there = pipe
    first = ReadAhead(here)
    second = ReadAhead(here)
    first.stop()
    assert take_all(first) == b"", "the second one would hold the end by which the first is told to stop"
    first.close()
    second.close()
    os.close(there)


def test_it_ends_with_the_one_that_began_it(pipe, monkeypatch):
    monkeypatch.setattr(read_ahead, "_QUIET_MS", GUARD * 1000)
    here, there = pipe
    say, hear = os.pipe()
    pid = os.fork()
    if pid == 0:
        try:
            os.write(hear, b"%d" % ReadAhead(here)._pid)
        finally:
            os._exit(0)  # as if killed: nothing is closed by its own doing
    pump = int(os.read(say, 100))
    os.waitpid(pid, 0)
    look = os.pidfd_open(pump)
    wait_for(look)  # readable when the process has ended
    for descriptor in (say, hear, look, there):
        os.close(descriptor)


def test_a_terminal_whose_other_side_is_closed_ends_it():
    master, slave = os.openpty()
    try:
        os.set_blocking(master, False)
        os.close(slave)
        ahead = ReadAhead(master)
        assert take_all(ahead) == b""
        ahead.close()
    finally:
        os.close(master)


@pytest.fixture
def at_once(monkeypatch):
    """Every turn counts as one of a flood."""
    monkeypatch.setattr(pty, "_FLOOD_AFTER", 0)


def start(script: str, folder, on_output) -> Pty:
    return Pty(
        ["/bin/sh", "-c", script],
        cwd=str(folder),
        environment={"PATH": os.environ["PATH"]},
        size=(80, 24),
        umask=0o22,
        on_output=on_output,
    )


def read_ahead_of(terminal) -> bool:
    """A process of its own reads it now; nothing but these tests wants to know."""
    return terminal._ahead is not None


async def until(condition) -> None:
    async with asyncio.timeout(GUARD):
        while not condition():
            await asyncio.sleep(0.005)


async def test_holds_forks_and_lulls_in_a_flood_lose_nothing(tmp_path, at_once):
    taken = bytearray()
    flooded = set()

    def take(data: bytes) -> None:
        taken.extend(data)
        flooded.add(read_ahead_of(first))

    first = start("seq 1 200000; sleep 0.2; seq 1 200000; read x", tmp_path, take)
    others = []
    try:
        expected = 2 * numbers(200_000)
        for share in (10, 5, 2):
            await until(lambda share=share: len(taken) >= len(expected) // share)
            first.hold(True)
            first.hold(False)
            others.append(start("exit 0", tmp_path, lambda data: None))
        await until(lambda: len(taken) >= len(expected))
        assert bytes(taken) == expected
        assert True in flooded
    finally:
        for each in (first, *others):
            each.close()
    for each in (first, *others):
        await asyncio.to_thread(os.waitpid, each.pid, 0)


async def test_the_last_output_of_an_ended_program_is_drained(tmp_path, at_once):
    taken = bytearray()
    terminal = start("seq 1 100000", tmp_path, taken.extend)
    await until(lambda: read_ahead_of(terminal) or taken)
    await until(lambda: os.waitpid(terminal.pid, os.WNOHANG)[0] != 0)
    terminal.drain()
    terminal.close()
    assert bytes(taken) == numbers(100_000)
    assert not read_ahead_of(terminal)


async def test_a_held_flood_is_stopped_and_the_program_waits(tmp_path, at_once):
    taken = bytearray()
    terminal = start("yes", tmp_path, taken.extend)
    try:
        await until(lambda: read_ahead_of(terminal))
        terminal.hold(True)
        before = len(taken)
        await until(lambda: select.select([terminal._ahead._ahead.output], [], [], 0)[0])
        await asyncio.sleep(0)
        assert terminal.has_output
        assert len(taken) == before
        terminal.hold(False)
        await until(lambda: len(taken) > before)
        terminal.write(b"\x03")
        await until(lambda: os.waitpid(terminal.pid, os.WNOHANG)[0] != 0)
        terminal.drain()
    finally:
        terminal.close()
    assert taken.startswith(b"y\r\ny\r\n")


@contextlib.contextmanager
def descriptors(free: int):
    """No more than so many descriptors can be opened meanwhile, and none of them stays open."""
    taken = [os.dup(0) for _ in range(free + 1)]
    for each in taken:
        os.close(each)
    bounds = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (taken[-1], bounds[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, bounds)
    for each in taken:
        with pytest.raises(OSError, match="Bad file descriptor"):
            os.fstat(each)


@pytest.mark.parametrize("free", [0, 2])
async def test_where_no_pipe_is_to_be_had_the_loop_reads_on(tmp_path, at_once, free):
    taken = bytearray()
    terminal = start("read go; seq 1 100000; read x", tmp_path, taken.extend)
    try:
        with descriptors(free):
            terminal.write(b"\n")
            await until(lambda: len(taken) >= len(numbers(100_000)))
            assert not read_ahead_of(terminal)
        assert taken == b"\r\n" + numbers(100_000)
    finally:
        terminal.close()
        await asyncio.to_thread(os.waitpid, terminal.pid, 0)
