"""Messages that the person typed while the agent works: kept in order until the next step, never lost."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Callable, Mapping

from codepilot.events import Event, MessageDropped, MessageInjected, MessageQueued
from codepilot.values import dataclass


@dataclass(frozen=True, slots=True)
class QueuedMessage:
    """A message that is not delivered yet."""

    id: str
    text: str


Read = Callable[[QueuedMessage], None]


class Inbox:
    """A thread-safe queue that reports each change as an event.

    Args:
        emit: takes the events; may be called from any thread.
        keep: takes those of words that come or go before the call returns, whatever thread it is on; what it raises,
            the caller gets, and nothing is queued.
        kept: returns when those are kept; called on that thread, before they are told to anybody.
    """

    def __init__(
        self,
        emit: Callable[[Event], None],
        keep: Callable[[Event], object] = lambda event: None,
        kept: Callable[[], None] = lambda: None,
    ) -> None:
        self._emit = emit
        self._keep = keep
        self._kept = kept
        self._lock = threading.Lock()
        self._waiting: list[QueuedMessage] = []
        self._late: frozenset[str] | None = None
        """Ids of what waited when a task was announced; None: none is announced."""
        self._numbers = itertools.count(1)

    def __len__(self) -> int:
        return len(self._waiting)

    def restore(self, waiting: Mapping[str, str], sent: int) -> None:
        """Have words wait again that an earlier program was sent, before those that this one was sent meanwhile.

        Args:
            waiting: them, by their ids, in order.
            sent: the highest number of an id; the next one counts on.
        """
        with self._lock:
            mine = self._waiting  # a session that is loaded by its first task may have been sent some before
            self._waiting = [QueuedMessage(message_id, text) for message_id, text in waiting.items()]
            self._numbers = itertools.count(max([sent, *(int(each.id[1:]) for each in mine)]) + 1)
            for each in mine:
                taken = each.id in waiting
                self._waiting.append(QueuedMessage(f"m{next(self._numbers)}", each.text) if taken else each)

    @property
    def waiting(self) -> tuple[QueuedMessage, ...]:
        """What no step has read yet, in order."""
        return tuple(self._waiting)

    def put(self, text: str) -> str:
        """Queue a message; returns the id by which they can be taken back."""
        with self._lock:
            message = QueuedMessage(f"m{next(self._numbers)}", text)
            queued = MessageQueued(message_id=message.id, message=text)
            self._keep(queued)
            self._waiting.append(message)
        self._kept()  # without the lock: a step that takes words must not wait for a disk
        self._emit(queued)
        return message.id

    def drop(self, message_id: str) -> str | None:
        """Take words back before the model sees them; returns them, or None if it is too late."""
        with self._lock:
            found = next((message for message in self._waiting if message.id == message_id), None)
            if found is None:
                return None
            self._waiting.remove(found)
            dropped = MessageDropped(message_id=found.id, message=found.text)
            self._keep(dropped)
        self._kept()
        self._emit(dropped)
        return found.text

    def clear(self) -> None:
        """Take all words back."""
        with self._lock:
            gone, self._waiting = self._waiting, []
            dropped = [MessageDropped(message_id=message.id, message=message.text) for message in gone]
            for event in dropped:
                self._keep(event)
        self._kept()
        for event in dropped:
            self._emit(event)

    def expect_task(self) -> None:
        """A task is about to begin: what is put from now on was said after it."""
        with self._lock:
            self._late = frozenset(message.id for message in self._waiting)

    def take_late(self, read: Read = lambda message: None) -> list[QueuedMessage]:
        """What was said before the task that begins now, in order; each is reported as injected.

        Args:
            read: given each of them before that.
        """
        with self._lock:
            late, self._late = self._late, None
            taken = [message for message in self._waiting if late is None or message.id in late]
            self._waiting = [message for message in self._waiting if message not in taken]
        return self._injected(taken, read)

    def take(self, read: Read = lambda message: None) -> list[QueuedMessage]:
        """All that waits, in order; each is reported as injected. Args as `take_late`."""
        with self._lock:
            taken, self._waiting = self._waiting, []
        return self._injected(taken, read)

    def _injected(self, taken: list[QueuedMessage], read: Read) -> list[QueuedMessage]:
        for message in taken:
            read(message)
            self._emit(MessageInjected(message_id=message.id, message=message.text))
        return taken
