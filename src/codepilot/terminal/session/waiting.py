"""Does the program in a terminal wait for the keyboard, and for what?

On Linux the kernel tells in which call each process sleeps, so a blocked read of the terminal is a
fact and not a guess. Where that cannot be seen (another user's process, another system) a silent program under a line
that looks like a question counts.
"""

from __future__ import annotations

import asyncio
import re
import signal
from collections.abc import Callable, Coroutine, Iterable
from dataclasses import dataclass, replace
from typing import Any, Literal

from codepilot.terminal.session.boundaries import is_prompt
from codepilot.terminal.session.processes import (
    READ,
    Process,
    descendants,
    read_process,
    send_signal,
    sleeps_for,
)
from codepilot.terminal.session.pty import LineModes, Pty
from codepilot.terminal.session.state import Command

Kind = Literal["password", "pager", "confirm", "keys", "input"]

_PASSWORD = re.compile(
    r"(?i)\b(?:password|passphrase|passcode|passwort|pin|otp|verification code)\b[^:?]*[:?]\s*$"
)
_CONFIRM = re.compile(
    r"(?i)[\[(<]\s*y(?:es)?\s*[/|]\s*no?\b[^\])>]*[\])>]|\by/n\b|\bare you sure\b|\bcontinue\s*\?"
)
_PAGER_LINE = re.compile(
    r"^(?::|\(END\)|--More--.*|.*\(END\)|lines \d+-\d+.*|.*\(press h for help or q to quit\).*)\s*$"
)
_QUESTION = re.compile(r"[:?>$#%\])]\s*$")
_PAGERS = frozenset({"less", "more", "most", "pg", "lv"})
QUIET = 0.15
"""Seconds without output after which a program counts as quiet."""
START_QUIET = 1.0
"""The same for a shell that starts, before it is taken for one without marks."""


@dataclass(frozen=True, slots=True)
class Wait:
    """What the program waits for."""

    kind: Kind
    program: str
    prompt: str
    sure: bool = False
    """It is blocked in a read of the terminal. Else it sleeps until something comes, from there or elsewhere."""

    def __str__(self) -> str:
        what = {
            "password": "a password",
            "pager": f"a key ({self.program} is a pager: q leaves it)",
            "confirm": "yes or no",
            "keys": f"keys ({self.program} is a full-screen program)",
            "input": f"input to {self.program}",
        }[self.kind]
        return f"{what}: {self.prompt!r}" if self.prompt and self.kind not in ("pager", "keys") else what


def _describe(name: str, line: str, modes: LineModes, full_screen: bool) -> Wait:
    if _PASSWORD.search(line) or (modes.canonical and not modes.echo):
        return Wait("password", name, line)
    if name in _PAGERS or _PAGER_LINE.match(line):
        return Wait("pager", name, line)
    if full_screen:
        return Wait("keys", name, "")
    if _CONFIRM.search(line):
        return Wait("confirm", name, line)
    return Wait("input", name, line)


def _group(shell: int, group: int) -> Iterable[Process]:
    """Who may read the keyboard: the group that has it, and what that started in sessions of their own (`su -c`)."""
    leader = read_process(shell)
    if leader is None:
        return
    members = set()
    for process in (leader, *descendants(shell)):
        own = process.session != leader.session and process.parent in members
        if process.group == group or own:
            members.add(process.pid)
            yield process


def _stray_readers(shell: int, group: int, tty: str) -> list[int]:
    """Processes of the running command that read the keyboard from a session of their own: ^C does not reach them.

    When the command is gone they would go on to read what is meant for the shell.
    """
    leader = read_process(shell)
    return [
        process.pid
        for process in _group(shell, group)
        if leader is not None and process.session != leader.session and sleeps_for(process.pid, tty) == READ
    ]


