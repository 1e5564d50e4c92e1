"""What a script prints that registered nothing."""

import io
import sys

from codepilot.hooks import EventType
from codepilot.hooks.defaults import DEFAULT_HANDLERS


def play():
    DEFAULT_HANDLERS[EventType.STREAM](text="I look ")
    DEFAULT_HANDLERS[EventType.STREAM](text="at it.")
    DEFAULT_HANDLERS[EventType.TOOL_CALL](tool="read_file", args={"path": "é.txt"}, label="é.txt")
    DEFAULT_HANDLERS[EventType.TOOL_RESULT](tool="read_file", result="1: x")
    DEFAULT_HANDLERS[EventType.FINISH](summary="Done.")


def test_streamed_text_and_calls_have_lines_of_their_own(capsys):
    play()
    assert capsys.readouterr().out == "I look at it.\n▸ read_file é.txt\n1: x\n✓ Done.\n"


def test_an_ascii_console_gets_question_marks(monkeypatch):
    raw = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(raw, encoding="ascii"))
    play()
    assert raw.getvalue().decode("ascii") == "I look at it.\n? read_file ?.txt\n1: x\n? Done.\n"


def test_without_a_console_nothing_is_printed_and_nothing_fails(monkeypatch):
    monkeypatch.setattr(sys, "stdout", None)
    play()
