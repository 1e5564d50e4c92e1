"""What the chat shows, reduced from the event stream. Pure: no screen, no clock, any order of events is survived.

`Transcript.apply` takes one stamped event, changes a few items and says which. Text from outside is cleaned
here, at the one gate, so that nothing that is drawn, copied or exported later can hold a control sequence. The
texts of changed files stay as they are (`Change`), because a diff must be exact; whoever draws them cleans them.
"""

from __future__ import annotations

import posixpath

from codepilot import events as ev
from codepilot.text import clean, clean_line
from codepilot_tui.state import Activity, Queued, Status
from codepilot_tui.transcript.items import (
    AgentTurn,
    CallLine,
    CallState,
    Change,
    Completion,
    Item,
    Notice,
    NoticeKind,
    Payload,
    Prose,
    Question,
    Thinking,
    UserTurn,
)

_VERBS = {
    "read_file": "reading",
    "write_file": "writing",
    "edit_file": "editing",
    "create_file": "writing",
    "delete_file": "deleting",
    "list_files": "listing",
    "search": "searching",
    "grep": "searching",
    "find": "searching",
    "execute": "running",
    "run_command": "running",
    "think": "thinking",
}
_WHERE = {
    "protocol": "the agent is told",
    "control": "the agent is told",
    "worker": "the worker",
    "terminal": "the terminals",
    "session": "the session",
    "hook": "a handler of events",
}
"""What a source of errors is called here; the words of the model's service and of tools name their place themselves."""
_ENDINGS: dict[str, tuple[NoticeKind, str, str]] = {
    "aborted": ("warn", "Stopped", "type what to do instead, or Up to change the last prompt"),
    "max_steps": ("warn", "Stopped at the limit of steps", "type `go on` to let it continue"),
    "needs_person": ("warn", "Stopped: it needs you", "answer, then go on"),
    "failed": ("error", "The task failed", "type `try again`, or change the task"),
}


class _Cleaner:
    """Cleans a text that comes in pieces as if it came whole: a character's neighbours decide its fate."""

    def __init__(self) -> None:
        self._before = ""
        self._held = ""

    def feed(self, piece: str) -> str:
        """The next piece, but for a trailing character that may join the piece after it."""
        raw = self._held + piece
        body = raw.rstrip("\r\u200c\u200d")
        self._held = raw[len(body) :]
        return self._clean(body)

    def end(self) -> str:
        """What was held back."""
        body, self._held = self._held, ""
        return self._clean(body)

    def _clean(self, body: str) -> str:
        if not body:
            return ""
        shown = clean(self._before + body)[len(clean(self._before)) :]
        self._before = body[-1]
        return shown


