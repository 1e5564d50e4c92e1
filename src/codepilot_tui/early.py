"""What is asked for before what it needs is there: it waits, and what is typed behind it waits with it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Protocol

from textual.widget import Widget

from codepilot_tui.actions import WHY_NOT
from codepilot_tui.held_keys import Ahead, HeldKeys
from codepilot_tui.key_order import once_dealt_with
from codepilot_tui.keymap import Keymap

STARTS = 20.0
"""Seconds for which keys wait for the program's own start."""


def ahead_of(keymap: Keymap) -> Ahead:
    """What stops the agent, or quits, is not about a terminal that is on its way.

    Esc is, and so is Ctrl+C behind words: they are for what is typed there.
    """
    urgent = [keymap["stop"], keymap["quit"]]
    return Ahead(
        always={keymap["quit"].key},
        first={keymap["interrupt"].key},
        leader=keymap.leader,
        letters={action.leader for action in urgent},
    )


class Screenlike(Protocol):
    """The session screen."""

    @property
    def focused(self) -> Widget | None:
        """What has the keyboard."""

    def tell(self, text: str, *, about: str) -> None:
        """Say something in the status line."""


class Early:
    """An action that is run as soon as it can be.

    Args:
        keys: keeps what is typed meanwhile.
        can: whether what an action needs is there.
        run: runs it.
        screen: says that it has to be tried again, and has the keyboard.
    """

    def __init__(
        self,
        keys: HeldKeys,
        can: Callable[[str], bool],
        run: Callable[[str, str], Awaitable[None]],
        screen: Screenlike,
    ) -> None:
        self._keys = keys
        self._can = can
        self._run = run
        self._screen = screen
        self._waits: tuple[str, str, Callable[[bool], None]] | None = None

    def ask(self, name: str, argument: str, *, asked: bool) -> None:
        """Run an action once it can be; only the first of them waits.

        Args:
            name: of the action.
            argument: what stood behind the command.
            asked: the person is asked something first: nobody knows when the rest will be there.
        """
        if asked or self._waits is not None:
            self._refuse()
        else:
            self._waits = name, argument, self._keys.hold(STARTS)

    def look(self, *, asked: bool) -> None:
        """Something came, or (`asked`) the person is asked something first: what was typed then goes nowhere."""
        if self._waits is None:
            return
        name, argument, over = self._waits
        if asked:
            self._waits = None
            self._refuse()
            over(False)
        elif self._can(name):
            self._waits = None

            async def go() -> None:
                await self._run(name, argument)
                once_dealt_with(lambda: self._screen.focused, lambda: over(True))

            self._keys.later(go)

    def _refuse(self) -> None:
        self._screen.tell(WHY_NOT["ready"], about="starting")
