"""The one way to run an action, whether a key, the leader, the palette, a slash, the menu or a click asked for it."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from typing import Any

from codepilot_tui.actions import PRESS, Action
from codepilot_tui.keymap import Keymap

Owners = Mapping[str, object]
"""Name before the dot of a target → the object whose method it is."""


class Dispatch:
    """Runs the rows of the table.

    Args:
        keymap: the table.
        owners: gives who owns the targets now; they come and go with the session.
        press: presses a key where the keyboard is, for rows whose key a widget takes itself.
    """

    def __init__(self, keymap: Keymap, owners: Callable[[], Owners], press: Callable[[str], None]) -> None:
        self.keymap = keymap
        self._owners = owners
        self._press = press
        self.watch: Callable[[Action], None] | None = None
        """Told each action that is run."""

    def can(self, name: str) -> bool:
        """Whether what the action needs is there."""
        action = self.keymap[name]
        return action.target == PRESS or action.target.partition(".")[0] in self._owners()

    async def run(self, name: str, argument: str = "") -> None:
        """Run an action.

        Args:
            name: of the row.
            argument: what stood behind the command in the composer; actions that take none ignore it.

        Raises:
            KeyError: there is no such row, or nobody owns its target now.
        """
        action = self.keymap[name]
        if self.watch is not None:
            self.watch(action)
        if action.target == PRESS:
            self._press(action.key)
            return
        method = resolve(action.target, self._owners())
        done = method(argument) if argument and takes_argument(method) else method()
        if inspect.isawaitable(done):
            await done


def resolve(target: str, owners: Owners) -> Callable[..., Any]:
    """The method that a target names.

    Raises:
        KeyError: nobody of that name is there.
        AttributeError: it has no such method.
    """
    owner, _, name = target.partition(".")
    method: Callable[..., Any] = getattr(owners[owner], name)
    return method


def takes_argument(method: Callable[..., Any]) -> bool:
    """Whether words behind a command mean something to it."""
    return bool(inspect.signature(method).parameters)
