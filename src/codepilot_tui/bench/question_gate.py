"""When a waiting question may take the keyboard: a pure state machine with an injected clock.

A question shows as a strip at once. It opens when the keyboard has been still for a while, or when the
composer is left. "Decide later" puts every waiting question back into the strip until the person asks for it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, Literal, TypeVar

Item = TypeVar("Item")
State = Literal["clear", "strip", "open"]

IDLE_SECONDS = 0.7


@dataclass(slots=True)
class _Waiting(Generic[Item]):
    key: str
    item: Item
    later: bool = False
    """The person said so: only `recall` opens it again."""


class QuestionGate(Generic[Item]):
    """The queue of questions, oldest first.

    Tell it what happens (`ask`, `typed`, `composer_left`, `answered`, `later`, `withdraw`), then `poll()`: it hands
    out the question that is to be opened now, once. `wake_in()` says when to poll again if nothing else happens.
    """

    def __init__(self, now: Callable[[], float], idle_seconds: float = IDLE_SECONDS) -> None:
        self._now = now
        self._idle_seconds = idle_seconds
        self._queue: list[_Waiting[Item]] = []
        self._open: str | None = None
        self._wanted: str | None = None
        """The one that the person asked for."""
        self._done = 0
        self._at_once = False
        self._held = False
        self._last_key = float("-inf")

    @property
    def state(self) -> State:
        """Nothing waits; something waits in the strip; a question is open."""
        if self._open is not None:
            return "open"
        return "strip" if self._queue else "clear"

    @property
    def count(self) -> int:
        """How many questions wait, the open one included."""
        return len(self._queue)

    @property
    def position(self) -> tuple[int, int]:
        """Like "2 of 3": which of this run of questions is open, or is the oldest, and how many there are."""
        if not self._queue:
            return (0, 0)
        at = next((index for index, waiting in enumerate(self._queue) if waiting.key == self._open), 0)
        return (self._done + at + 1, self._done + len(self._queue))

    @property
    def first(self) -> Item | None:
        """The question that the strip names."""
        return self._queue[0].item if self._queue else None

    @property
    def open_key(self) -> str | None:
        """Which question is open."""
        return self._open

    def ask(self, key: str, item: Item) -> None:
        """A question arrived. The same key twice is one question."""
        if all(waiting.key != key for waiting in self._queue):
            self._queue.append(_Waiting(key, item))

    def typed(self) -> None:
        """A key was pressed anywhere in the workbench."""
        self._last_key = self._now()

    def composer_left(self) -> None:
        """The composer lost the focus: nobody is in the middle of a word any more."""
        if self._next() is not None:
            self._at_once = True

    def hold(self, held: bool) -> None:
        """Something else is open above the workbench (palette, help): no question may cover it."""
        self._held = held

    def poll(self) -> Item | None:
        """The question to open now, or None. A question that is handed out counts as open."""
        waiting = self._next()
        if self._open is not None or self._held or waiting is None or self._remaining() > 0:
            return None
        self._open, self._wanted = waiting.key, None
        self._at_once = False
        return waiting.item

    def wake_in(self) -> float | None:
        """In how many seconds to `poll()` again; None: nothing will change by itself."""
        if self._open is not None or self._held or self._next() is None:
            return None
        return self._remaining()

    def answered(self, key: str) -> None:
        """The question has its answer. What was already waiting behind it follows at once."""
        if self._remove(key):
            self._done = self._done + 1 if self._queue else 0
            self._at_once = self._next() is not None

    def withdraw(self, key: str) -> bool:
        """The agent no longer asks (stopped, timed out). True: it is open, so close it."""
        was_open = self._open == key
        self._remove(key)
        if not self._queue:
            self._done = 0
        return was_open

    def later(self) -> None:
        """Esc: all questions go back into the strip, undecided, and stay there until `recall`."""
        self._open = None
        self._at_once = False
        for waiting in self._queue:
            waiting.later = True

    def next(self) -> bool:
        """Tab: the question behind the open one is to open instead, which stays undecided.

        True: close it; False: no other one waits.
        """
        keys = [waiting.key for waiting in self._queue if not waiting.later]
        if self._open not in keys or len(keys) < 2:
            return False
        self._wanted = keys[(keys.index(self._open) + 1) % len(keys)]
        self._open = None
        self._at_once = True
        return True

    def recall(self) -> None:
        """The person wants to see what waits: open it at the next poll."""
        for waiting in self._queue:
            waiting.later = False
        self._at_once = bool(self._queue)

    def _next(self) -> _Waiting[Item] | None:
        ready = [waiting for waiting in self._queue if not waiting.later]
        return next(
            (waiting for waiting in ready if waiting.key == self._wanted), ready[0] if ready else None
        )

    def _remaining(self) -> float:
        if self._at_once:
            return 0.0
        return max(0.0, self._last_key + self._idle_seconds - self._now())

    def _remove(self, key: str) -> bool:
        for index, waiting in enumerate(self._queue):
            if waiting.key == key:
                del self._queue[index]
                if self._open == key:
                    self._open = None
                return True
        return False
