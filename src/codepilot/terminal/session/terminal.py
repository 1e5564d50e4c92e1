"""A terminal as its process has it: its files, the start of a process on it, the command there and its interruption."""

from __future__ import annotations

import asyncio
import os
import secrets
import shutil
import signal
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from codepilot.errors import TerminalError
from codepilot.terminal.protocol import TerminalEvent
from codepilot.terminal.session.capture import Capture
from codepilot.terminal.session.display import Display
from codepilot.terminal.session.ownership import Keyboard
from codepilot.terminal.session.processes import send_signal
from codepilot.terminal.session.pty import Pty
from codepilot.terminal.session.state import Command, Spec, TerminalState
from codepilot.terminal.session.waiting import Wait, WaitWatch
from codepilot.terminal.shell.integration import Shell
from codepilot.terminal.shell.shells import AGENT

_KEPT = 20
"""How many earlier commands' spool files are kept."""


class SessionFiles:
    """Names in the host's folder that were never used before.

    Args:
        folder: the host's.
        number: the terminal's, unique in the host. Its name is never part of a path.
        limit: characters that a result may hold.
    """

    def __init__(self, folder: Path, number: int, limit: int) -> None:
        self._folder = folder
        self._number = number
        self._limit = limit
        self._count = 0
        self._spools: deque[Path] = deque()

    def new(self, suffix: str) -> Path:
        """A fresh path."""
        self._count += 1
        return self._folder / f"{self._number}-{self._count}{suffix}"

    def write(self, suffix: str, text: str) -> Path:
        """A fresh file with this text, for this user only.

        Raises:
            TerminalError: it cannot be written: the disk is full, …
        """
        path = self.new(suffix)
        with _made(path, self._folder):
            descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(descriptor, "wb") as file:
                file.write(text.encode("utf-8", "replace"))
        return path

    def folder(self, suffix: str, texts: Mapping[str, str]) -> Path:
        """A fresh folder with files of these names and texts, for this user only.

        Raises:
            TerminalError: as `write`.
        """
        path = self.new(suffix)
        with _made(path, self._folder):
            path.mkdir(mode=0o700)
            for name, text in texts.items():
                (path / name).write_text(text, encoding="utf-8")
        return path

    def capture(self) -> Capture:
        """Collects output, and spools it into a fresh file when it is long."""
        return Capture(self._limit, self.new(".log"))

    def retire(self, capture: Capture) -> None:
        """The command is over; its spool file is kept until there are enough newer ones."""
        capture.close()
        if capture.spool:
            self._spools.append(Path(capture.spool))
        while len(self._spools) > _KEPT:
            self._spools.popleft().unlink(missing_ok=True)


@contextmanager
def _made(path: Path, folder: Path) -> Iterator[None]:
    """All of it, or nothing and an error that can be told."""
    try:
        yield
    except OSError as error:
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)
        raise TerminalError(
            f"What the shell reads could not be written to {folder}: {error.strerror or error}. Nothing ran.",
            hint="Make room there, or set XDG_RUNTIME_DIR or TMPDIR to another folder and start again.",
        ) from error


IDENTITY = "TERM_SESSION_ID"
"""The variable by which a program can tell one terminal from another; by it what left the terminal is found again."""


@dataclass(frozen=True, slots=True, eq=False)
class Terminal:
    """What a terminal has, whatever process is on it."""

    spec: Spec
    shell: Shell | None
    """None: a program without marks, which is itself the command."""
    state: TerminalState
    keyboard: Keyboard
    display: Display
    files: SessionFiles
    """For commands on their way, and for what they write."""


class Start:
    """How the process is started: its command line, its environment, and what a shell reads first.

    Args:
        terminal: it is to run on.
        environment: of all terminals.

    Raises:
        TerminalError: the shell is not there.
    """

    def __init__(self, terminal: Terminal, environment: Mapping[str, str]) -> None:
        self.program = ""
        self.nonce = secrets.token_hex(16)
        """By which the shell's marks are known as its own."""
        self.argv: Sequence[str] = terminal.spec.argv
        self._folder: Path | None = None
        shell = terminal.shell
        self.environment: Mapping[str, str] = {**environment, IDENTITY: terminal.state.identity}
        if shell is None:
            # A shell is the person's too: there the agent's variables come and go with its commands.
            self.environment = {**self.environment, **AGENT}
            return
        self.program = shell.find(environment)
        self._folder = terminal.files.folder(".rc", shell.start_files(self.nonce, environment))
        self.environment = shell.environment(self.environment, self._folder)
        self.argv = shell.argv(self.program, self._folder)

    def remove_files(self) -> None:
        """The shell has read them, or never will."""
        if self._folder is not None:
            shutil.rmtree(self._folder)
            self._folder = None


