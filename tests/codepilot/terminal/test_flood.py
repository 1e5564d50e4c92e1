"""Output that comes faster than it is parsed is read ahead by a thread: up to a bound, whole and in order."""

import asyncio
import os
import pty as ptys
import sys
import threading

import pytest

from codepilot.terminal import flood, pty
from codepilot.terminal.flood import LIMIT, PIECE, FloodReader, end_floods
from codepilot.terminal.pty import Pty

GUARD = 30
pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="no PTYs of this kind")


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


def pump(there: int, data: bytes) -> threading.Thread:
    def write() -> None:
        rest = memoryview(data)
        while rest:
            rest = rest[os.write(there, rest) :]
        os.close(there)

    thread = threading.Thread(target=write)
    thread.start()
    return thread


def take_all(reader: FloodReader, told: threading.Event) -> bytes:
    taken = bytearray()
    while True:
        assert told.wait(GUARD)
        told.clear()
        over = reader.over
        while data := reader.take():
            assert len(data) <= PIECE
            taken += data
        if over:
            return bytes(taken)


def test_all_comes_in_order_and_the_end_is_told(pipe):
    here, there = pipe
    data = numbers(500_000)
    writer = pump(there, data)
    taken = b""
    ended = False
    while not ended:  # on a busy machine the writer may pause
        told = threading.Event()
        reader = FloodReader(here, told.set)
        taken += take_all(reader, told)
        ended = reader.ended
        assert reader.error is None
        reader.stop()
        reader.stop()
    writer.join()
    assert taken == data
    assert not flood._running


def test_it_reads_ahead_to_a_bound_and_what_it_leaves_is_still_there(pipe):
    here, there = pipe
    data = numbers(300_000)
    writer = pump(there, data)
    taken = bytearray()
    while len(taken) < LIMIT:
        taken.clear()
        told = threading.Event()
        reader = FloodReader(here, told.set)
        while not reader.over and len(reader._read_ahead) < LIMIT:
            writer.join(0.01)
        end_floods()
        assert reader.over and not reader.ended
        while piece := reader.take():
            taken += piece
        data = data if len(taken) >= LIMIT else data[len(taken) :]
    assert len(taken) < LIMIT + PIECE
    os.set_blocking(here, True)
    while piece := os.read(here, PIECE):
        taken += piece
    writer.join()
    assert taken == data


def test_a_lull_ends_it_and_loses_nothing(pipe):
    here, there = pipe
    told = threading.Event()
    reader = FloodReader(here, told.set)
    os.write(there, b"some words")
    assert take_all(reader, told) == b"some words"
    assert not reader.ended
    reader.stop()
    os.write(there, b"more")
    assert os.read(here, 100) == b"more"
    os.close(there)


def test_a_terminal_whose_other_side_is_closed_has_ended():
    master, slave = ptys.openpty()
    try:
        os.set_blocking(master, False)
        os.close(slave)
        told = threading.Event()
        reader = FloodReader(master, told.set)
        assert take_all(reader, told) == b""
        assert reader.ended and reader.error is None
        reader.stop()
    finally:
        os.close(master)


def test_another_fault_is_kept(pipe):
    _, there = pipe  # not for reading
    told = threading.Event()
    reader = FloodReader(there, told.set)
    assert take_all(reader, told) == b""
    assert reader.ended and isinstance(reader.error, OSError)
    reader.stop()
    os.close(there)


@pytest.fixture
def at_once(monkeypatch):
    """Every turn counts as one of a flood."""
    monkeypatch.setattr(pty, "_FLOOD_AFTER", 0)


def start(script: str, folder, on_output) -> Pty:
    return Pty(
        ["/bin/sh", "-c", script],
        cwd=str(folder),
        environment={"PATH": os.environ["PATH"]},
        columns=80,
        lines=24,
        umask=0o22,
        on_output=on_output,
    )


async def until(condition) -> None:
    async with asyncio.timeout(GUARD):
        while not condition():
            await asyncio.sleep(0.005)


async def test_holds_forks_and_lulls_in_a_flood_lose_nothing(tmp_path, at_once):
    taken = bytearray()
    flooded = set()

    def take(data: bytes) -> None:
        taken.extend(data)
        flooded.add(first.flooded)

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
    assert not flood._running


async def test_the_last_output_of_an_ended_program_is_drained(tmp_path, at_once):
    taken = bytearray()
    terminal = start("seq 1 100000", tmp_path, taken.extend)
    await until(lambda: terminal.flooded or taken)
    await until(lambda: os.waitpid(terminal.pid, os.WNOHANG)[0] != 0)
    terminal.drain()
    terminal.close()
    assert bytes(taken) == numbers(100_000)
    assert not terminal.flooded and not flood._running


async def test_a_held_flood_is_stopped_and_the_program_waits(tmp_path, at_once):
    taken = bytearray()
    terminal = start("yes", tmp_path, taken.extend)
    try:
        await until(lambda: terminal.flooded)
        terminal.hold(True)
        assert not flood._running
        before = len(taken)
        await until(lambda: terminal.has_output)
        assert len(taken) == before
        terminal.hold(False)
        await until(lambda: len(taken) > before)
        terminal.write(b"\x03")
        await until(lambda: os.waitpid(terminal.pid, os.WNOHANG)[0] != 0)
        terminal.drain()
    finally:
        terminal.close()
    assert taken.startswith(b"y\r\ny\r\n")
