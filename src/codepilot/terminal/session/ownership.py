"""Two hands on one keyboard: who holds it, and what the person ran there, which the agent is told once."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field

from codepilot.terminal.protocol import Owner, PersonCommand, PersonReport, TerminalEvent
from codepilot.terminal.session.state import Command, TerminalState

KEPT = 20
"""How many commands of the person are kept for the agent; of more, the first ones are only counted."""
TAIL = 1000
"""Characters of a command's output that are kept."""
PRIVATE = "(a line that began with a space: kept private)"
"""Replaces a typed line that the shell itself would keep out of its history."""
LAPSE = 1.0
"""Seconds after the last key until a hold that began by typing no longer blocks the agent at the prompt."""


@dataclass(slots=True)
class _Log:
    """The latest commands, in order."""

    commands: list[PersonCommand] = field(default_factory=list)
    left_out: int = 0

    def add(self, command: PersonCommand) -> None:
        self.commands.append(command)
        while len(self.commands) > KEPT:
            del self.commands[0]
            self.left_out += 1

    def drop(self, gone: list[PersonCommand]) -> None:
        numbers = {command.number for command in gone}
        self.commands = [command for command in self.commands if command.number not in numbers]
        if not self.commands:
            self.left_out = 0


@dataclass(slots=True)
class _Hold:
    """From the moment the person takes the keyboard until it is handed back."""

    folder: str
    by_typing: bool
    """Nobody held it, and the person just typed."""
    ran: _Log = field(default_factory=_Log)
    asked: bool = False
    """The agent wanted the terminal meanwhile."""
    into: str = ""
    """The agent's command that ran when the keyboard was taken."""


class Hands:
    """What is remembered of the person's work in one terminal.

    What was run between taking a terminal and handing it back is due to the agent. What was run in a terminal that
    nobody held, or that the person took by nothing but typing into it, is only offered.

    Args:
        terminal: its name.
    """

    def __init__(self, terminal: str) -> None:
        self._terminal = terminal
        self._hold: _Hold | None = None
        self._offered = _Log()
        self._due: list[PersonReport] = []
        self._count = 0

    # -- the keyboard --

    def take(self, folder: str, *, by_typing: bool, into: str = "") -> None:
        """The person takes the keyboard; once more and on purpose, a hold by typing becomes a real one."""
        if self._hold is None:
            self._hold = _Hold(folder, by_typing, into=into)
        elif not by_typing:
            self._hold.by_typing = False

    def give_back(self, folder: str, running: PersonCommand | None) -> None:
        """The person hands it back: what was run is due to the agent.

        Args:
            folder: the shell's, now.
            running: the person's command that has not ended.
        """
        hold, self._hold = self._hold, None
        if hold is None:
            return
        if running is not None:
            hold.ran.add(running)
        self._offered.drop(hold.ran.commands)
        if hold.ran.commands or hold.asked or folder != hold.folder:
            self._due.append(
                PersonReport(
                    terminal=self._terminal,
                    commands=tuple(hold.ran.commands),
                    left_out=hold.ran.left_out,
                    folder=folder,
                    moved=folder != hold.folder,
                    into=hold.into,
                )
            )
            del self._due[:-KEPT]

    def lapse(self) -> None:
        """A hold by typing ends because the agent wants the terminal and nobody types: what was run stays offered."""
        self._hold = None

    @property
    def held_by_typing(self) -> bool:
        """The person holds it for no other reason than having typed."""
        return self._hold is not None and self._hold.by_typing

    def want(self) -> bool:
        """The agent wants the terminal while the person holds it; says whether that is new."""
        if self._hold is None or self._hold.asked:
            return False
        self._hold.asked = True
        return True

    # -- commands --

    def number(self) -> int:
        """The next command's."""
        self._count += 1
        return self._count

    def add(self, command: PersonCommand) -> None:
        """A command of the person has ended: it is offered, or due with the hand-back."""
        if self._hold is not None:
            self._hold.ran.add(command)
        if self._hold is None or self._hold.by_typing:
            self._offered.add(command)

    # -- telling --

    def take_due(self) -> list[PersonReport]:
        """What was handed back; it is not given again."""
        due, self._due = self._due, []
        return due

    @property
    def count(self) -> int:
        """How many are offered."""
        return len(self._offered.commands)

    def offered(self, folder: str) -> PersonReport | None:
        """What may be told to the agent if the person wants it."""
        log = self._offered
        if not log.commands:
            return None
        return PersonReport(
            terminal=self._terminal,
            commands=tuple(log.commands),
            left_out=log.left_out,
            folder=folder,
            handed_back=False,
        )

    def take_offered(self, folder: str) -> PersonReport | None:
        """The same, and it is offered no more."""
        report = self.offered(folder)
        if report is not None:
            if self._hold is not None:
                self._hold.ran.drop(list(report.commands))
            self._offered = _Log()
        return report


