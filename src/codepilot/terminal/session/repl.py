"""Commands for a program that marks nothing: a REPL, ssh, a shell that we do not know.

The text is pasted, or typed line by line. It is over when all of it was read, the output is quiet, and the program
waits for input again at a row that looks like its prompt. That is an inference, and the result says so.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Literal, NamedTuple

from codepilot.terminal.protocol import CommandResult
from codepilot.terminal.session.boundaries import is_prompt
from codepilot.terminal.session.state import Command
from codepilot.terminal.session.waiting import Wait

NOTE = (
    "This program does not mark where a command ends: the end was inferred from its silence, "
    "and no exit code is known."
)
_PACE = 0.03
"""Seconds between two looks while there is more to type."""
_QUIET = 0.15
_RELAY_QUIET = 0.5
"""Seconds for a program that always sleeps in `poll`, as ssh does: that it waits says little."""
_NOTHING_QUIET = 1.0
"""The same, and it has no prompt."""
_CONTINUED = re.compile(r"(?:\S{0,24}\s{1,2})?|\s{2,12}\S{0,4}\s?")
"""What a program writes in front of a line that it repeats."""
_EMPTY_BLOCK = frozenset({"...", ">"})
_PYTHON = re.compile(r"(?:python|pypy)3?(?:\.\d+)?t?")
_GOES_ON = re.compile(r"(?:else|elif|except|finally|case)\b|[)\]}]")


class Step(NamedTuple):
    """What is to be done after a look at the program."""

    do: Literal["send", "end", "tell", "look again"]
    data: bytes = b""
    """send: the next part of the text."""
    wait: Wait | None = None
    """tell: what the program waits for, if it does."""


class Conversation:
    """One text that is given to the program. It only decides; its caller looks at the program and acts.

    Args:
        command: the text.
        prompt: the row under which it is given.
        program: name of the program that has the keyboard.
        paste: encodes pasted text in the modes now in force.
    """

    def __init__(self, command: Command, prompt: str, program: str, paste: Callable[[str], bytes]) -> None:
        self.has_prompt = bool(prompt.strip())
        self._command = command
        self._prompt = prompt
        by_line = prompt.lstrip().startswith(">>>") and _PYTHON.fullmatch(program) is not None
        self._parts = deque(_parts(command.text, paste, python=by_line))

    def first(self) -> bytes:
        """What is given at once."""
        return self._parts.popleft()

    def pause(self, age: float) -> float:
        """Seconds until the next look.

        Args:
            age: seconds since the text was given.
        """
        return _PACE if self._parts or age < 1 else _QUIET if age < 20 else 0.5

    def next(self, wait: Wait | None, quiet: float) -> Step:
        """Decide, after the program has read all that was given.

        Args:
            wait: what it waits for, if it does.
            quiet: seconds since its last output.
        """
        if wait is not None and wait.kind == "input" and self._parts:
            return Step("send", self._parts.popleft())
        if wait is not None and not self._parts and self._over(wait, quiet):
            return Step("end")
        if quiet >= _QUIET:
            return Step("tell", wait=wait if wait is not None and self._asks(wait, quiet) else None)
        return Step("look again")

    def _over(self, wait: Wait, quiet: float) -> bool:
        if wait.kind != "input":
            return False
        row, prompt = _alike(self._command.capture.line), _alike(self._prompt)
        if not prompt and not row:
            return quiet >= (_QUIET if wait.sure else _NOTHING_QUIET)
        if prompt and row.endswith(prompt):
            return quiet >= _QUIET
        return quiet >= (_QUIET if wait.sure else _RELAY_QUIET) and is_prompt(row)

    def _asks(self, wait: Wait, quiet: float) -> bool:
        if wait.kind != "input" or wait.sure:
            return True
        return quiet >= _RELAY_QUIET and bool(self._command.capture.line.strip())


def trimmed(result: CommandResult, text: str, prompt: str) -> CommandResult:
    """A result without the echo of the text and the prompt that followed; it says that the end is inferred."""
    output = _without_echo(result.output, text, prompt)
    if result.status != "completed":
        return replace(result, output=output)
    bare = prompt.rstrip()
    # Some leave room for a menu under their prompt.
    kept, newline, row = (output.rstrip() if bare else output).rpartition("\n")
    if bare and _alike(row).endswith(_alike(bare)):
        row = row.rstrip()[: -len(bare)] if row.rstrip().endswith(bare) else ""
    elif is_prompt(row):
        row = ""
    output = kept + newline + row if row else kept
    return replace(result, output=output, note=" ".join(filter(None, (result.note, NOTE))))


def program_of(group: int) -> str:
    """The file name of the program that leads a process group; empty if that cannot be seen."""
    try:
        return Path(f"/proc/{group}/exe").readlink().name
    except OSError:
        return ""


def _parts(text: str, paste: Callable[[str], bytes], *, python: bool) -> list[bytes]:
    """What is typed: all at once where the program takes a paste as one, else a line each."""
    lines = text.rstrip("\n").split("\n")
    bracketed = paste("x") != b"x"
    if len(lines) > 1 and python:
        lines = _for_python(lines)
    elif bracketed:
        lines = ["\n".join(lines)]
    return [paste(line) + b"\r" for line in lines]


def _for_python(lines: list[str]) -> list[str]:
    """For a prompt that takes one line at a time: a block ends with an empty line, and only there."""
    if any('"""' in line or "'''" in line for line in lines):
        return lines
    given: list[str] = []
    for line in filter(str.strip, lines):
        if given and given[-1][:1].isspace() and not line[:1].isspace() and not _GOES_ON.match(line):
            given.append("")
        given.append(line)
    if given and given[-1][:1].isspace():
        given.append("")
    return given


def _without_echo(output: str, text: str, prompt: str) -> str:
    """Remove the rows that only echo the text; between them the program may have answered already."""
    rows = output.split("\n")
    at, first = 0, True
    for line in filter(None, map(str.rstrip, text.split("\n"))):
        found = next(
            (number for number in range(at, len(rows)) if _repeats(rows[number], line, prompt)), None
        )
        if found is None or (first and found > 0):
            break
        del rows[found]
        at, first = found, False
        while at < len(rows) and rows[at].strip() in _EMPTY_BLOCK:
            del rows[at]
    return "\n".join(rows)


def _repeats(row: str, line: str, prompt: str) -> bool:
    row = row.rstrip()
    before = row[: -len(line)]
    return row.endswith(line) and (
        _CONTINUED.fullmatch(before) is not None or _alike(before) == _alike(prompt)
    )


def _alike(row: str) -> str:
    """A row with its numbers made equal: prompts may number the inputs."""
    return re.sub(r"\d+", "0", row.strip())
