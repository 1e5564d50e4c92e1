"""Errors as a face tells them."""

import ast
import re
from pathlib import Path

import pytest

import codepilot
from codepilot.errors import CodepilotError, with_stop


@pytest.mark.parametrize(
    ("message", "hint", "told"),
    [
        ("the terminal host is gone", "Call it again.", "the terminal host is gone. Call it again."),
        ("This runtime is closed.", "Make a new one.", "This runtime is closed. Make a new one."),
        ("it failed", "", "it failed."),
        ("The difference:", "a", "The difference: a"),
    ],
)
def test_message_and_hint_are_a_sentence_each(message, hint, told):
    assert CodepilotError(message, hint=hint).told == told


def test_a_stop_is_never_doubled():
    assert [with_stop(text) for text in ("a", "a.", "a?", "a!", "a …", "")] == [
        "a.",
        "a.",
        "a?",
        "a!",
        "a …",
        "",
    ]


SENTENCES = ("TerminalError", "SandboxError", "SessionError", "UsageError", "WorkspaceError")
"""What begins with a place in a file is worded as compilers do: `path:line: key: expected …`."""


def messages():
    """The fixed words of each error that the library raises, X for what is put in."""
    for path in sorted(Path(codepilot.__file__).parent.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.args):
                continue
            if node.func.id not in SENTENCES:
                continue
            match node.args[0]:
                case ast.Constant(value=str(text)):
                    yield f"{path.name}:{node.lineno}", text
                case ast.JoinedStr(values=parts):
                    words = [part.value if isinstance(part, ast.Constant) else "X" for part in parts]
                    yield f"{path.name}:{node.lineno}", "".join(words)


@pytest.mark.parametrize(("place", "text"), list(messages()))
def test_a_message_is_a_sentence(place, text):
    named = re.match(r"[a-z_.]+(\(|:| is | matches | names )", text)  # an option or a function by its name
    assert text[0].isupper() or text[0] in "'-@" or named, f"{place}: {text}"
    assert text[-1] in ".!?:X", f"{place}: {text}"