class Line:
    """The connection to one process: when it last carried anything, and whether the process waits for input.

    Args:
        pty: with the process on it.
    """

    def __init__(self, pty: Pty) -> None:
        self.pty = pty
        self._loop = asyncio.get_running_loop()
        self._last_output = self._last_input = self._loop.time()

    def received(self) -> None:
        """Output has come."""
        self._last_output = self._loop.time()

    def send(self, data: bytes) -> None:
        """Input, as if typed."""
        self._last_input = self._loop.time()
        self.pty.write(data)

    @property
    def quiet(self) -> float:
        """Seconds since the last output."""
        return self._loop.time() - self._last_output

    @property
    def idle(self) -> float:
        """Seconds since the last input."""
        return self._loop.time() - self._last_input

    @property
    def has_read_all(self) -> bool:
        """The program has read what was typed last, and had time to echo it."""
        if self.pty.closed or self.pty.unread:
            return False
        return self.idle >= (0.03 if self._last_output > self._last_input else 0.3)

    @property
    def echoes(self) -> bool:
        """Input is shown: by the terminal, or likely by a program that takes keys and edits its line itself."""
        modes = self.pty.modes()
        return modes.echo or not modes.canonical

    @property
    def takes_keys(self) -> bool:
        """The program gets each key at once, not at the end of a line."""
        return not self.pty.modes().canonical

    def find_wait(self, row: str, *, full_screen: bool = False, expected: bool = False) -> Wait | None:
        """Look once whether the program waits for the keyboard.

        Args:
            row: on which the cursor stands.
            full_screen: the alternate screen is on.
            expected: a program that sleeps until something comes counts, also where no row looks like a question.
        """
        wait = self._seen_wait(row.rstrip()[-200:], full_screen, expected)
        # A shell that stands at its prompt again waits too; then what it said of that is here, but not read yet.
        return None if self.pty.has_output else wait

    def _seen_wait(self, row: str, full_screen: bool, expected: bool) -> Wait | None:
        group, modes = self.pty.foreground(), self.pty.modes()
        seen = False
        for process in _group(self.pty.pid, group):
            sleeping = sleeps_for(process.pid, self.pty.path)
            if sleeping is None:
                continue
            seen = True
            if sleeping == READ or (sleeping and (row or full_screen or expected)):
                found = _describe(process.name, row, modes, full_screen)
                return replace(found, sure=sleeping == READ)
        if seen or self.quiet < 0.5 or not group:
            return None
        leader = read_process(group)
        name = leader.name if leader is not None else "the program"
        if (modes.canonical and not modes.echo) or (
            row and _QUESTION.search(row) and (_PASSWORD.search(row) or modes.canonical)
        ):
            return _describe(name, row, modes, full_screen)
        return None

    def interrupt_strays(self) -> None:
        """A ^C was typed: signal the processes that it does not reach."""
        if self.pty.modes().signals:
            send_signal(_stray_readers(self.pty.pid, self.pty.foreground(), self.pty.path), signal.SIGINT)


class WaitWatch:
    """Checks repeatedly whether a program waits for input. At most one watch runs at a time.

    Args:
        line: to the process.
        tell: receives what each look has found.
    """

    def __init__(self, line: Line, tell: Callable[[Wait | None], None]) -> None:
        self._line = line
        self._tell = tell
        self._watch: asyncio.Task[None] | None = None

    def run(self, watch: Coroutine[Any, Any, None]) -> None:
        """Run this watch in place of any other."""
        self.stop()
        self._watch = asyncio.get_running_loop().create_task(watch)

    def stop(self) -> None:
        """Stop watching."""
        if self._watch is not None:
            self._watch.cancel()
            self._watch = None

    def forget(self) -> None:
        """The watch is about to return: it calls this itself."""
        self._watch = None

    def look(self, command: Command | None, *, expected: bool = False) -> Wait | None:
        """Whether the running program waits for the keyboard, and for what.

        Args:
            command: what runs.
            expected: count it also when the row is empty, where it is only likely.
        """
        if command is None or self._line.pty.closed:
            return None
        return self._line.find_wait(
            command.capture.line, full_screen=command.capture.full_screen, expected=expected
        )

    async def until_end(self, command: Command) -> None:
        """Watch a command until it ends."""
        line, loop = self._line, asyncio.get_running_loop()
        while command.running:
            age = command.seconds(loop.time())
            await asyncio.sleep(QUIET if age < 2 else 0.4 if age < 20 else 0.8)
            quiet = line.quiet
            if quiet < QUIET or line.idle < 0.1 or line.pty.closed:
                continue
            # One that takes single keys and has said nothing at all has no prompt: `bc -q`.
            mute = line.takes_keys and not command.capture.recent(1)
            self._tell(self.look(command, expected=mute or (command.source == "process" and quiet > 1)))

    async def until_start(
        self, stands: Callable[[], bool], text: Callable[[], str], became: Callable[[str], None]
    ) -> None:
        """Watch a shell that starts: does it ask for something, and do its marks arrive?

        Its start-up files may have replaced it with another program, which has no marks.

        Args:
            stands: whether its prompt has come.
            text: what the screen shows.
            became: called with the row of the other program's prompt.
        """
        while not stands() and not self._line.pty.closed:
            await asyncio.sleep(QUIET)
            if self._line.quiet < START_QUIET or not self._line.has_read_all:
                continue
            row = text().rstrip().rpartition("\n")[2]
            wait = self._line.find_wait(row)
            if wait is not None and wait.kind == "input" and is_prompt(row):
                became(row)
            elif wait is not None:
                self._tell(wait)  # else it just takes its time, and starts still
