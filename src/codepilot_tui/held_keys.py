"""Keys that come before what they are meant for has the keyboard."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Sequence, Set
from dataclasses import dataclass
from functools import partial
from time import monotonic
from typing import Protocol

from textual import events

Typed = events.Key | events.Paste
MOST = 3.0
"""Seconds for which keys wait at most, if nothing else is said: what they wait for may be stuck, and the person wants
to do something else.
"""


class Timer(Protocol):
    """What runs out."""

    def cancel(self) -> None:
        """It does not."""


def _on_loop(seconds: float, call: Callable[[], None]) -> Timer:
    return asyncio.get_running_loop().call_later(seconds, call)


@dataclass(frozen=True, slots=True)
class Ahead:
    """What does not wait for something on its way, as it is not about that: what stops the agent, what quits."""

    always: Set[str] = frozenset()
    """Keys that wait for nothing at all."""
    first: Set[str] = frozenset()
    """Keys that wait only behind what was typed before: that they are about, then."""
    leader: str = ""
    """The key before a letter."""
    letters: Set[str] = frozenset()
    """Behind the leader: it and they wait for nothing that is on its way."""


@dataclass(eq=False, slots=True)
class _Wait:
    """What keys wait for."""

    until: float
    only: bool


class HeldKeys:
    """Keeps what is typed while something is on its way, and hands it on in the order in which it came.

    All keys wait, commands too: the one that closes a terminal is about the one that was just opened.

    Args:
        handle: does what a key means.
        later: calls back when the application takes its next message.
        ahead: what does not wait.
        dropped: told that what was typed went nowhere, since what it waited for did not come in time.
        now: the time, in seconds.
        after: calls something when as many seconds have passed.
    """

    def __init__(
        self,
        handle: Callable[[Typed], Awaitable[None]],
        later: Callable[[Callable[[], Awaitable[None]]], object],
        ahead: Ahead = Ahead(),
        dropped: Callable[[], None] = lambda: None,
        now: Callable[[], float] = monotonic,
        after: Callable[[float, Callable[[], None]], Timer] = _on_loop,
    ) -> None:
        self._handle = handle
        self.later = later
        """Calls back when the application takes its next message."""
        self._ahead = ahead
        self._tell_dropped = dropped
        self.now = now
        """The time, in seconds."""
        self._after = after
        self._timer: Timer | None = None
        self._kept: deque[Typed] = deque()
        self._waits_for: list[_Wait] = []
        self._deaf_until = float("-inf")

    def hold(self, most: float = MOST, *, only: bool = True) -> Callable[[bool], None]:
        """Something is on its way, and what is typed from now on is meant for it.

        Args:
            most: seconds for which they wait.
            only: and for nothing else: where it does not come in time, what was typed for it goes nowhere.

        Returns:
            To be called when it is there and has the keyboard, or with False: then what was typed for it goes nowhere.
        """
        wait = _Wait(self.now() + most, only)
        self._waits_for.append(wait)

        def over(there: bool) -> None:
            if wait not in self._waits_for:
                return  # it took too long
            self._waits_for.remove(wait)
            if not there:
                self._kept.clear()
            self.later(self._hand_on)

        return over

    def drop(self) -> None:
        """A command was refused: what was typed behind it, and has come by now, goes nowhere.

        Whoever types later may have read why: a program that drives the screen has done so as soon as it is painted.
        """
        self._deaf_until = self.now()
        self._kept = deque(typed for typed in self._kept if typed.time > self._deaf_until)

    def drop_repeats(self, typed: Typed, handled: float) -> None:
        """A key that was held on a question was meant for it, and not for what has the keyboard after it.

        Args:
            typed: the key that answered the question.
            handled: when it did that: what was read later may be pressed by somebody who has seen what it did.
        """
        while self._kept and isinstance(first := self._kept[0], events.Key):
            if not isinstance(typed, events.Key) or first.key != typed.key or first.time > handled:
                return
            self._kept.popleft()

    def takes(self, typed: Typed) -> bool:
        """Whether something that comes has to wait; it is handed on then, or goes nowhere."""
        if isinstance(typed, events.Key) and typed.key in self._ahead.always:
            return False
        if typed.time <= self._deaf_until:
            return True
        if not self._waits and not self._kept:
            return False
        if self._only_awaits and not self._kept and _key_of(typed) in self._ahead.first:
            return False
        self._kept.append(typed)
        if self._only_awaits and (urgent := self._take_urgent()):
            self.later(partial(self._do_all, urgent))
        self._wind_up()
        return True

    @property
    def _waits(self) -> bool:
        fresh = [each for each in self._waits_for if self.now() < each.until]
        late = [each for each in self._waits_for if each not in fresh]
        self._waits_for = fresh
        if late and not fresh:
            if self._kept and any(each.only for each in late):
                self._kept.clear()  # elsewhere they would mean something else
                self.later(self._say_dropped)
            self.later(self._hand_on)
        return bool(fresh)

    @property
    def _only_awaits(self) -> bool:
        """Something is on its way, and all that has to do with the keys before has dealt with them."""
        return bool(self._waits_for) and all(each.only for each in self._waits_for)

    def _take_urgent(self) -> Sequence[Typed]:
        """What waits for nothing that is on its way, out of what was kept."""
        kept, urgent, at = list(self._kept), list[Typed](), 0
        while kept and _key_of(kept[0]) in self._ahead.first:
            urgent.append(kept.pop(0))
        while at + 1 < len(kept):
            pair = kept[at : at + 2]
            if _key_of(pair[0]) != self._ahead.leader:
                at += 1
            elif _key_of(pair[1]) in self._ahead.letters:
                urgent += pair
                del kept[at : at + 2]
            else:
                at += 2
        self._kept = deque(kept)
        return urgent

    def _wind_up(self) -> None:
        """Look at the clock when the time is up: nobody may type anything more."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self._kept and self._waits_for:
            self._timer = self._after(max(each.until for each in self._waits_for) - self.now(), self._time_up)

    def _time_up(self) -> None:
        self._timer = None
        if self._waits:
            self._wind_up()

    async def _say_dropped(self) -> None:
        self._tell_dropped()

    async def _do_all(self, typed: Sequence[Typed]) -> None:
        for each in typed:
            await self._handle(each)

    async def _hand_on(self) -> None:
        while self._kept and not self._waits:
            await self._handle(self._kept.popleft())
        if self._only_awaits:
            await self._do_all(self._take_urgent())
        self._wind_up()


def _key_of(typed: Typed) -> str:
    return typed.key if isinstance(typed, events.Key) else ""