class Transcript:
    """The items of one session in order, the queued words, and the status."""

    def __init__(self, agent: str = "agent") -> None:
        self.agent = agent
        self.items: list[Item] = []
        self.queue: dict[str, Queued] = {}
        """Every queued message of the session by its id, dropped ones included."""
        self.status = Status()
        self._next_id = 0
        self._now = 0.0
        self._changed: set[int] = set()
        self._by_id: dict[int, Item] = {}
        self._forget()

    def _forget(self) -> None:
        """As at the start, but for ids, which are never used twice."""
        self.items.clear()
        self._by_id.clear()
        self._calls: dict[str, CallLine] = {}
        self._settled: set[str] = set()
        self._questions: dict[str, Question] = {}
        self._payloads: list[Payload] = []
        self._prose: Prose | None = None
        self._thinking: Thinking | None = None
        self._completion: Completion | None = None
        self._cleaner = _Cleaner()
        self._retry: Notice | None = None
        self._code = ""
        self._calls_in_block = 0
        self._failed_loudly = False

    def item(self, item_id: int) -> Item | None:
        """The item of this id, or None if there is no such item (any more)."""
        return self._by_id.get(item_id)

    @property
    def chips(self) -> list[Queued]:
        """The queued words to be shown: those that wait, and those that went in at this step."""
        return [each for each in self.queue.values() if each.state != "dropped"]

    def apply(self, stamped: ev.Stamped) -> set[int]:
        """Take one event; return the ids of the items that changed, came or went."""
        self._now = stamped.time
        self._changed = set()
        self._take(stamped.event)
        return self._changed

    # One branch per kind of event; what needs more than a few lines has its own method below.
    def _take(self, event: ev.Event) -> None:
        match event:
            case ev.TaskStarted(task=task):
                self._end_step()
                self._failed_loudly = False
                self._add(UserTurn(id=self._new_id(), at=self._now, text=clean(task)))
                self.status.started = self._now
                self.status.step = 0
                self._phase("thinking", "thinking")
            case ev.StepStarted(step=step, max_steps=max_steps):
                self._step_started(step, max_steps)
            case ev.TextStreamed(text=text):
                self._text(text)
            case ev.ThinkingStreamed(text=text):
                self._thought(text)
            case ev.Thought(message=message):
                note = Thinking(id=self._new_id(), at=self._now, text=clean(message), streaming=False)
                self._add(note)
            case ev.BlockOpened(kind=kind, path=path):
                self._block_opened(kind, clean_line(path))
            case ev.BlockStreamed(kind=kind, text=text):
                self._block_streamed(kind, text)
            case ev.BlockClosed(kind=kind, text=text, path=path):
                self._block_closed(kind, text, clean_line(path))
            case ev.ReplyFinished():
                self._reply_finished(event)
            case ev.ProviderRetried():
                self._retried(event)
            case ev.ProviderSilent(seconds=seconds, begun=begun):
                self._phase("thinking", "no further word" if begun else "no word yet")
                self.status.since = self._now - seconds
            case ev.ControlStarted(code=code):
                self._end_streams()
                self._code = clean(code)
                self._calls_in_block = 0
                self._phase("running", "running code")
            case ev.ControlFinished():
                self._control_finished(event)
            case ev.ToolStarted():
                self._tool_started(event)
            case ev.ToolFinished():
                self._tool_finished(event)
            case ev.PermissionAsked(call_id=call_id):
                if call := self._calls.get(call_id):
                    call.state = "waiting"
                    self._touch(call)
                self._phase("waiting", "waits for your answer")
            case ev.PermissionAnswered():
                self._permission_answered(event)
            case ev.QuestionAsked(question_id=question_id, question=question, call_id=call_id):
                if asking := self._calls.get(call_id):
                    asking.hidden = True  # the question stands for its call
                    self._touch(asking)
                asked = Question(
                    id=self._new_id(), at=self._now, question_id=question_id, question=clean(question)
                )
                self._questions[question_id] = asked
                self._add(asked)
                self._phase("waiting", "waits for your answer")
            case ev.QuestionAnswered(question_id=question_id, answer=answer):
                if known := self._questions.pop(question_id, None):
                    known.answer = None if answer is None else clean(answer)
                    known.open = False
                    self._touch(known)
                self._resume_phase()
            case ev.FileChanged():
                self._file_changed(event)
            case ev.SecurityRefused(error=error):
                self._notice("error", clean(error), "the code was refused, nothing of it ran")
            case ev.RuntimeFailed(error=error, source=source, hint=hint):
                self._failed_loudly = True
                self._notice("error", clean(error), _WHERE.get(source, ""), clean(hint))
            case ev.MessageQueued(message_id=message_id, message=message):
                self.queue[message_id] = Queued(message_id, clean(message))
            case ev.MessageInjected(message_id=message_id, message=message):
                chip = self.queue.setdefault(message_id, Queued(message_id, clean(message)))
                chip.state = "in context"
                self._steered(clean(message))
            case ev.MessageDropped(message_id=message_id, message=message):
                chip = self.queue.setdefault(message_id, Queued(message_id, clean(message)))
                chip.state = "dropped"
            case ev.WorkerLost(reason=reason, lost=lost):
                names = ", ".join(clean_line(name) for name in lost)
                self._notice("warn", f"The worker was replaced: {clean(reason)}", names and f"lost: {names}")
            case ev.TaskFinished():
                self._task_finished(event)
            case ev.SessionCleared():
                self._clear()
            case ev.TerminalsFound():
                self._terminals_found(event)
            case ev.PersonCommandsTold():
                self._person_told(event)
            case (
                ev.ObservationMade() | ev.TerminalOpened() | ev.TerminalClosed() | ev.PersonCommandsOffered()
            ):
                pass  # what the model reads back and the terminals have their own panes

    def _terminals_found(self, event: ev.TerminalsFound) -> None:
        count = len(event.terminals)
        runs = ", ".join(clean_line(each) for each in event.running)
        what = f"{count} terminal{'s' if count != 1 else ''} from the earlier session"
        self._notice("info", what, runs or "nothing runs there")

    def _person_told(self, event: ev.PersonCommandsTold) -> None:
        count = len(event.commands)
        where = ", ".join(clean_line(name) for name in event.terminals)
        what = f"the agent was told what you ran in {where}" if count else f"the agent has {where} back"
        self._notice("info", what, "; ".join(clean_line(text) for text in event.commands[-3:]))

    # -- items --

    def _new_id(self) -> int:
        self._next_id += 1
        return self._next_id

    def _add(self, item: Item) -> None:
        self.items.append(item)
        self._by_id[item.id] = item
        self._changed.add(item.id)

    def _touch(self, item: Item) -> None:
        item.version += 1
        self._changed.add(item.id)

    def _hide(self, item: Item) -> None:
        item.hidden = True
        self._touch(item)

    def _notice(self, kind: NoticeKind, what: str, where: str = "", next_: str = "") -> Notice:
        notice = Notice(id=self._new_id(), at=self._now, kind=kind, what=what, where=where, next=next_)
        self._add(notice)
        return notice

    def _phase(self, activity: Activity, phase: str) -> None:
        if (activity, phase) != (self.status.activity, self.status.phase):
            self.status.activity, self.status.phase, self.status.since = activity, phase, self._now

    # -- the reply --

    def _step_started(self, step: int, max_steps: int) -> None:
        self._end_step()
        self.status.step, self.status.max_steps = step, max_steps
        if self.status.started == 0.0:
            self.status.started = self._now
        self._add(AgentTurn(id=self._new_id(), at=self._now, name=self.agent, step=step, max_steps=max_steps))
        self._phase("thinking", "thinking")

    def _steered(self, message: str) -> None:
        head = self.items[-1] if self.items else None
        self._add(UserTurn(id=self._new_id(), at=self._now, text=message, steering=True))
        if isinstance(head, AgentTurn):  # nothing of the step is shown yet: its head moves below these words
            self._hide(head)
            self._add(
                AgentTurn(
                    id=self._new_id(), at=head.at, name=head.name, step=head.step, max_steps=head.max_steps
                )
            )

    def _end_step(self) -> None:
        self._end_streams()
        if self._completion is not None and not self._completion.done:
            self._hide(self._completion)  # withheld: the agent goes on
        self._completion = self._retry = None
        self._payloads.clear()
        self._code = ""
        for message_id in [each.id for each in self.queue.values() if each.state == "in context"]:
            del self.queue[message_id]

    def _end_streams(self) -> None:
        for stream in (self._prose, self._thinking):
            if stream is not None and stream.streaming:
                stream.text += self._cleaner.end()
                stream.streaming = False
                self._touch(stream)
        self._prose = self._thinking = None

    def _text(self, text: str) -> None:
        self._retry = None
        if self._prose is None:
            if not text.strip():
                return  # blank lines between blocks are no paragraph
            self._end_streams()
            self._cleaner = _Cleaner()
            self._prose = Prose(id=self._new_id(), at=self._now)
            self._add(self._prose)
        self._prose.text += self._cleaner.feed(text)
        self._touch(self._prose)
        self._phase("writing", "writing")

    def _thought(self, text: str) -> None:
        self._retry = None
        if self._thinking is None:
            if not text.strip():
                return
            self._end_streams()
            self._cleaner = _Cleaner()
            self._thinking = Thinking(id=self._new_id(), at=self._now)
            self._add(self._thinking)
        self._thinking.text += self._cleaner.feed(text)
        self._touch(self._thinking)
        self._phase("thinking", "thinking")

    def _block_opened(self, kind: ev.BlockKind, path: str) -> None:
        self._retry = None
        self._end_streams()
        self._cleaner = _Cleaner()
        if kind == "payload":
            payload = Payload(id=self._new_id(), at=self._now, path=path)
            self._payloads.append(payload)
            self._add(payload)
            self._phase("writing", f"writing {path}")
        elif kind == "completion":
            self._completion = Completion(id=self._new_id(), at=self._now)
            self._add(self._completion)
            self._phase("writing", "writing the summary")
        else:
            self._phase("writing", "writing the next action")

    def _block_streamed(self, kind: ev.BlockKind, text: str) -> None:
        if kind == "payload" and self._payloads:
            self._payloads[-1].text += self._cleaner.feed(text)
            self._touch(self._payloads[-1])
        elif kind == "completion" and self._completion is not None:
            self._completion.text += self._cleaner.feed(text)
            self._touch(self._completion)

    def _block_closed(self, kind: ev.BlockKind, text: str, path: str) -> None:
        if kind == "payload":
            payload = self._payloads[-1] if self._payloads else None
            if payload is None or payload.closed:
                payload = Payload(id=self._new_id(), at=self._now, path=path)
                self._payloads.append(payload)
                self._add(payload)
            payload.text, payload.closed = clean(text), True
            payload.path = path or payload.path
            self._touch(payload)
        elif kind == "completion":
            if self._completion is None:
                self._completion = Completion(id=self._new_id(), at=self._now)
                self._add(self._completion)
            self._completion.text = clean(text)
            self._touch(self._completion)

    def _reply_finished(self, event: ev.ReplyFinished) -> None:
        self._end_streams()
        self.status.tokens = event.input_tokens + event.output_tokens or self.status.tokens
        self.status.window = event.context_window or self.status.window
        if event.cost is not None:
            self.status.cost = event.cost
        if event.reason == "length":
            self._notice("warn", "The reply hit the output limit", "the model goes on from the cut")
        elif event.reason == "refusal":
            self._notice("warn", "The model refused", "", "say it in other words")
        elif event.reason == "cut":
            self._void_reply()
            self._notice("warn", "The reply was cut off", "nothing of it was executed")

    def _void_reply(self) -> None:
        """The reply broke off: no call will take its payloads, and its summary does not hold."""
        for payload in self._payloads:
            payload.unused = True
            self._touch(payload)
        self._payloads.clear()
        if self._completion is not None:
            self._hide(self._completion)
            self._completion = None

    def _retried(self, event: ev.ProviderRetried) -> None:
        self._end_streams()
        soon = f"in {event.wait:.0f} s" if event.wait >= 1 else "now"
        next_ = f"try {event.attempt} of {event.attempts} {soon}"
        if self._retry is None:
            self._retry = self._notice("warn", clean(event.reason), next_=next_)
        else:
            self._retry.what, self._retry.next = clean(event.reason), next_
            self._touch(self._retry)
        self._phase("thinking", f"waits to ask again, try {event.attempt} of {event.attempts}")

    # -- calls --

    def _tool_started(self, event: ev.ToolStarted) -> None:
        label = clean_line(event.label)
        call = CallLine(
            id=self._new_id(),
            at=self._now,
            call_id=event.call_id,
            tool=clean_line(event.tool),
            label=label,
            state="running",
            args={
                clean_line(str(name)): clean(_plain(value))
                for name, value in event.args.items()
                if name not in event.defaulted
            },
            started=self._now,
            code=self._code,
            terminal=clean_line(event.terminal),
        )
        if (earlier := self._calls.pop(event.call_id, None)) is not None:
            self._settle(earlier, "aborted")
        self._calls[event.call_id] = call
        self._calls_in_block += 1
        self._add(call)
        self._phase("running", _doing(call))

    def _tool_finished(self, event: ev.ToolFinished) -> None:
        call = self._calls.pop(event.call_id, None)
        if call is None and event.call_id in self._settled:
            return  # the task was over before the call could say so
        if call is None:
            call = CallLine(
                id=self._new_id(),
                at=self._now,
                call_id=event.call_id,
                tool=clean_line(event.tool),
                label="",
                state="ok",
                started=self._now - event.seconds,
                code=self._code,
            )
            self._add(call)
        # `running` and `waiting` say how the terminal stands; the call itself has returned.
        call.state = "ok" if event.state in ("running", "waiting") else event.state
        call.figure = clean_line(event.figure) or (
            event.state if event.state in ("running", "waiting") else ""
        )
        call.result, call.seconds = clean(event.result), event.seconds
        self._touch(call)
        self._resume_phase()

    def _permission_answered(self, event: ev.PermissionAnswered) -> None:
        if call := self._calls.get(event.call_id):
            call.state = "running" if event.allow else "denied"
            if event.by == "person":
                call.note = "approved" if event.allow else "denied"
            else:
                call.note = f"by {clean_line(event.by)}"
            if not event.allow and event.reason:
                call.note += f": {clean_line(event.reason)}"
            self._touch(call)
        self._resume_phase()

    def _file_changed(self, event: ev.FileChanged) -> None:
        call = self._calls.get(event.call_id)
        if call is not None:
            call.changes.append(
                Change(
                    path=clean_line(event.path),
                    before=event.before,
                    after=event.after,
                    added=event.added,
                    removed=event.removed,
                    coarse=event.coarse,
                )
            )
            self._touch(call)
        path = _normal(event.path)
        for payload in self._payloads:
            if not payload.hidden and _normal(payload.path) == path:
                self._hide(payload)
                break

    def _control_finished(self, event: ev.ControlFinished) -> None:
        aborted = event.kind == "aborted"
        self._settle_calls("aborted" if aborted else "error")
        for payload in self._payloads:
            if payload.closed and not payload.hidden and not payload.unused:
                payload.unused = True
                self._touch(payload)
        if not event.ok or not self._calls_in_block:
            self._add(
                CallLine(
                    id=self._new_id(),
                    at=self._now,
                    call_id="",
                    tool="python",
                    label=_first_line(self._code),
                    state="ok" if event.ok else "aborted" if aborted else "error",
                    result=clean(event.printed if event.ok else event.error or event.printed),
                    figure=clean_line(event.kind).replace("_", " "),
                    seconds=event.seconds,
                    started=self._now - event.seconds,
                    code=self._code,
                )
            )
        self._phase("thinking", "thinking")

    def _settle_calls(self, state: CallState) -> None:
        """Calls that will never return now."""
        for call in self._calls.values():
            self._settle(call, state)
        self._settled = set(self._calls)
        self._calls.clear()

    def _settle(self, call: CallLine, state: CallState) -> None:
        if call.state != "denied":
            call.state = state
        call.seconds = max(0.0, self._now - call.started)
        self._touch(call)

    def _resume_phase(self) -> None:
        """After an answer or a result: what is still outstanding."""
        if self.status.activity == "idle":
            return
        calls = list(self._calls.values())
        if any(call.state == "waiting" for call in calls) or self._questions:
            self._phase("waiting", "waits for your answer")
        elif calls:
            self._phase("running", _doing(calls[-1]))
        else:
            self._phase("running", "running code")

    # -- the end --

    def _task_finished(self, event: ev.TaskFinished) -> None:
        if event.status == "done":
            if self._completion is None:
                self._completion = Completion(id=self._new_id(), at=self._now)
                self._add(self._completion)
            done = self._completion
            done.text = done.text if done.text.strip() else clean(event.summary)
            done.done, done.steps, done.seconds = True, event.steps, event.seconds
            self._touch(done)
        self._end_step()
        self._settle_calls("aborted")
        for question in self._questions.values():
            question.open = False
            self._touch(question)
        self._questions.clear()
        if event.status in _ENDINGS and not (event.status == "failed" and self._failed_loudly):
            kind, what, next_ = _ENDINGS[event.status]
            self._notice(kind, what, clean(event.summary), next_)
        self._phase("idle", "")

    def _clear(self) -> None:
        self._changed = set(self._by_id)
        self._forget()
        self.status.step = self.status.max_steps = self.status.tokens = 0


def _plain(value: object) -> str:
    return value if isinstance(value, str) else repr(value)


def _normal(path: str) -> str:
    return posixpath.normpath(path.replace("\\", "/")) if path else ""


def _first_line(code: str) -> str:
    return next((line.strip() for line in code.splitlines() if line.strip()), "")


def _doing(call: CallLine) -> str:
    subject = call.label.partition(" › ")[2] or call.label
    verb = _VERBS.get(call.tool)
    if verb is None:
        return f"{call.tool} {subject}".strip()
    return f"{verb} {subject}".strip()
