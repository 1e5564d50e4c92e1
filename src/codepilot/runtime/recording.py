"""The Recorder: the first reader of every event, which writes it into the session's journal before anybody sees it."""

from __future__ import annotations

import asyncio
import contextlib
import operator
import threading
from collections import deque
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from codepilot import events as e
from codepilot.errors import SessionBusy, SessionError
from codepilot.journal.damage import damage_told
from codepilot.journal.record import of_event
from codepilot.loop.conversation import Conversation
from codepilot.secrets import SecretBook
from codepilot.sessions.journal import JournalSession

if TYPE_CHECKING:
    from codepilot.runtime.door import Door

_AGAIN = 5.0
"""Seconds after which a disk that took nothing is tried again."""
_EARLY = 1_000
"""Events before the first word of the person that are kept: a program that is only looked at makes no session."""
_BEGINS = (e.TaskStarted, e.MessageQueued)
_BY_THE_INBOX = (e.MessageQueued, e.MessageDropped)
"""Recorded by the call that sends or drops them, whatever thread it is on; the event comes later."""
LOST = "What is said and done from here on is only in memory, and a crash now would lose it."


class Recorder:
    """Writes the events of one runtime into a journal, and is the keeper of its conversation.

    Args:
        session: with the journal.
        conversation: of the agent.
        publish: takes what goes wrong as an event.
        opened: gives the event that says which program works on the session.
        secrets: replaced in every record by their names.
        seen: gives the digests of the files that the agent came to know since it was asked last.
    """

    def __init__(
        self,
        session: JournalSession,
        conversation: Conversation,
        publish: Callable[[e.Event], None],
        opened: Callable[[], e.SessionOpened],
        secrets: SecretBook,
        seen: Callable[[], dict[str, str]],
    ) -> None:
        self._session = session
        self._conversation = conversation
        self.publish = publish
        """Takes an event, which is recorded and told to everybody."""
        self.restore = 0
        """The record of the last restore."""
        self._opened = opened
        self._secrets = secrets
        self._seen = seen
        self._early: deque[tuple[str, dict[str, Any]]] = deque(maxlen=_EARLY)
        self._lock = threading.Lock()
        self._numbers: dict[tuple[str, str], int] = {}
        """Of records that the inbox wrote, until their events come, by type and id."""
        self.listen: Callable[[], Door | None] = lambda: None
        """Opens the socket on which others are served while the session is open."""
        self._door: Door | None = None
        self._trouble = ""
        self._trying: asyncio.Task[None] | None = None
        self._said_opened = self._in_memory = False
        self._known: list[dict[str, Any]] = []
        """The messages that the journal has, the very objects."""

    def take(self, event: e.Event) -> int:
        """Write an event, if it is kept; on the runtime's loop. Returns the number of its record; 0: it has none."""
        if isinstance(event, e.SessionCleared):
            self._early.clear()  # of the conversation that ended
            return 0
        if isinstance(event, e.SessionTrouble):
            self._try_later()
        if isinstance(event, e.Rewound):
            return self._numbers.pop((e.type_name(event), str(event.left)), 0)
        if isinstance(event, _BY_THE_INBOX):
            return self._numbers.pop((e.type_name(event), event.message_id), 0)
        return self.record(event)

    def record(self, event: e.Event) -> int:
        """Write an event, if it is kept. From any thread.

        Returns:
            The number of its record; 0: it has none, or not yet.

        Raises:
            SessionError: the journal cannot be opened for the first words of the person, or their disk takes nothing
                and too much waits for it.
        """
        record, log = of_event(event), self._session.log
        if record is None or log.closed or self._in_memory:
            return 0
        record = (record[0], self._secrets.replaced_in(record[1]))
        if not log.opened and not isinstance(event, _BEGINS):
            self._early.append(record)
            return 0
        number = self._append(event, record)
        if isinstance(event, e.RestoreStarted):
            self.restore = number
        if isinstance(event, e.MessageStored):
            self._known.append(self._conversation.messages[-1])
        elif isinstance(event, e.ContextPruned):
            for message in event.messages:
                self._known[message - 1] = self._conversation.messages[message - 1]
        self._tell_trouble()
        return number

    def _append(self, event: e.Event, record: tuple[str, dict[str, Any]]) -> int:
        log = self._session.log
        with self._lock:  # words may be sent from any thread, and come after what was before them
            if isinstance(event, e.MessageQueued):
                log.refuse_when_full()
            while self._early:
                log.append(*self._early.popleft())
            if isinstance(event, e.ToolFinished | e.FileChangesTold) and (files := self._seen()):
                log.append("files_seen", {"files": files})
            number = log.append(*record)
            if isinstance(event, _BY_THE_INBOX):
                self._numbers[e.type_name(event), event.message_id] = number
            return number

    def go_back(self, event: e.Rewound) -> e.Rewound:
        """Write that the conversation goes on from an earlier record, and tell it.

        Returns:
            The event with the record before its own as `left`: words may be sent, and recorded, at any moment.

        Raises:
            SessionError: the session is closed.
        """
        (kind, data), log = of_event(event) or ("", {}), self._session.log
        data = self._secrets.replaced_in(data)
        with self._lock:
            event = replace(event, left=log.last)
            self._numbers[kind, str(event.left)] = log.append(kind, {**data, "left": event.left})
        self.publish(event)
        return event

    async def durable(self) -> None:
        """Return when all that was recorded would survive a loss of power, or the disk refuses.

        Raises:
            SessionBusy: another program took the session: what happened from here on, it would not know.
            SessionError: the disk refuses, and too much waits for it.
        """
        await self._kept()
        await self.stepped()

    async def stepped(self) -> None:
        """A step is over.

        Raises:
            SessionBusy, SessionError: as `durable`.
        """
        if taken := self._session.log.taken:
            raise SessionBusy(f"Another program took the session{taken}.", hint="Go on with it there.")
        self._session.log.refuse_when_full()

    async def _kept(self) -> None:
        await self._session.log.barrier()
        self._tell_trouble()

    def _tell_trouble(self) -> None:
        """Once for each trouble; later than the event that met it, so that events keep their order."""
        if (trouble := self._session.log.trouble) == self._trouble:
            return
        self._trouble = trouble
        told: list[e.Event] = [e.SessionTrouble(why=trouble)]
        if trouble:
            error = f"The session cannot be written: {trouble}."
            told.append(e.RuntimeFailed(error=error, source="session", hint=LOST))
        for event in told:
            try:
                asyncio.get_running_loop().call_soon(self.publish, event)
            except RuntimeError:  # outside any loop, or on the thread of a `send_message()`
                self.publish(event)

    def _try_later(self) -> None:
        """The trouble may have been met on any thread; where it is told, there is a loop, if there is one at all."""
        if self._trouble and (self._trying is None or self._trying.done()):
            with contextlib.suppress(RuntimeError):
                self._trying = asyncio.get_running_loop().create_task(self._try_again())

    async def _try_again(self) -> None:
        """Also while nothing happens: what waits in memory is lost with the program."""
        while self._trouble and not self._session.log.closed:
            await asyncio.sleep(_AGAIN)
            await self._kept()

    # -- the keeper of the conversation ------------------------------------------------------------------------

    def restored(self) -> None:
        """The conversation holds what the journal has."""
        self._known = list(self._conversation.messages)

    @property
    def loads_later(self) -> bool:
        """A journal is read when it is opened."""
        return False

    async def begin(self) -> None:
        """A task begins: say who opened the session, and record what a program did to the messages by itself.

        Raises:
            SessionBusy: another program has the session since it was looked for.
            SessionError: the disk refuses, and too much waits for it.
        """
        self._open()
        self._session.log.refuse_when_full()
        messages = self._conversation.messages
        if not self._in_memory and not _same(messages, self._known):
            self._session.save(self._secrets.replaced_in(messages))
            self.restored()
        if not self._said_opened:
            self._said_opened = True
            self._listen()
            self.publish(self._opened())
            self._tell_damage()

    def _listen(self) -> None:
        self._door = self.listen()
        if self._door is not None:
            self._session.log.tell_door(self._door.path)

    def _open(self) -> None:
        """Make the journal. Where there is no place for one the agent works without."""
        try:
            self._session.log.open()
            self._in_memory = False
        except SessionBusy:
            raise
        except SessionError as error:
            if not self._in_memory:
                self._in_memory = True
                self.publish(e.RuntimeFailed(error=error.message, source="session", hint=LOST))

    def _tell_damage(self) -> None:
        log = self._session.log
        lost = damage_told(log.saved.skipped, log.saved.missing)
        if log.set_aside is not None or lost:
            aside = f"A copy of it is {log.set_aside}." if log.set_aside is not None else ""
            text = " ".join(filter(None, ("The journal of this session was damaged.", lost, aside)))
            self.publish(e.RuntimeFailed(error=text, source="session", hint="The rest of it is there."))

    async def save(self) -> None:
        """A task is over: what was recorded becomes durable."""
        await self._kept()

    async def forget(self, next_session: str | None = None) -> None:
        """Begin anew; what was said stays in the journal.

        Args:
            next_session: the id of another journal to begin; None: go on in this one.
        """
        if next_session is None:
            self.forget_now()
            return
        self._say_closed()
        self._session.move_to(next_session)
        self._known, self._said_opened = [], False

    def forget_now(self) -> None:
        """`forget()` for code that cannot wait."""
        self._session.reset()
        self._known = []

    def close(self) -> None:
        """Let go of the session."""
        if self._trying is not None:
            self._trying.cancel()
        self._say_closed()
        self._session.close()

    def _say_closed(self) -> None:
        if self._door is not None:
            self._door.close()
            self._session.log.tell_door(None)
            self._door = None
        if self._session.log.opened and self._said_opened:
            with contextlib.suppress(
                SessionError
            ):  # its program closed it, or it is that of this process's parent
                self.record(e.SessionClosed())


def _same(messages: list[dict[str, Any]], known: list[dict[str, Any]]) -> bool:
    """Whether these are the same objects: the conversation only appends, what else is done to it a program did."""
    return len(messages) == len(known) and all(map(operator.is_, messages, known))
