"""A program without marks: a REPL, ssh, a shell that we do not know.

A text is given where the program seems to wait for one: pasted, or typed line by line. It is over when all of it was
read, the output is quiet, and the program waits for input again at a row that looks like its prompt. That is an
inference, and the result says so.
"""

from __future__ import annotations

import asyncio
import re
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Literal, NamedTuple

from codepilot.terminal.protocol import CommandResult
from codepilot.terminal.session.boundaries import Reader, is_prompt
from codepilot.terminal.session.state import Command
from codepilot.terminal.session.terminal import Current, Terminal
from codepilot.terminal.session.waiting import Line, Wait, WaitWatch

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


class Unmarked:
    """Talks to a program that says neither where a command begins nor where it ends.

    Args:
        terminal: that it is on.
        current: the text that runs.
        line: to the program.
        watch: looks what it waits for.
        reader: of its output.
    """

    def __init__(
        self, terminal: Terminal, current: Current, line: Line, watch: WaitWatch, reader: Reader
    ) -> None:
        self.prompt_row = ""
        """The row under which the last text was given, or that stood at its end."""
        self._terminal = terminal
        self._state = terminal.state
        self._current = current
        self._line = line
        self._watch = watch
        self._reader = reader
        self._loop = asyncio.get_running_loop()

    @property
    def takes_text(self) -> bool:
        """The program is at what looks like its prompt, or it has ended."""
        if self._state.state == "exited" or self._reader.prompt.stands:
            return True
        command, wait = self._current.command, self._current.wait
        asks = self._state.state == "waiting" and wait is not None and wait.kind == "input"
        return command is not None and command.source == "process" and asks

    def submit(self, text: str) -> Command:
        """Give a text to the program, which must be waiting for one."""
        before = self._current.running
        if before is not None:
            self.prompt_row = before.capture.line
        command = self._current.new(text, "given")
        # A line editor redraws its prompt; that row is in an earlier result already.
        command.capture.feed(self.prompt_row.encode())
        command.capture.take()
        self._current.adopt(command)
        self._reader.prompt.stands = False
        self._current.claim(command)
        self._state.become("busy", command)
        program = program_of(self._line.pty.foreground())
        talk = Conversation(command, self.prompt_row, program, self._terminal.display.engine.encode_paste)
        self._line.send(talk.first())
        self._watch.run(self._converse(talk, command))
        return command

    async def _converse(self, talk: Conversation, command: Command) -> None:
        """Give the rest of the text, and find its end or what the program asks for."""
        while command.running:
            await asyncio.sleep(talk.pause(command.seconds(self._loop.time())))
            if not self._line.has_read_all:
                self._current.tell_wait(None)
                continue
            wait = self._watch.look(command, expected=not talk.has_prompt)
            step = talk.next(wait, self._line.quiet)
            if step.do == "send":
                self._line.send(step.data)
            elif step.do == "end":
                self._end_text()
            elif step.do == "tell":
                self._current.tell_wait(step.wait)

    def _end_text(self) -> None:
        """The program is judged to have finished with the text."""
        command = self._current.command
        row = command.capture.line if command is not None else ""
        if not (self.prompt_row and row.endswith(self.prompt_row)):
            self.prompt_row = row
        self._reader.prompt.stands = True
        self._watch.forget()
        self._reader.end(None)

    def lose_marks(self, row: str) -> None:
        """The shell's start-up files have replaced it with another program, whose prompt is `row`."""
        self._reader.unmarked = True
        self.resume(f"{row} ")

    def resume(self, row: str = "") -> None:
        """What follows is not caused by a text of the agent's, but by the program itself. It continues at `row`."""
        prompt = self._reader.prompt
        prompt.stands = prompt.typed_here = False
        command = self._current.new(self._terminal.spec.title, "process")
        command.capture.feed(row.encode())
        command.capture.take()
        self._current.adopt(command)
        self._current.start(self._watch)


def whole_line(text: bytes, keys: Sequence[str]) -> str:
    """The line that is typed by this, if it is one and no more; else nothing."""
    line = text.decode("utf-8", "replace")
    if [*keys] == ["enter"]:
        line += "\r"
    elif keys:
        return ""
    return line[:-1] if line[:-1].isprintable() and line.endswith(("\r", "\n")) else ""
