"""What is asked for before what it needs is there: it waits, and what is typed behind it waits with it."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Awaitable, Callable
from typing import Protocol

from textual import events
from textual.widget import Widget

from codepilot.values import dataclass
from codepilot_tui.actions import WHY_NOT
from codepilot_tui.bench.notices import Kind
from codepilot_tui.held_keys import Ahead, HeldKeys, Timer, Typed
from codepilot_tui.key_order import once_dealt_with
from codepilot_tui.keymap import Keymap

STARTS = 20.0
"""Seconds after which it is given up; that it can never be done is mostly known before."""
GIVEN_UP = "{label}: given up. What you typed for it is dropped."
WAITS = "{label}: still waiting. Esc gives up."


def ahead_of(keymap: Keymap) -> Ahead:
    """What stops the agent, or quits, is not about a terminal that is on its way.

    Ctrl+C behind words is: it is for what is typed there.
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

    def tell(self, text: str, kind: Kind = "info", *, about: str = "") -> None:
        """Say something in the status line."""

    def untrue(self, about: str) -> None:
        """What was told about this holds no more."""


@dataclass(eq=False, slots=True)
class _Asked:
    """What waits."""

    can: Callable[[], bool]
    run: Callable[[], Awaitable[None] | None]
    over: Callable[[bool], None]
    timer: Timer


def _on_loop(seconds: float, call: Callable[[], None]) -> Timer:
    return asyncio.get_running_loop().call_later(seconds, call)


class Early:
    """Something that is done as soon as it can be; one thing at a time.

    It is given up when the person presses Esc, when it takes too long, or when it is known that it will never be
    possible: nothing is opened later, where the person does something else by then.

    Args:
        keys: keeps what is typed meanwhile.
        screen: says what becomes of it, and has the keyboard.
        after: calls something when as many seconds have passed.
    """

    def __init__(
        self,
        keys: HeldKeys,
        screen: Screenlike,
        after: Callable[[float, Callable[[], None]], Timer] = _on_loop,
    ) -> None:
        self._keys = keys
        self._screen = screen
        self._after = after
        self._asked: _Asked | None = None
        self._label = ""

    def ask(
        self,
        can: Callable[[], bool],
        run: Callable[[], Awaitable[None] | None],
        label: str,
        *,
        asked: bool = False,
    ) -> bool:
        """Do something once it can be done; False: it is refused, as something else waits.

        Args:
            can: whether what it needs is there.
            run: does it.
            label: what it is called.
            asked: the person is asked something first: nobody knows when the rest will be there.
        """
        if self._asked is not None:
            self._screen.tell(WAITS.format(label=self._label), about="starting")
            return False
        if asked:
            self._refuse()
            return False
        # Held a little longer than it waits: its own end says what becomes of what was typed.
        over = self._keys.hold(STARTS + 1)
        self._label = label
        self._asked = _Asked(can, run, over, self._after(STARTS, self.give_up))
        return True

    def look(self, *, asked: bool) -> None:
        """Something came, or (`asked`) the person is asked something first: what was typed then goes nowhere."""
        if self._asked is None:
            return
        if asked:
            self._end()(False)
            self._refuse()
        elif self._asked.can():
            run, over = self._asked.run, self._end()

            async def go() -> None:
                if inspect.isawaitable(done := run()):
                    await done
                once_dealt_with(lambda: self._screen.focused, lambda: over(True))

            self._keys.later(go)

    def takes(self, typed: Typed) -> bool:
        """Whether what is typed gives up what waits: Esc does."""
        gives_up = self._asked is not None and isinstance(typed, events.Key) and typed.key == "escape"
        if gives_up:
            self.give_up()
        return gives_up

    def give_up(self, why: str = "", kind: Kind = "info") -> None:
        """What waits is not done, and what was typed for it goes nowhere.

        Args:
            why: what is said; empty: that it is given up.
            kind: of that notice.
        """
        if self._asked is not None:
            self._end()(False)
            self._screen.tell(why or GIVEN_UP.format(label=self._label), kind)

    def _end(self) -> Callable[[bool], None]:
        assert self._asked is not None
        ended, self._asked = self._asked, None
        ended.timer.cancel()
        self._screen.untrue("starting")
        return ended.over

    def _refuse(self) -> None:
        self._screen.tell(WHY_NOT["asked first"], about="starting")
