"""The words of a result."""

import pytest

from codepilot.terminal.protocol import CLOSED, TerminalInfo
from codepilot.terminal.session.capture import Capture
from codepilot.terminal.session.results import of_command, without_echo
from codepilot.terminal.session.state import Command


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


def test_what_became_of_the_terminal_is_said_before_what_happened_while_the_command_ran(tmp_path):
    command = Command("make", "execute", Capture(1000, tmp_path / "out"), 0.0)
    command.touched = command.closed = True
    command.signals.append("SIGINT")
    command.finish(130, 1.0)
    info = TerminalInfo(name="x", pid=1, state="exited", cwd="/w")
    result = of_command(
        info, command, None, None, now=1.0, waits_for="", note="First.", aside="", closed_by="person"
    )
    assert result.note == f"First. {CLOSED} The person typed into it while it ran. It was sent SIGINT."
