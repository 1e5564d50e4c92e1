"""The Recorder: the first reader of every event, which writes it into the session's journal before anybody sees it."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from codepilot import events as e
from codepilot.errors import SessionBusy, SessionError
from codepilot.journal.log import JournalLog
from codepilot.journal.record import of_event
from codepilot.journal.redaction import redacted, redacted_messages
from codepilot.loop.conversation import Conversation
from codepilot.runtime.keeping import same_objects
from codepilot.runtime.remarks import Remarks
from codepilot.runtime.unwritten import LOST, Early, Unwritten
from codepilot.secrets import SecretBook
from codepilot.sessions.journal import JournalSession

if TYPE_CHECKING:
    from codepilot.runtime.door import Door

_BEGINS = (e.TaskStarted, e.MessageQueued)
_BY_THE_INBOX = (e.MessageQueued, e.MessageDropped)
"""Recorded by the call that sends or drops them, whatever thread it is on; the event comes later."""


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
        self._early = Early()
        self._lock = threading.Lock()
        self._numbers: dict[tuple[str, str], int] = {}
        """Of records that the inbox wrote, until their events come, by type and id."""
        self.listen: Callable[[], Door | None] = lambda: None
        """Opens the socket on which others are served while the session is open."""
        self._door: Door | None = None
        self._disk = Unwritten(lambda: session.log, publish)
        self._said_opened = self._in_memory = self._over = False
        self._why = ""  # no journal can be made
        self._remarks = Remarks()
        self._known: list[dict[str, Any]] = []
        """The messages that the journal has, the very objects."""

    def take(self, event: e.Event) -> int:
        """Write an event, if it is kept; on the runtime's loop. Returns the number of its record; 0: it has none."""
        if isinstance(event, e.SessionCleared):
            if not self._in_memory:
                self._early.clear()  # of the conversation that ended
            return 0
        if isinstance(event, e.SessionTrouble):
            self._disk.try_later()
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
        if record is None or log.closed:
            return 0
        record = (record[0], redacted(self._secrets, *record))
        if self._in_memory or not (log.opened or isinstance(event, _BEGINS)):
            with self._lock:
                self._early.put(record, begun=self._in_memory)
            self._note_known(event)
            return 0
        number = self._append(event, record)
        if isinstance(event, e.RestoreStarted):
            self.restore = number
        self._note_known(event)
        self._disk.tell()
        return number

    def _note_known(self, event: e.Event) -> None:
        """The journal has a message, or will have it before any later one."""
        if isinstance(event, e.MessageStored):
            self._known.append(self._conversation.messages[-1])
        elif isinstance(event, e.ContextPruned):
            for message in event.messages:
                self._known[message - 1] = self._conversation.messages[message - 1]

    def _append(self, event: e.Event, record: tuple[str, dict[str, Any]]) -> int:
        log = self._session.log
        with self._lock:  # words may be sent from any thread, and come after what was before them
            if isinstance(event, e.MessageQueued):
                log.refuse_when_full()
            self._early.write_to(log)
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
        data = redacted(self._secrets, kind, data)
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
        await self._disk.barrier()
        await self.stepped()

    async def stepped(self) -> None:
        """A step is over.

        Raises:
            SessionBusy, SessionError: as `durable`.
        """
        if taken := self._session.log.taken:
            raise SessionBusy(f"Another program took the session{taken}.", hint="Go on with it there.")
        self._session.log.refuse_when_full()

    @property
    def unwritten(self) -> int:
        """Records that wait in memory for the disk, or are lost because it never took them."""
        held = len(self._early) if self._in_memory else 0
        return self._disk.lost + (0 if self._over else held + self._session.log.unwritten)

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
        self._save_changed()
        if not self._said_opened:
            self._said_opened = True
            self._listen()
            self.publish(self._opened())
        for remark in self._remarks.of(self._session.log, self._session.session_id):
            self.publish(remark)

    def _save_changed(self) -> None:
        messages = self._conversation.messages
        if not self._in_memory and not same_objects(messages, self._known):
            self._session.save(redacted_messages(self._secrets, messages))
            self.restored()

    def _listen(self) -> None:
        self._door = self.listen()
        if self._door is not None:
            self._session.log.tell_door(self._door.path)

    def _open(self) -> None:
        """Make the journal. Where there is no place for one the agent works without, until there is."""
        try:
            self._session.log.open()
            if self._in_memory:
                self._write_held()
        except SessionBusy:
            raise
        except SessionError as error:
            self._why = error.message.rstrip(".")
            if not self._in_memory:
                self._in_memory = True
                self.publish(e.RuntimeFailed(error=error.message, source="session", hint=LOST))

    def _write_held(self) -> None:
        with self._lock:
            if self._early.dropped:
                self._known = []  # the conversation is written as a whole, behind what is left of its records
            self._early.write_to(self._session.log)
            self._in_memory = False
        if self._door is not None:
            self._session.log.tell_door(self._door.path)

    async def save(self) -> None:
        """A task is over: what was recorded becomes durable."""
        await self._disk.barrier()

    async def forget(self, next_session: str | None = None) -> None:
        """Begin anew; what was said stays in the journal.

        Args:
            next_session: the id of another journal to begin; None: go on in this one.
        """
        if next_session is None:
            self.forget_now()
            return
        self._say_closed()
        log = self._session.log
        self._session.move_to(next_session)
        self._tell_lost(log)
        self._known, self._said_opened = [], False

    def forget_now(self) -> None:
        """`forget()` for code that cannot wait."""
        if self._in_memory:
            with self._lock:
                self._early.put(("session_cleared", {}), begun=True)
        self._session.reset()
        self._known = []

    async def finish(self) -> None:
        """The runtime is about to be closed; `close` writes what waits."""

    def close(self) -> None:
        """Let go of the session, with one last try to write what waits in memory; what is lost is told, once."""
        self._disk.stop_trying()
        self._say_closed()
        self._session.close()
        if not self._over:
            self._over = True
            self._tell_lost(self._session.log)

    def _say_closed(self) -> None:
        if self._door is not None:
            self._door.close()
            self._session.log.tell_door(None)
            self._door = None
        with contextlib.suppress(
            SessionError
        ):  # its program closed it, or it is that of this process's parent
            if self._in_memory and not self._session.log.closed:
                self._open()
                self._save_changed()
            if (self._session.log.opened or self._in_memory) and self._said_opened:
                self.record(e.SessionClosed())

    def _tell_lost(self, log: JournalLog) -> None:
        held = len(self._early) if self._in_memory else 0
        self._early.clear()
        self._in_memory = False
        self._disk.tell_lost(log, held, self._why if held else log.trouble)
