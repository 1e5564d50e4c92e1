"""Lines of standard input, whole, however they come; what they do to a task is tested with `run`."""

import os
import sys
import threading

import pytest

from codepilot.cli.stdin import MOST
from codepilot.cli.steering import _lines


@pytest.fixture
def typed(monkeypatch):
    read, write = os.pipe()
    stream = os.fdopen(read)
    monkeypatch.setattr(sys, "stdin", stream)
    yield write
    stream.close()


def test_lines_are_joined_from_pieces_and_the_last_needs_no_end(typed):
    lines = _lines()
    os.write(typed, b"one\r\ntw")
    assert next(lines) == "one"
    os.write(typed, b"o\nthree")
    assert next(lines) == "two"
    os.close(typed)
    assert list(lines) == ["three"]


def test_what_is_no_utf_8_is_shown_as_such(typed):
    os.write(typed, b"caf\xe9\n")
    os.close(typed)
    assert list(_lines()) == ["caf\ufffd"]


@pytest.mark.parametrize("end", [b"\nnext\n", b""])
def test_a_line_longer_than_a_model_could_read_is_left_out_and_the_person_is_told(typed, capsys, end):
    def write():
        with os.fdopen(typed, "wb") as pipe:
            pipe.write(b"first\n" + b"x" * MOST + b"\n" + b"y" * (3 * MOST) + end)

    writer = threading.Thread(target=write)
    writer.start()
    lines = list(_lines())
    writer.join()
    assert lines[:2] == ["first", "x" * MOST]
    assert lines[2:] == (["next"] if end else [])
    told = "codepilot: a message on standard input was longer than 1,000,000 bytes, so it was not sent. "
    assert capsys.readouterr().err.count(told) == 1
