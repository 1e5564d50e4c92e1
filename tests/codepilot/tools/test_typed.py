"""What `send_input` makes of a text and of names of keys."""

import pytest

from codepilot.tools.typed import Typed, key_named


def test_a_text_is_typed_with_the_line_ends_of_a_keyboard():
    typed = Typed.of("one\ntwo\n", ())
    assert (typed.text, typed.keys, typed.shown) == ("one\rtwo\r", (), "one\\ntwo\\n")
    assert typed.warning == ""


def test_a_text_without_its_newline_is_warned_about():
    assert "no newline at its end" in Typed.of("yes", ()).warning
    assert Typed.of("yes", ("Enter",)).warning == ""


def test_a_text_may_name_one_key():
    assert Typed.of("C-c", ()).text == ""
    assert Typed.of("C-c", ()).keys == (key_named("C-c"),)
    assert key_named("make") == "" and key_named("Enter") == "enter"


def test_a_name_that_is_no_key_is_named():
    assert Typed.of("", ("Down", "Sideways")).unknown == "Sideways"


@pytest.mark.parametrize(("text", "shown"), [("\x1b[A", "\\x1b[A"), ("a\\b", "a\\\\b"), ("\t", "\\x09")])
def test_control_characters_are_shown_as_such(text, shown):
    assert Typed.of(text, ()).shown == shown
