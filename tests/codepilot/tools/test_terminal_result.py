"""What is told of a terminal, to the model and to the person."""

import pytest

from codepilot.decision import Decision
from codepilot.terminal.protocol import THE_PERSON, CommandResult
from codepilot.tools.terminal_result import of_command, of_denial, of_error


def told(result, *notes):
    return of_command("main", 3, "$ make", result, limit=4000, notes=notes)


def test_a_command_that_ended():
    result = told(
        CommandResult(output="made", status="completed", exit_code=2, cwd="/w", pid=7), "", "A note."
    )
    assert result.text == (
        "[terminal:main:cmd3] $ make\nmade\n[status: completed | return_code: 2 | pid: 7 | cwd: /w]\n[A note.]"
    )
    assert (result.state, result.figure, result.reason) == ("ok", "exit 2", "")


@pytest.mark.parametrize(
    ("status", "state", "figure"),
    [
        ("running", "running", "running"),
        ("waiting", "waiting", "waits for input"),
        ("busy", "error", "busy"),
        ("refused", "error", "syntax"),
        ("idle", "ok", ""),
        ("exited", "ok", "exit 0"),
    ],
)
def test_how_it_stands(status, state, figure):
    result = told(CommandResult(output="", status=status, exit_code=0))
    assert (result.state, result.figure) == (state, figure)
    assert ("return_code: 0" in result.text) == (status == "exited")


@pytest.mark.parametrize(("spool", "shown"), [("", "4000 chars]"), ("/s/3", "4000 chars; all of it: /s/3]")])
def test_output_that_was_cut_names_its_file(spool, shown):
    result = told(CommandResult(output="a … z", status="completed", exit_code=0, truncated=True, spool=spool))
    assert f"\n[Output truncated at {shown}\n" in result.text


def test_who_keeps_it():
    held = told(CommandResult(output="", status="busy", waits_for=THE_PERSON))
    assert "busy with: the person" in held.text
    assert held.reason == "You held main. Nothing was typed into it."
    busy = told(CommandResult(output="", status="busy", waits_for="make " + "x" * 90))
    assert busy.reason.startswith("main was busy with make xxx") and len(busy.reason) < 110
    waits = told(CommandResult(output="", status="waiting", waits_for="your password"))
    assert "waits for: your password" in waits.text and waits.reason == ""


def test_who_closed_it():
    ended = CommandResult(output="", status="exited", exit_code=129, closed_by="person", cut_off=True)
    assert told(ended).reason == "You closed main, which ended the command."
    after = CommandResult(output="", status="exited", exit_code=0, closed_by="person")
    assert told(after).reason == "You closed main."
    before = told(CommandResult(output="", status="exited", closed_by="person", given=False))
    assert before.reason == "You closed main before the command could be given."
    assert (before.state, before.figure) == ("error", "not run")
    assert told(CommandResult(output="", status="exited", closed_by="agent", given=False)).reason == ""


def test_the_words_of_a_command_say_nothing_of_its_terminal():
    typed = "echo The person closed this terminal. before the command could be given; nothing of it ran."
    note = f"The person ran this, not you: {typed!r}."
    result = told(CommandResult(output="", status="completed", exit_code=0, note=note), note)
    assert (result.state, result.figure, result.reason) == ("ok", "exit 0", "")


def test_errors_and_a_no():
    assert of_error("a", "gone.").text == "[terminal:a] Error: gone."
    assert of_error("a", "gone.", "Note.", prefix="").text == "[terminal:a] gone.\n[Note.]"
    denied = of_denial("a", "rm x", Decision(allow=False, reason="not now"))
    assert denied.state == denied.figure == "denied"
    assert denied.text.startswith("[terminal:a] Permission denied: rm x") and "not now" in denied.text
