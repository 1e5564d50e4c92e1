"""The worker's line to its host, over a socket pair."""

import socket

import pytest

from codepilot.sandbox.channel import _PROMPT_LINES, Channel, Output, OutputLimit
from codepilot.sandbox.codec import FrameCutter, pack


@pytest.fixture
def line():
    """The worker's channel, and a function that gives the frames that its host has got."""
    host, worker = socket.socketpair()
    cutter = FrameCutter()
    host.setblocking(False)

    def got():
        try:
            return list(cutter.feed(host.recv(1 << 16)))
        except BlockingIOError:
            return []

    with host, worker:
        yield Channel(worker.fileno()), got, host


def test_frames_arrive_one_by_one_however_they_were_cut(line):
    channel, _, host = line
    both = pack({"t": "a"}) + pack({"t": "b"})
    host.send(both[:3])
    host.send(both[3:])
    assert [channel.receive()["t"], channel.receive()["t"]] == ["a", "b"]


def test_whole_lines_go_out_at_once_and_pieces_are_gathered(line):
    channel, got, _ = line
    output = Output(channel, 1_000)
    output.begin()
    output._last = float("inf")  # the gathering time is not over
    output.write("one ")
    assert got() == []
    output.write("two\n")
    assert [frame["s"] for frame in got()] == ["one two\n"]


def test_after_so_many_lines_they_are_gathered_until_the_next_block(line):
    """A loop that prints would else send each of its lines by itself."""
    channel, got, _ = line
    output = Output(channel, 100_000)
    output.begin()
    for number in range(_PROMPT_LINES + 50):
        output._last = float("inf")  # the gathering time is not over
        output.write(f"{number}\n")
    sent = [text for _ in range(2) for text in (frame["s"] for frame in got())]
    assert sent == [f"{number}\n" for number in range(_PROMPT_LINES)]
    output.begin()
    output._last = float("inf")
    output.write("anew\n")
    assert [frame["s"] for frame in got()] == ["anew\n"]


def test_what_is_printed_past_the_limit_ends_the_block_after_what_fits(line):
    channel, got, _ = line
    output = Output(channel, 5)
    output.begin()
    with pytest.raises(OutputLimit):
        output.write("1234567")
    assert [frame["s"] for frame in got()] == ["12345"]
    output.begin()
    output.writelines(["ok", "\n"])
    assert "".join(frame["s"] for frame in got()) == "ok\n"


def test_only_texts_can_be_written(line):
    with pytest.raises(TypeError, match="text is needed, not int"):
        Output(line[0], 5).write(3)
    assert not Output(line[0], 5).isatty()
