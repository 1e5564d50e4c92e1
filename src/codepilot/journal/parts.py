"""Records → what is read of a session outside a screen: who said what, which calls there were, how each task ended."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Literal

from codepilot import events as e
from codepilot.journal.expand import expand
from codepilot.journal.record import Record
from codepilot.text import clean, clean_line
from codepilot.values import dataclass

PartKind = Literal["task", "person", "reply", "code", "file", "call", "change", "asked", "note", "end"]
"""The person's task, or words sent meanwhile; prose of the agent; its control block; a file that it wrote in a reply;
a tool call; a changed file; a question to the person with its answer; what happened beside; the end of a task."""


@dataclass(frozen=True, slots=True)
class Part:
    """One thing that is read. Its texts are clean of what a terminal or a browser would obey."""

    kind: PartKind
    text: str
    """Words, code, or what a tool told the model."""
    title: str = ""
    """In one line: the call, the path."""
    ok: bool = True
    time: float = 0.0
    """Seconds since 1970."""


def parts_of(records: Iterable[Record]) -> Iterator[Part]:
    """The parts of a session, in order.

    Args:
        records: from the first, or from the start of a task or a step.
    """
    reading = _Reading()
    last = 0.0
    for stamped in expand(records):
        last = stamped.time
        yield from reading.take(stamped.event, last)
    yield from reading.said(last)


class _Reading:
    def __init__(self) -> None:
        self._prose = ""
        self._calls: dict[str, e.ToolStarted] = {}
        self._questions: dict[str, str] = {}

    def said(self, time: float) -> Iterator[Part]:
        """The prose that came so far, as one part."""
        text, self._prose = clean(self._prose).strip(), ""
        if text:
            yield Part("reply", text, time=time)

    def take(self, event: e.Event, time: float) -> Iterator[Part]:
        if isinstance(event, e.TextStreamed):
            self._prose += event.text
            return
        made = self._made(event, time)
        if made is not None:
            yield from self.said(time)
            yield made
        elif isinstance(event, e.ReplyFinished):
            yield from self.said(time)

    def _made(self, event: e.Event, time: float) -> Part | None:
        match event:
            case e.TaskStarted(task=text):
                return Part("task", clean(text).strip(), time=time)
            case e.MessageInjected(message=text):
                return Part("person", clean(text).strip(), time=time)
            case e.BlockClosed(kind="control", text=text):
                return Part("code", clean(text).rstrip(), time=time)
            case e.BlockClosed(kind="payload", text=text, path=path):
                return Part("file", clean(text), clean_line(path), time=time)
            case e.TaskFinished(status=status, summary=summary):
                good = status in ("done", "replied")
                return Part("end", clean(summary).strip() if status != "replied" else "", status, good, time)
            case _:
                pass
        if note := _note(event):
            return Part("note", clean(note), ok=not isinstance(event, e.RuntimeFailed), time=time)
        return self._acted(event, time)

    def _acted(self, event: e.Event, time: float) -> Part | None:
        match event:
            case e.ToolStarted(call_id=call_id):
                self._calls[call_id] = event
            case e.ToolFinished():
                return self._call(event, time)
            case e.FileChanged(path=path, added=added, removed=removed):
                return Part("change", "", f"{clean_line(path)} +{added} −{removed}", time=time)
            case e.QuestionAsked(question_id=question_id, question=question):
                self._questions[question_id] = question
            case e.QuestionAnswered(question_id=question_id, answer=answer):
                asked = clean(self._questions.pop(question_id, "")).strip()
                return Part("asked", clean(answer or "").strip(), asked, answer is not None, time)
            case _:
                pass
        return None

    def _call(self, done: e.ToolFinished, time: float) -> Part:
        started = self._calls.pop(done.call_id, None)
        label = clean_line(started.label) if started is not None else ""
        title = "  ".join(filter(None, (f"{done.tool} {label}".rstrip(), clean_line(done.figure))))
        return Part("call", clean(done.result), title, done.state in ("ok", "running", "waiting"), time)


def _note(event: e.Event) -> str:
    match event:
        case e.TaskResumed(where=where, then=then):
            return f"The program had ended {where}. {then}".strip()
        case e.RuntimeFailed(error=error, hint=hint):
            return f"{error} {hint}".strip()
        case e.PermissionAnswered(allow=False, tool=tool, reason=reason, by=by):
            return f"{tool} was denied by {by}. {reason}".strip()
        case e.ContextCut():
            return "Older messages are summarised from here on."
        case e.Rewound():
            return "Rewound: the conversation continues from an earlier point."
        case e.BudgetReached(kind=kind, go_on=go_on):
            return f"The limit of {kind} came near; {'it goes on' if go_on else 'the task ends here'}."
        case e.SessionCleared():
            return "New conversation."
        case _:
            return ""
