"""The keeper of a session in a file or a database: each word of a task goes into its log, all is saved at its end."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable
from dataclasses import asdict

from codepilot import events as e
from codepilot.caught import to_its_end
from codepilot.errors import SessionBusy, SessionError, named_error
from codepilot.journal.fold import Saved
from codepilot.journal.record import of_event
from codepilot.journal.redaction import redacted, redacted_messages
from codepilot.journal.spent import Spent
from codepilot.loop.conversation import Conversation
from codepilot.loop.inbox import Inbox
from codepilot.runtime.keeping import Keeper
from codepilot.runtime.session_damage import SessionDamage
from codepilot.runtime.shared_session import SharedSession
from codepilot.secrets import SecretBook
from codepilot.sessions import AsyncBaseSession, BaseSession, DatabaseSession
from codepilot.sessions.base import Messages, TaskLog
from codepilot.sessions.figures import figures_of

_KEPT = (
    *(e.TaskStarted, e.TaskFinished, e.StepStarted, e.MessageStored, e.ReplyFinished, e.ContextPruned),
    *(e.ControlStarted, e.ControlFinished, e.ToolStarted, e.ToolFinished, e.EffectStarted),
    *(e.PermissionAsked, e.PermissionAnswered, e.QuestionAsked, e.QuestionAnswered),
    *(e.MessageQueued, e.MessageInjected, e.MessageDropped),
)
"""What tells where a task stands; the rest is for eyes only."""
_AGAIN = 5.0
"""Seconds after which a disk that did not take words is tried again."""
_BY_THE_INBOX = (e.MessageQueued, e.MessageDropped)
"""Recorded by the call that sends or drops them, whatever thread it is on; the event comes later."""


class LogKeeper(Keeper):
    """Keeps a conversation in a session with a log.

    Args:
        session: where it is kept; it has a log.
        conversation: of the agent.
        inbox: of the agent.
        publish: takes what goes wrong as events.
        restore: takes what an earlier program left.
        secrets: replaced by their names in all that is written.

    Raises:
        SessionError: the session gives no messages, or fails.
    """

    def __init__(
        self,
        session: BaseSession | AsyncBaseSession,
        conversation: Conversation,
        inbox: Inbox,
        publish: Callable[[e.Event], None],
        restore: Callable[[Saved], None],
        secrets: SecretBook,
    ) -> None:
        assert session.task_log is not None
        self._log: TaskLog = session.task_log
        self._secrets = secrets
        self._written: Messages = []
        self._looked_at: Messages = []
        """The messages whose secrets were replaced, the very objects; and what was made of them."""
        self._inbox = inbox
        self._spent, self._counted = Spent(), (0, 0)
        """What the session cost, and how long its last request was, with the number of messages then."""
        self._restore = restore
        self._working = self._broken = self._finished = False
        self._damage, self._shared = SessionDamage(), SharedSession(self._log, session.session_id)
        self._trying: asyncio.Task[None] | None = None
        super().__init__(session, conversation, publish)

    def _take(self, messages: Messages) -> None:
        del messages  # the log has them, too, and where the task stands
        saved = self._log.saved
        self._shared.loaded()
        self._spent, self._counted = saved.spent, (saved.counted, saved.counted_at)
        self._restore(saved)
        self._note_stored()

    async def _open(self) -> None:
        self._shared.begin()
        try:
            if not self._all_stored:  # the program changed them
                await self._save()
            await to_its_end(self._log.claim())
        except asyncio.CancelledError:
            self._shared.end()
            await self._log.release()  # the task never begins, so that no end of one does it
            raise
        except BaseException:
            self._shared.leave()
            raise
        self._working, self._broken = True, False
        for message in self._inbox.waiting:
            self.record(e.MessageQueued(message_id=message.id, message=message.text))
        for damage in self._damage.told(self._session, self._log.saved):
            self._publish(damage)  # only now, since a file is read before anybody can listen

    def take(self, event: e.Event) -> int:
        """Write an event, if it is kept; on the runtime's loop. A log has no numbers that last: returns 0."""
        if not isinstance(event, _BY_THE_INBOX):
            self.record(event)
        if isinstance(event, e.RuntimeFailed) and event.source == "session":
            self._try_later()
        self._count(event)
        return 0

    def _count(self, event: e.Event) -> None:
        """What a save keeps beside the messages, as the log says it until then."""
        if isinstance(event, e.TaskStarted):
            self._spent.begin_task()
        elif isinstance(event, e.ReplyFinished | e.ContextCut):
            self._spent.pay(asdict(event))
            if isinstance(event, e.ReplyFinished) and event.reason != "cut":
                self._counted = event.input_tokens, len(self._conversation.messages) - 1

    async def _save(self) -> None:
        self._log.note_figures(figures_of(self._spent, *self._counted))
        await super()._save()

    def record(self, event: e.Event) -> None:
        """Write an event, if it is kept and a task is worked on; or if words come or go by it. From any thread."""
        if not isinstance(event, _KEPT):
            return
        record = of_event(event)
        assert record is not None
        data = redacted(self._secrets, *record)
        words = self._log.waiting.note(record[0], data)
        if not (self._working or words):
            return
        try:
            self._log.append(record[0], data)
        except SessionError as error:
            self._give_up(error)

    def words_kept(self) -> None:
        """Return when the words that were sent or taken back are kept, or it is told why not. From any thread."""
        if self._broken:
            return  # the next save has them
        try:
            if (writing := self._log.flush()) is not None:
                writing.add_done_callback(self._written_or_tell)
        except SessionError as error:
            if not self._working:
                self._tell(error.message, error.hint)
            elif not isinstance(error, SessionBusy):  # that one ends the task, at the next barrier
                self._give_up(error)

    def _written_or_tell(self, writing: asyncio.Task[None]) -> None:
        """Of words that were sent on the loop; in a task its next barrier meets the same."""
        error = None if writing.cancelled() or self._working else writing.exception()
        if isinstance(error, SessionError):
            self._tell(error.message, error.hint)
        elif error is not None:  # of the database's driver
            self._tell(f"The words could not be saved: {named_error(error)}")

    def _try_later(self) -> None:
        """Something was not written. Where that is told there is a loop, if there is one at all."""
        trying = self._trying is not None and not self._trying.done()
        if self._log.unwritten and not (trying or self._working or self._finished):
            with contextlib.suppress(RuntimeError):
                self._trying = asyncio.get_running_loop().create_task(self._try_again())

    async def _try_again(self) -> None:
        """Words that were sent between tasks, until their disk has space; the next task writes them, too."""
        while self._log.unwritten and not self._working:
            await asyncio.sleep(_AGAIN)
            try:
                await self._log.settle()
                self._told.clear()  # what fails from now on is another trouble
            except SessionBusy:
                return  # another program has gone on with the session
            except SessionError as error:
                self._tell(error.message, error.hint)

    def _give_up(self, error: SessionError) -> None:
        """Something is not written. It waits, and is written before what follows."""
        self._broken = True
        self._tell(error.message, error.hint)

    async def durable(self) -> None:
        """Return when everything that was said is kept.

        Raises:
            SessionBusy: another program has written to the session; nothing of it was overwritten.
        """
        if not self._working:
            return
        was_broken = self._broken
        try:
            await self._log.barrier()
        except SessionBusy:
            raise
        except SessionError as error:
            self._give_up(error)
        else:
            self._broken = False
        if was_broken and self._broken and self._log.saves_in_a_task:
            await self._save_or_tell()

    async def stepped(self) -> None:
        """A step is over: save what is saved in the middle of a task, too.

        Raises:
            SessionBusy: as `durable`.
        """
        await self.durable()
        if self._log.save_is_due:
            await self._save_or_tell()

    async def save(self) -> None:
        """A task is over: save the conversation, and let others write."""
        if self._refused:
            return
        try:
            if await self._save_or_tell():
                self._broken = False
        finally:  # also where whoever waits for the task is cancelled once more
            self._working = False
            self._shared.end()
            try:
                await self._log.release()
            except SessionError as error:
                self._tell(error.message, error.hint)

    async def forget(self, next_session: str | None = None) -> None:
        """Forget what is stored, also at the end of a task that was stopped for it.

        Args:
            next_session: as `Keeper.forget`.

        Raises:
            SessionError: the session fails.
        """
        if self._working:
            self._working = False
            await self._log.release()
        self._shared.end()
        self._broken = False
        self._counted = 0, 0
        await super().forget(next_session)

    async def finish(self) -> None:
        """Write what still waits in memory; what cannot be written is told as lost."""
        self._finished = True
        if self._trying is not None:
            self._trying.cancel()
        try:
            if self.loads_later and self._inbox.waiting:  # no task has loaded it
                await self.begin()
                await self.save()
            elif self._broken and not self._refused:
                await self._save()
            elif self._log.unwritten and not self.loads_later:
                await self._log.settle()
        except Exception as error:  # noqa: BLE001 - seam: a store, or the driver of a database
            why = error.message if isinstance(error, SessionError) else named_error(error)
            what = "what was said last is" if self._broken else "words that were sent are"
            self._tell(f"The session has ended, and {what} lost: {why}")

    def close(self) -> None:
        """Let go of the session, also where a task was cut off, and of a database that it has opened itself."""
        if not (self._finished or self._working or self._broken):  # no loop ever ran
            self.words_kept()
        self._shared.end()
        self._log.let_go()
        if isinstance(self._session, DatabaseSession):
            self._session.dispose()

    def _as_written(self) -> Messages:
        """What is new since the last time is looked through for secrets, and nothing else."""
        messages, same = self._conversation.messages, 0
        for known, message in zip(self._looked_at, messages, strict=False):
            if known is not message:
                break
            same += 1
        self._written = [*self._written[:same], *redacted_messages(self._secrets, messages[same:])]
        self._looked_at = list(messages)
        return list(self._written)