class Current:
    """One at a time.

    Args:
        terminal: that it runs on.
    """

    def __init__(self, terminal: Terminal) -> None:
        self.command: Command | None = None
        """What runs, or ran last."""
        self.wait: Wait | None = None
        """What it waits for, as far as that was judged."""
        self._terminal = terminal
        self._state = terminal.state
        self._loop = asyncio.get_running_loop()

    @property
    def running(self) -> Command | None:
        """The command, if it has not ended."""
        return self.command if self.command is not None and self.command.running else None

    def new(
        self, text: str, source: Literal["given", "typed", "process"], file: Path | None = None
    ) -> Command:
        """A command that has not begun."""
        return Command(text, source, self._terminal.files.capture(), self._loop.time(), file=file)

    def adopt(self, command: Command) -> None:
        """From now on it is the command; the output of the one before is kept for a while."""
        if self.command is not None:
            self._terminal.files.retire(self.command.capture)
        self.command = command

    def claim(self, command: Command) -> None:
        """The agent gave it: a result has to report its end, and the agent holds the keyboard unless somebody does."""
        self._state.unreported = command
        if self._terminal.keyboard.owner == "free":
            self._terminal.keyboard.hand_to("agent", self.running)

    def start(self, watch: WaitWatch) -> None:
        """It begins; `watch` looks what it waits for until it ends."""
        if self.command is not None:
            self.command.started = self._loop.time()
            self._state.become("busy", self.command)
            watch.run(watch.until_end(self.command))

    def tell_wait(self, wait: Wait | None) -> None:
        """It waits for something, or for nothing any more."""
        self.wait = wait
        self._state.waits_for = str(wait) if wait is not None else ""
        self._state.become("waiting" if wait is not None else "busy", self.command)


STEPS = ((signal.SIGTERM, 2.0), (signal.SIGKILL, 5.0))
"""Signal, and seconds after the ^C."""
AGAIN = 0.3
"""Seconds after which ^C is typed once more to a command that began just before."""


class Escalation:
    """Signals the group that has the keyboard, ever harder, until its command has ended.

    A shell whose program dies of TERM or KILL goes on with the rest of its line, so it is interrupted as well.

    Args:
        pty: where ^C is typed.
        state: of the terminal; is told each signal.
        shell: process of the shell; 0: there is none.
    """

    def __init__(self, pty: Pty, state: TerminalState, shell: int) -> None:
        self._pty = pty
        self._state = state
        self._shell = shell
        self._loop = asyncio.get_running_loop()
        self._task: asyncio.Task[None] | None = None

    def begin(self, command: Command) -> None:
        """^C was typed for this command just now."""
        self.stop()
        self._task = self._loop.create_task(self._escalate(command, self._loop.time()))

    def stop(self) -> None:
        """Send no more signals."""
        if self._task is not None:
            self._task.cancel()
            self._task = None

    async def _escalate(self, command: Command, start: float) -> None:
        def ended() -> bool:
            return not command.running or self._state.state == "exited"

        pty, changes = self._pty, self._state.changes
        if not pty.modes().signals:
            # The program takes ^C for a key: tell it what is meant.
            self._signal_group(command, signal.SIGINT)
        elif (
            command.seconds(start) < AGAIN
            and not await changes.until(ended, start + AGAIN)
            and pty.modes().signals
        ):
            # The shell was about to start a program, which did not have the keyboard yet and never heard of the ^C.
            pty.write(b"\x03")
        for number, after in STEPS:
            if await changes.until(ended, start + after):
                return
            if self._shell:
                send_signal([self._shell], signal.SIGINT)
            self._signal_group(command, number)

    def _signal_group(self, command: Command, number: signal.Signals) -> None:
        group = self._pty.foreground()
        if group > 0:
            send_signal([-group], number)
            send_signal([-group], signal.SIGCONT)
            command.signals.append(number.name)
            self._state.publish(TerminalEvent(kind="signal", command=command.text, detail=number.name))
