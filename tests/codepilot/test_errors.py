"""Errors as a face tells them."""

import pytest

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
