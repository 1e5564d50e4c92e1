"""What the chat shows, reduced from the event stream. Pure: no screen, no clock, and any order of events is handled.

`Transcript.apply` takes one stamped event, changes a few items and says which. Each family of events has a module of
its own (`replies`, `calls`, `notices`); this module has what joins them: tasks and steps, questions, queued messages.
Text is made safe by `door` before any of them sees it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Any

from codepilot import events as ev
from codepilot.text import clean_line
from codepilot_tui.state import WAITS, Queued, Status
from codepilot_tui.transcript.calls import Calls
from codepilot_tui.transcript.door import FOR_THE_JOURNAL, Door
from codepilot_tui.transcript.items import AgentTurn, CallState, Item, Question, UserTurn
from codepilot_tui.transcript.notices import Notices
from codepilot_tui.transcript.record import Record
from codepilot_tui.transcript.replies import Replies

_ELSEWHERE = (ev.ObservationMade, ev.TerminalOpened, ev.TerminalClosed, ev.PersonCommandsOffered)
"""What the model reads back is not for the person, and terminals have their own pane."""


class Transcript:
    """The items of one session in order, the queued words, and the status.

    Args:
        agent: the agent's name.
    """

    def __init__(self, agent: str = "agent") -> None:
        self.agent = clean_line(agent)
        self.queue: dict[str, Queued] = {}
        """Every queued message of the session by its id, dropped ones included."""
        self._record = Record()
        self._door = Door()
        self._forget()

    def _forget(self) -> None:
        self._replies = Replies(self._record)
        self._calls = Calls(self._record)
        self._notices = Notices(self._record, self._replies, self._calls)
        self._questions: dict[str, Question] = {}
        self._named = False
        self._handlers = self._table()

    def _table(self) -> dict[type, Callable[[Any], None]]:
        """One small handler for each kind of event."""
        replies, notices = self._replies, self._notices
        return {
            ev.TaskStarted: self._task_started,
            ev.StepStarted: self._step_started,
            ev.TextStreamed: replies.text,
            ev.ThinkingStreamed: replies.thinking,
            ev.BlockOpened: replies.block_opened,
            ev.BlockStreamed: replies.block_streamed,
            ev.BlockClosed: replies.block_closed,
            ev.ReplyFinished: replies.finished,
            ev.ProviderRetried: replies.retried,
            ev.ProviderSilent: replies.silent,
            ev.ControlStarted: self._control_started,
            ev.ControlFinished: self._control_finished,
            ev.Thought: replies.thought,
            ev.ToolStarted: self._tool_started,
            ev.ToolFinished: self._tool_finished,
            ev.PermissionAsked: self._permission_asked,
            ev.PermissionAnswered: self._permission_answered,
            ev.QuestionAsked: self._question_asked,
            ev.QuestionAnswered: self._question_answered,
            ev.FileChanged: self._file_changed,
            ev.SecurityRefused: notices.security_refused,
            ev.RuntimeFailed: notices.runtime_failed,
            ev.MessageQueued: self._message_queued,
            ev.MessageInjected: self._message_injected,
            ev.MessageDropped: self._message_dropped,
            ev.WorkerLost: notices.worker_lost,
            ev.TerminalsFound: notices.terminals_found,
            ev.PersonCommandsTold: notices.person_told,
            ev.FileChangesTold: notices.changes_told,
            ev.TaskFinished: self._task_finished,
            **dict.fromkeys((ev.SessionCleared, ev.Rewound), self._session_cleared),
            ev.TaskResumed: notices.task_resumed,
            **notices.of_limits,
            **{**dict.fromkeys((*FOR_THE_JOURNAL, *_ELSEWHERE), _nothing), **notices.of_files},
        }

    @property
    def items(self) -> list[Item]:
        """What is shown, from the first thing to the last."""
        return self._record.items

    @property
    def status(self) -> Status:
        """What the bars show."""
        return self._record.status

    @property
    def chips(self) -> list[Queued]:
        """The queued words to be shown: those that wait, and those that went in at this step."""
        return [each for each in self.queue.values() if each.state != "dropped"]

    def apply(self, stamped: ev.Stamped) -> set[int]:
        """Take one event; return the ids of the items that changed, came or went."""
        record = self._record
        record.now, record.changed = stamped.time, set()
        for event in self._door.admit(stamped.event):
            self._handlers[type(event)](event)
            if not isinstance(event, ev.ReplyFinished):
                self._replies.ending = None
        return record.changed

    def put_before(self, older: Transcript) -> set[int]:
        """Show what an earlier page of the session has above all that is here; return the ids of changed items."""
        older._close_open("cut off")  # by the end of its program: what a task ended was closed by that
        self._record.put_before(older._record)
        self._calls.begun_before(older._calls)
        return self._record.changed

    def terminals_do(
        self,
        states: Mapping[str, str],
        wanted: frozenset[str] = frozenset(),
        others: Mapping[str, str] = MappingProxyType({}),
        now: float = 0.0,
    ) -> set[int]:
        """What happens in the terminals; return the ids of changed items.

        Args:
            states: what each does now, `busy`, `waiting`, `idle` or `exited`.
            wanted: those that the person holds and the agent has asked for.
            others: those in which a command runs that is not the agent's, and that command.
            now: when that was so, in seconds since the epoch; at the last event, if that was later.
        """
        self._record.now, self._record.changed = max(self._record.now, now), set()
        if self._calls.terminals_do(states, wanted, others):
            self._resume_phase()
        return self._record.changed

    def warn(self, warnings: Sequence[str]) -> set[int]:
        """Show all warnings in one item, of which none needs a key to be read; return the ids of changed items.

        Args:
            warnings: of the agent file, a line each.
        """
        self._record.changed = set()
        if warnings:
            self._record.notice("warn", "\n".join(map(clean_line, warnings)))
        return self._record.changed

    @property
    def waits_for(self) -> str:
        """The terminal that the agent waits for because the person holds it; empty: it waits for none."""
        return self._calls.waits_for

    # -- tasks and steps --

    def _task_started(self, event: ev.TaskStarted) -> None:
        self._end_step()
        record = self._record
        self._notices.task_started()
        self._named, self._calls.asked_seconds = False, 0.0
        record.add(UserTurn(id=record.next_id, at=record.now, text=event.task))
        record.status.started, record.status.step = record.now, 0
        record.phase("thinking", "thinking")

    def _step_started(self, event: ev.StepStarted) -> None:
        self._end_step()
        record, status = self._record, self._record.status
        status.step, status.max_steps = event.step, event.max_steps
        status.started = status.started or record.now
        record.add(self._head(event.step, event.max_steps, record.now))
        record.phase("thinking", "thinking")

    def _head(self, step: int, max_steps: int, at: float) -> AgentTurn:
        named, self._named = not self._named, True
        return AgentTurn(
            id=self._record.next_id, at=at, name=self.agent, step=step, max_steps=max_steps, named=named
        )

    def _end_step(self, *, cut: bool = False) -> None:
        self._replies.end_step(cut=cut)
        self._calls.step_over()
        for message_id in [each.id for each in self.queue.values() if each.state == "in context"]:
            del self.queue[message_id]

    def _task_finished(self, event: ev.TaskFinished) -> None:
        if event.status == "done":
            self._replies.finish(event, self._calls.asked_seconds)
        self._close_open()
        self._notices.task_finished(event)
        self._record.phase("idle", "")

    def _close_open(self, state: CallState = "aborted") -> None:
        self._end_step(cut=state == "cut off")
        self._calls.settle(state)
        for question in self._questions.values():
            question.open = False
            self._record.touch(question)
        self._questions.clear()

    def _session_cleared(self, event: ev.SessionCleared | ev.Rewound) -> None:
        kept = self._notices.kept
        self._record.clear()
        self._forget()
        self._notices.kept = kept  # of the restore that went before a rewind
        self._notices.rewound(event)
        status = self._record.status
        status.step = status.max_steps = status.tokens = 0

    # -- code and calls --

    def _control_started(self, event: ev.ControlStarted) -> None:
        self._replies.end_streams()
        self._calls.block_started(event)

    def _control_finished(self, event: ev.ControlFinished) -> None:
        self._replies.leave_over()
        self._calls.block_finished(event)

    def _tool_started(self, event: ev.ToolStarted) -> None:
        self._calls.started(event)
        self._resume_phase()

    def _tool_finished(self, event: ev.ToolFinished) -> None:
        self._calls.finished(event)
        self._resume_phase()

    def _permission_asked(self, event: ev.PermissionAsked) -> None:
        self._calls.asked(event)
        self._record.phase("waiting", WAITS)

    def _permission_answered(self, event: ev.PermissionAnswered) -> None:
        self._calls.answered(event)
        self._resume_phase()

    def _file_changed(self, event: ev.FileChanged) -> None:
        self._calls.file_changed(event)
        if event.source == "tool":
            self._replies.taken(event.path)

    def _resume_phase(self) -> None:
        """After an answer or a result: what is still outstanding."""
        record = self._record
        if record.status.activity == "idle":
            return
        if self._calls.asking or self._questions:
            record.phase("waiting", WAITS)
        elif self._calls.waits_for:
            record.phase("waiting", f"waits for {self._calls.waits_for} · yours")
        else:
            record.phase("running", self._calls.doing or "running code")

    # -- questions --

    def _question_asked(self, event: ev.QuestionAsked) -> None:
        record = self._record
        self._calls.give_way(event.call_id)
        self._questions[event.question_id] = record.add(
            Question(id=record.next_id, at=record.now, question_id=event.question_id, question=event.question)
        )
        record.phase("waiting", WAITS)

    def _question_answered(self, event: ev.QuestionAnswered) -> None:
        if known := self._questions.pop(event.question_id, None):
            known.answer, known.open = event.answer, False
            self._record.touch(known)
        self._resume_phase()

    # -- queued words --

    def _message_queued(self, event: ev.MessageQueued) -> None:
        self.queue[event.message_id] = Queued(event.message_id, event.message)

    def _message_dropped(self, event: ev.MessageDropped) -> None:
        self._chip(event).state = "dropped"

    def _message_injected(self, event: ev.MessageInjected) -> None:
        self._chip(event).state = "in context"
        record = self._record
        head = record.items[-1] if record.items else None
        record.add(
            UserTurn(id=record.next_id, at=record.now, text=event.message, step=max(1, record.status.step))
        )
        self._named = False
        if isinstance(head, AgentTurn):  # nothing of the step is shown yet: its head moves below these words
            record.hide(head)
            record.add(self._head(head.step, head.max_steps, head.at))

    def _chip(self, event: ev.MessageInjected | ev.MessageDropped) -> Queued:
        return self.queue.setdefault(event.message_id, Queued(event.message_id, event.message))


def _nothing(event: ev.Event) -> None:
    del event
