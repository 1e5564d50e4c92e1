"""The state of a terminal: how it was made, what runs in it, what it is doing, and who is notified of changes."""

from __future__ import annotations

import asyncio
import contextlib
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Literal, Protocol

from codepilot.terminal.engines import Engine
from codepilot.terminal.protocol import Hand, Owner, State, TerminalEvent
from codepilot.terminal.session.capture import Capture
from codepilot.terminal.session.processes import Reaper


@dataclass(frozen=True, slots=True, kw_only=True)
class Spec:
    """How a terminal is made."""

    name: str
    """As people and models say it."""
    cwd: str
    """Where it starts."""
    columns: int = 120
    lines: int = 40
    argv: Sequence[str] = ()
    """The command line of its one process; empty: a shell with our integration."""
    shell: str | None = None
    """Name or path of that shell; None: bash where it is, else sh."""
    title: str = ""
    """argv only: how a list shows it."""
    one_shot: bool = False
    """argv only: a tab of `run_command`."""
    limit: int = 10_000
    """Characters that a result may hold."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ProcessSettings:
    """How a host starts the processes of all its terminals."""

    environment: Mapping[str, str]
    prefix: Sequence[str]
    """Stands before every command line: a jail's launcher, if there is one."""
    umask: int


class SessionHost(Protocol):
    """What a terminal asks of the host that it is in."""

    process_settings: ProcessSettings
    files: Path
    """The folder for what shells read and commands write."""
    reaper: Reaper
    """Says when a process has ended."""

    def new_engine(self, columns: int, lines: int) -> Engine:
        """An emulator for its screen."""
        ...

    def publish(self, event: TerminalEvent) -> None:
        """Something happened in it."""
        ...

    def screen_fed(self, name: str, data: bytes) -> None:
        """What its screen was fed."""
        ...

    def screen_changed(self, name: str) -> None:
        """Its screen may look otherwise now."""
        ...


@dataclass(slots=True, eq=False)
class Command:
    """A command that runs, or ran, in a terminal.

    `given`: through `execute`. `typed`: somebody typed it. `process`: the terminal's only process.
    """

    text: str
    source: Literal["given", "typed", "process"]
    capture: Capture
    started: float
    """Monotonic."""
    file: Path | None = None
    """given: the private file that the shell sources."""
    ended: float | None = None
    exit_code: int | None = None
    lost: str = ""
    """Why no exit code is known, if the command ended and none is."""
    signals: list[str] = field(default_factory=list)
    """Sent to it beyond ^C."""
    by: Hand = "agent"
    """typed: who pressed Enter."""
    touched: bool = False
    """The agent's, and the person typed into it."""
    closed: bool = False
    """The person closed the terminal while it ran."""
    private: bool = False
    """typed: the line began with a space."""
    folder: str = ""
    """typed: where it began."""
    number: int = 0
    """typed by the person: as it was told."""

    @property
    def running(self) -> bool:
        """It has not ended."""
        return self.ended is None

    def finish(self, exit_code: int | None, now: float) -> None:
        """It ended."""
        self.exit_code = exit_code
        self.ended = now
        self.capture.finish()
        self.capture.close()
        self.remove_file()

    def seconds(self, now: float) -> float:
        """How long it took, or takes so far."""
        return (self.ended if self.ended is not None else now) - self.started

    def remove_file(self) -> None:
        """The shell has read it."""
        if self.file is not None:
            with contextlib.suppress(FileNotFoundError):
                self.file.unlink()


class Changes:
    """Wakes whoever waits for a condition: `notify` whenever something changed, `until` checks again each time."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._waiters: set[asyncio.Future[None]] = set()

    def notify(self) -> None:
        """Something changed."""
        for waiter in self._waiters:
            if not waiter.done():
                waiter.set_result(None)
        self._waiters.clear()

    async def until(self, holds: Callable[[], bool], deadline: float, every: float | None = None) -> bool:
        """Wait until `holds`, or until the loop's clock is past `deadline`; says whether it holds.

        Args:
            holds: what to wait for.
            deadline: on the loop's clock.
            every: check again after this many seconds even if nothing was notified.
        """
        while not holds():
            left = deadline - self._loop.time()
            if left <= 0:
                return False
            waiter: asyncio.Future[None] = self._loop.create_future()
            self._waiters.add(waiter)
            try:
                async with asyncio.timeout(left if every is None else min(left, every)):
                    await waiter
            except TimeoutError:
                continue
            finally:
                self._waiters.discard(waiter)
        return True


class TerminalState:
    """What one terminal does, where its shell is, and who holds its keyboard.

    Args:
        name: the terminal's.
        folder: where it starts.
        publish: takes events.
    """

    def __init__(self, name: str, folder: str, publish: Callable[[TerminalEvent], None]) -> None:
        self.name = name
        self.identity = str(uuid.uuid4())
        """By which programs tell it from other terminals, also from an earlier one of its name."""
        self.state: State = "starting"
        self.cwd = folder
        """The shell's folder."""
        self.owner: Owner = "free"
        self.waits_for = ""
        """What the program waits for, or waited for last, in words."""
        self.exit_code: int | None = None
        """Of the process, when it has ended."""
        self.closed_by: Hand | None = None
        """Who closed the terminal, once somebody did who is to be told of."""
        self.unreported: Command | None = None
        """The agent's last command, until a result has reported its end."""
        self.changes = Changes()
        """Notified of every change."""
        self._publish = publish
        self._loop = asyncio.get_running_loop()

    def become(self, state: State, command: Command | None) -> None:
        """Enter a state, or stay in it.

        Args:
            state: what it is now.
            command: what runs in the terminal, or ran last.
        """
        if state == self.state:
            return
        self.state = state
        self.publish(
            TerminalEvent(
                kind="state",
                command=command.text if command is not None else "",
                exit_code=command.exit_code if command is not None else self.exit_code,
                cwd=self.cwd,
                seconds=round(command.seconds(self._loop.time()), 3) if command is not None else 0.0,
                owner=self.owner,
                detail=self.waits_for if state == "waiting" else "",
            )
        )
        self.changes.notify()

    def publish(self, event: TerminalEvent) -> None:
        """Publish an event of this terminal; its name and state are filled in."""
        self._publish(replace(event, name=self.name, state=self.state))
