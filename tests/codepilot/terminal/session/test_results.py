"""The words of a result."""

import pytest

from codepilot.terminal.session.results import without_echo


@pytest.mark.parametrize(
    ("output", "sent", "left"),
    [
        ("1+1\n2\n>>> ", b"1+1\r", "2\n>>> "),
        ("y", b"y\r", ""),
        ("one\ntwo\ngot one", b"one\rtwo\r", "got one"),
        ("\nmore", b"\r", "more"),
        ("\nmore", b"\r\r", "\nmore"[1:]),
        ("x\n\nblank above", b"x\r", "\nblank above"),
        ("yes, of course", b"yes\r", "yes, of course"),
        ("other", b"y\r", "other"),
        ("^C\n", b"\x03", "^C\n"),
        ("abc", b"", "abc"),
        ("grün\nok", "grün\r".encode(), "ok"),
    ],
)
def test_the_echo_of_input_is_left_out(output, sent, left):
    assert without_echo(output, sent) == left
