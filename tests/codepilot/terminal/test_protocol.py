"""Values cross the socket between releases that share a protocol version: one may have fields that the other lacks."""

import json

import pytest

from codepilot.errors import TerminalError
from codepilot.terminal.protocol import (
    CommandResult,
    HostInfo,
    PersonCommand,
    PersonReport,
    TerminalEvent,
    TerminalInfo,
    as_wire,
    from_wire,
)

VALUES = [
    CommandResult(output="x", status="exited", exit_code=1, given=False, closed_by="person", cut_off=True),
    TerminalInfo(name="main", pid=7, state="idle", cwd="/w", job="sleep", identity="1.7"),
    HostInfo(
        id="a", work_dir="/w", agent="b", pid=1, on_exit="end", kept=True, clients=2, running=("main", "x")
    ),
    TerminalEvent(kind="state", name="main", state="busy", command="make", count=2),
]
REPORT = PersonReport(
    terminal="main", commands=(PersonCommand(number=1, text="ls", folder="/w", output="a"),), moved=True
)


def over_the_socket(value):
    return json.loads(json.dumps(as_wire(value)))


@pytest.mark.parametrize("value", VALUES, ids=lambda value: type(value).__name__)
def test_a_value_comes_as_it_went_also_with_fields_of_a_later_release(value):
    fields = over_the_socket(value)
    assert from_wire(type(value), fields) == value
    assert from_wire(type(value), {**fields, "mood": "good", "later": [1]}) == value


@pytest.mark.parametrize(
    ("bare", "value"),
    [
        ({"output": "x", "status": "completed"}, CommandResult(output="x", status="completed")),
        (
            {"name": "a", "pid": 1, "state": "idle", "cwd": "/"},
            TerminalInfo(name="a", pid=1, state="idle", cwd="/"),
        ),
        (
            {
                "id": "a",
                "work_dir": "/w",
                "agent": "b",
                "pid": 1,
                "on_exit": "end",
                "kept": True,
                "clients": 2,
            },
            HostInfo(id="a", work_dir="/w", agent="b", pid=1, on_exit="end", kept=True, clients=2),
        ),
        ({"kind": "lost"}, TerminalEvent(kind="lost")),
    ],
    ids=lambda each: "" if isinstance(each, dict) else type(each).__name__,
)
def test_fields_that_an_earlier_release_lacks_have_their_defaults(bare, value):
    assert from_wire(type(value), bare) == value


def test_a_report_of_another_release_is_read_with_its_commands():
    fields = over_the_socket(REPORT)
    assert PersonReport.from_wire(fields) == REPORT
    later = {**fields, "mood": "good", "commands": [{**fields["commands"][0], "mood": "good"}]}
    assert PersonReport.from_wire(later) == REPORT
    earlier = {"terminal": "main", "commands": [{"number": 1, "text": "ls", "folder": "/w"}]}
    (command,) = PersonReport.from_wire(earlier).commands
    assert command == PersonCommand(number=1, text="ls", folder="/w")
    assert PersonReport.from_wire({"terminal": "main"}) == PersonReport(terminal="main")


def test_what_lacks_a_field_without_a_default_breaks_the_protocol():
    with pytest.raises(TerminalError, match=r"A CommandResult on the terminal socket lacks output, status\."):
        from_wire(CommandResult, {"exit_code": 0})
