"""Lines of standard input, whole, however they come; what they do to a task is tested with `run`."""

import os
import sys

import pytest

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
