"""What is said of a call."""

import pytest

from codepilot import events as ev
from codepilot_tui.transcript.call_words import doing_of, first_line, is_one_call, state_of
from codepilot_tui.transcript.items import CallLine


@pytest.mark.parametrize(
    ("state", "figure", "shown"),
    [
        ("ok", "", "ok"),
        ("ok", "exit 0", "ok"),
        ("ok", "exit 1", "failed"),
        ("ok", "exit -9", "failed"),
        ("ok", "exit 10", "failed"),
        ("error", "syntax", "error"),
        ("denied", "denied", "denied"),
        ("aborted", "", "aborted"),
        ("running", "running", "goes on"),
        ("waiting", "waits for input", "goes on"),
    ],
)
def test_how_it_ended(state, figure, shown):
    assert state_of(ev.ToolFinished(call_id="c", tool="t", result="", state=state, figure=figure)) == shown


@pytest.mark.parametrize(
    ("code", "is_one"),
    [
        ('read_file("a.py")', True),
        ('# look first\n\nprint(read_file("a.py"))', True),
        ('text = read_file(\n    "a.py",\n)', True),
        ('read_file("a.py")\nread_file("b.py")', False),
        ("for name in names:\n    read_file(name)", False),
        ('write_file("a.py")', False),
        ("# nothing", False),
        ("", False),
    ],
)
def test_code_that_is_only_the_call(code, is_one):
    assert is_one_call(code, "read_file") is is_one


def test_the_first_line_with_anything_in_it():
    assert first_line("\n  \n  x = 1\ny = 2") == "x = 1"
    assert first_line(" \n") == ""


@pytest.mark.parametrize(
    ("tool", "label", "doing"),
    [
        ("execute", "main › make test", "running make test"),
        ("read_file", "src/app.py", "reading src/app.py"),
        ("query_db", "users", "query_db users"),
        ("find", "", "searching"),
    ],
)
def test_what_it_does(tool, label, doing):
    call = CallLine(call_id="c", tool=tool, label=label, state="running", id=1, at=0.0)
    assert doing_of(call) == doing
