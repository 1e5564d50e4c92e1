"""Who holds a terminal's keyboard, and what is told when it changes hands."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from codepilot.terminal.command import Command
from codepilot.terminal.hands import LAPSE, PRIVATE, TAIL, Hands
from codepilot.terminal.protocol import Owner, PersonCommand, TerminalEvent


class Keyboard:
    """One terminal's. At first nobody holds it.

    Args:
        terminal: its name.
        publish: takes events; the terminal's name and state are filled in there.
        changed: told that it has another owner.
    """

    def __init__(
        self, terminal: str, publish: Callable[[TerminalEvent], None], changed: Callable[[], None]
    ) -> None:
        self.owner: Owner = "free"
        self.hands = Hands(terminal)
        self._publish = publish
        self._changed = changed
        self._told = 0
        self._loop = asyncio.get_running_loop()

    def hand_to(self, owner: Owner, command: Command | None, folder: str, *, by_typing: bool = False) -> None:
        """Somebody takes it or lets go of it.

        Args:
            owner: free while the agent's command runs means the agent.
            command: what runs.
            folder: the shell's.
            by_typing: the person did nothing but type into a terminal that nobody held.
        """
        if owner == "free" and command is not None and command.by == "agent":
            owner = "agent"
        if owner == "person":
            into = command.text if command is not None and command.by == "agent" else ""
            self.hands.take(folder, by_typing=by_typing and self.owner != "agent", into=into)
        elif self.owner == "person":
            theirs = command if command is not None and _is_theirs(command) else None
            self.hands.give_back(folder, self._as_told(theirs) if theirs is not None else None)
            self.tell_offers()
        self._own(owner, folder)

    def lapse(self, folder: str, *, at_rest: bool, untouched: float) -> bool:
        """The agent wants the terminal: a hold by typing gives way at an empty prompt; says whether it did.

        Args:
            folder: the shell's.
            at_rest: the prompt stands, and nothing was typed there.
            untouched: seconds since the last key.
        """
        if self.owner != "person":
            return False
        if not (at_rest and untouched >= LAPSE and self.hands.held_by_typing):
            if self.hands.want():
                self._publish(TerminalEvent(kind="owner", owner="person", detail="wanted"))
            return False
        self.hands.lapse()
        self._own("free", folder)
        return True

    def let_go(self, folder: str) -> None:
        """The agent's command is over: the keyboard is free again."""
        if self.owner == "agent":
            self._own("free", folder)

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
            self._publish(TerminalEvent(kind="typed", owner=self.owner, count=count))

    def _own(self, owner: Owner, folder: str) -> None:
        if owner != self.owner:
            self.owner = owner
            self._publish(TerminalEvent(kind="owner", owner=owner, cwd=folder))
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
