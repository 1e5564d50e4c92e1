"""What a script prints that registered nothing."""

import io
import sys

import pytest

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


@pytest.mark.parametrize(
    ("event", "given", "printed"),
    [
        (EventType.THINK, {"message": "hm\x1b"}, "· hm␛\n"),
        (EventType.STREAM, {"text": "a\x1b"}, "a␛"),
        (EventType.TOOL_CALL, {"tool": "find", "args": {"a": 1, "b": "x"}}, "▸ find a=1, b='x'\n"),
        (EventType.TOOL_CALL, {"tool": "find", "args": {"a": 1}, "label": "x"}, "▸ find x\n"),
        (EventType.TOOL_RESULT, {"tool": "find", "result": "r" * 300}, "r" * 300 + "\n"),
        (EventType.TOOL_RESULT, {"tool": "find", "result": "r" * 301}, "r" * 299 + "…\n"),
        (EventType.SECURITY_ERROR, {"error": "no"}, "✗ no\n"),
        (EventType.RUNTIME_ERROR, {"error": "no"}, "✗ no\n"),
        (EventType.RUNTIME_ERROR, {"error": "no", "hint": "do", "source": "tool"}, "✗ no\n  do\n"),
        (EventType.FINISH, {"summary": "all"}, "✓ all\n"),
        (EventType.MAX_STEPS, {}, "✗ The step limit is reached; the task is not finished.\n"),
    ],
)
def test_what_each_default_handler_prints(capsys, event, given, printed):
    DEFAULT_HANDLERS[EventType.STREAM](text="\n")  # whatever was printed before ends its line
    capsys.readouterr()
    DEFAULT_HANDLERS[event](**given, something_to_come=True)
    assert capsys.readouterr().out == printed


def test_a_line_after_streamed_text_begins_anew_and_empty_text_prints_nothing(capsys):
    for text in ("a", "", "b\n", ""):
        DEFAULT_HANDLERS[EventType.STREAM](text=text)
    DEFAULT_HANDLERS[EventType.FINISH](summary="c")
    DEFAULT_HANDLERS[EventType.STREAM](text="d")
    DEFAULT_HANDLERS[EventType.FINISH](summary="e")
    assert capsys.readouterr().out == "ab\n✓ c\nd\n✓ e\n"


def test_what_is_printed_is_out_at_once(monkeypatch):
    raw = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(raw, encoding="utf-8"))
    DEFAULT_HANDLERS[EventType.STREAM](text="now\n")
    assert raw.getvalue() == b"now\n"