class Keyboard:
    """Who holds one terminal's keyboard; at first nobody.

    Args:
        state: of the terminal; has the owner.
        changed: told that there is another owner.
    """

    def __init__(self, state: TerminalState, changed: Callable[[], None]) -> None:
        self.hands = Hands(state.name)
        self._state = state
        self._changed = changed
        self._told = 0
        self._loop = asyncio.get_running_loop()

    @property
    def owner(self) -> Owner:
        """Who holds it."""
        return self._state.owner

    def hand_to(self, owner: Owner, command: Command | None, *, by_typing: bool = False) -> None:
        """Somebody takes it or lets go of it.

        Args:
            owner: free while the agent's command runs means the agent.
            command: what runs.
            by_typing: the person did nothing but type into a terminal that nobody held.
        """
        folder = self._state.cwd
        if owner == "free" and command is not None and command.by == "agent":
            owner = "agent"
        if owner == "person":
            into = command.text if command is not None and command.by == "agent" else ""
            self.hands.take(folder, by_typing=by_typing and self.owner != "agent", into=into)
        elif self.owner == "person":
            theirs = command if command is not None and _is_theirs(command) else None
            self.hands.give_back(folder, self._as_told(theirs) if theirs is not None else None)
            self.tell_offers()
        self._own(owner)

    def lapse(self, *, at_rest: bool, untouched: float) -> bool:
        """The agent wants the terminal: a hold by typing gives way at an empty prompt; says whether it did.

        Args:
            at_rest: the prompt stands, and nothing was typed there.
            untouched: seconds since the last key.
        """
        if self.owner != "person":
            return False
        if not (at_rest and untouched >= LAPSE and self.hands.held_by_typing):
            if self.hands.want():
                self._state.publish(TerminalEvent(kind="owner", owner="person", detail="wanted"))
            return False
        self.hands.lapse()
        self._own("free")
        return True

    def let_go(self) -> None:
        """The agent's command is over: the keyboard is free again."""
        if self.owner == "agent":
            self._own("free")

    def remember(self, command: Command) -> None:
        """A command has ended: the person's is kept to be told."""
        if _is_theirs(command):
            self.hands.add(self._as_told(command))
            self.tell_offers()

    def tell_offers(self) -> None:
        """Say how many commands of the person are offered, if that has changed."""
        count = self.hands.count
        if count != self._told:
            self._told = count
            self._state.publish(TerminalEvent(kind="typed", owner=self.owner, count=count))

    def _own(self, owner: Owner) -> None:
        if owner != self.owner:
            self._state.owner = owner
            self._state.publish(TerminalEvent(kind="owner", owner=owner, cwd=self._state.cwd))
            self._changed()

    def _as_told(self, command: Command) -> PersonCommand:
        if not command.number:
            command.number = self.hands.number()
        return PersonCommand(
            number=command.number,
            text=PRIVATE if command.private else command.text,
            folder=command.folder,
            exit_code=command.exit_code,
            seconds=round(command.seconds(self._loop.time()), 3),
            output="" if command.private else command.capture.recent(TAIL),
            running=command.running,
        )


def _is_theirs(command: Command) -> bool:
    return command.source == "typed" and command.by == "person"
