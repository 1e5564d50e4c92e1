"""A tool's result for the model, taken apart for the person: output, then notes, without what the row already says.

A result is written for the model: its first line names the tool and repeats the command, its last line has status,
exit code and folder. The call's row in the chat already shows these.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from codepilot_tui.transcript.items import CallLine

_ERROR = re.compile(r"\[[\w:.-]+\] (?:ERROR: |Execution error: )?")
_TERMINAL = re.compile(r"\[terminal:[^\]]*\] ")
_STATUS = re.compile(r"\[status: .*\]")
_BRACKETS = re.compile(r"\[.*\]")
_TOLD = ("waits for: ", "busy with: ")
_CUT_OFF = re.compile(r"\[\w+\] Call c\d+ was cut off ")
"""What a stopped call begins with; its row and the reason below it say it, too."""
_FILE_TOOLS = frozenset(("read_file", "find", "write_file", "edit_file"))
_USUAL = {"write_file": {"mode": "w"}}
"""Argument values of a call that goes as usual, in their text form."""
_NOTHING = frozenset(("", "None", "False", "0", "[]", "{}"))
"""Argument values that say nothing, in their text form."""
_FOOTERS = re.compile(r"\[END OF FILE\]|\[TRUNCATED: .*\]")


@dataclass(frozen=True, slots=True)
class Result:
    """The parts of a result."""

    output: str
    """What the command printed, the file said, the tool returned."""
    notes: tuple[str, ...] = ()
    """Further facts: where the rest of a long output is, what a command waits for."""


def split_result(call: CallLine) -> Result:
    """Take the result of a call apart; a text in an unknown form is all output."""
    text = call.result.strip("\n")
    if call.state == "error" and (prefix := _ERROR.match(text)) and "\n" not in text:
        return Result(text[prefix.end() :])
    if call.state == "aborted" and _CUT_OFF.match(text):
        text = text.partition("\n")[2]
    if _TERMINAL.match(text):
        return _of_terminal(text, call.args.get("command", ""))
    if call.tool == "run_command" and text.startswith("["):
        return _of_command(text)
    if call.tool in _FILE_TOOLS and text.startswith(f"[{call.tool}] "):
        return _of_file_tool(text)
    return Result(text)


def shown_result(call: CallLine) -> Result:
    """What the chat shows of a result when the call is unfolded."""
    result = split_result(call)
    # The answer of the person in the words for the model would read like an error of the disk.
    said = call.state == "denied" or (bool(call.changes) and call.state == "ok")
    return replace(result, output="") if said else result


def further_fields(call: CallLine) -> list[tuple[str, str]]:
    """Arguments that the call's row does not show, and who allowed the call."""
    said = {call.label, *call.label.split(" › ")}
    usual = _USUAL.get(call.tool, {})
    fields = [
        (name, value)
        for name, value in call.args.items()
        if value not in said and value not in _NOTHING and usual.get(name) != value
    ]
    if call.note and call.state != "denied" and call.figure:
        fields.append(("permission", call.note))
    return fields


def _of_terminal(text: str, command: str) -> Result:
    head = _TERMINAL.match(text)
    rest = text[head.end() :] if head else text
    said = f"$ {command}"
    if command and rest.startswith(said):
        rest = rest[len(said) :].removeprefix("\n")
    else:
        rest = rest.partition("\n")[2]
    lines = rest.split("\n")
    end = next((at for at in range(len(lines) - 1, -1, -1) if _STATUS.fullmatch(lines[at])), len(lines))
    notes = [line.strip("[]") for line in lines[end + 1 :] if line]
    if end < len(lines):
        parts = lines[end].strip("[]").split(" | ")
        notes = [part for part in parts if part.startswith(_TOLD)] + notes
    output = lines[:end]
    if output and output[-1].startswith("[Output truncated") and _BRACKETS.fullmatch(output[-1]):
        notes = [output.pop().strip("[]"), *notes]
    return Result("\n".join(output).strip("\n"), tuple(notes))


def _of_command(text: str) -> Result:
    lines, notes = text.split("\n"), []
    while lines and not lines[0].startswith("[run_command]"):
        notes.append(lines.pop(0).strip("[]"))
    if lines:
        after = lines.pop(0).rpartition("`")[2].strip()
        if after:
            notes.append(after)
    if lines and lines[-1].startswith("Return Code: "):
        lines.pop()
    if "STDOUT:" in lines[:2]:
        at = lines.index("STDOUT:")
        notes += lines[:at]
        lines = lines[at + 1 :]
    if lines and lines[-1].startswith("[Output truncated"):
        notes.append(lines.pop().strip("[]"))
    return Result("\n".join(lines).strip("\n"), tuple(notes))


def _of_file_tool(text: str) -> Result:
    first, _, rest = text.partition("\n")
    lines = rest.split("\n") if rest else []
    notes = [line for line in lines if line.startswith("[syntax] ")]
    lines = [line for line in lines if not line.startswith(("[syntax] ", "[moved] "))]
    while lines and _FOOTERS.fullmatch(lines[-1]):
        lines.pop()
    if not lines and not notes:
        return Result(first.partition("] ")[2])
    return Result("\n".join(lines), tuple(note.removeprefix("[syntax] ") for note in notes))
