"""Records → what a session is: its messages, what waits, and the task that was cut. Whatever the records, this ends."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import field
from pathlib import Path
from typing import Any

from codepilot.journal.damage import Gaps
from codepilot.journal.record import CREATED, decode, head_of, is_newer, type_of
from codepilot.journal.spent import Spent
from codepilot.journal.unfinished import OpenCall, Unfinished
from codepilot.values import dataclass


@dataclass(slots=True)
class Saved:
    """A session as its records tell it."""

    messages: list[dict[str, Any]] = field(default_factory=list)
    queued: dict[str, str] = field(default_factory=dict)
    """Words of the person that no step has read, by their ids, in order."""
    unfinished: Unfinished | None = None
    tasks: int = 0
    """The highest number of a task; the next one counts on. So do those below."""
    calls: int = 0
    questions: int = 0
    sent: int = 0
    spent: Spent = field(default_factory=Spent)
    counted: int = 0
    """Tokens of the last request, as the service counted them; 0: it did not."""
    counted_at: int = 0
    """So many messages there were at that request."""
    cut_at: float = 0.0
    """When the conversation was cut last, in seconds since 1970; 0: it was not."""
    header: dict[str, Any] = field(default_factory=dict)
    """The fields of the first record."""
    mode: str = ""
    """The permission mode when it was opened last."""
    skipped: int = 0
    """Lines that are no records: damage."""
    missing: int = 0
    """Records between others that are not there: damage, too."""
    first: str = ""
    """The words of the first task."""
    seen: dict[str, str] = field(default_factory=dict)
    """Digests of the files that the agent knows, by their real paths, those it saw last at the end."""

    @property
    def newer(self) -> bool:
        """A newer program wrote it, in a format that this one must not add to."""
        return is_newer(self.header)


def fold(
    lines: Iterable[bytes], texts: Path | None = None, *, after: int | None = None, spent: Spent | None = None
) -> Saved:
    """Read a journal.

    Args:
        lines: of it, from the first; a last one without its newline is no record.
        texts: the folder of its long texts.
        spent: what was spent before these lines.
        after: the number of the record before these lines; None: some of them were left out, so that gaps mean nothing.
    """
    folding, gaps = _Folding(texts), Gaps(after)
    folding.saved.spent = spent or Spent()
    for line in lines:
        if line.endswith(b"\n"):
            number, kind = head_of(line)
            if after is not None and line != b"\n":
                gaps.look_at(number)
            folding.look_at(line, kind)
    folding.end()
    folding.saved.missing = gaps.missing
    return folding.saved


_OF_STEP = frozenset(
    {
        *("reply_part", "control_started", "control_finished", "tool_started", "tool_finished"),
        *("effect_started", "permission_asked", "permission_answered", "question_asked", "question_answered"),
    }
)
"""Half of a journal, and of no interest but for the last step: they are read when it is known which that is."""
_STEPS_END = frozenset({"step_started", "task_started", "task_finished", "session_cleared", "rewound"})
_ID = re.compile(rb'"(call|question)_id":"[cq](\d{1,9})"')


class _Folding:
    def __init__(self, texts: Path | None) -> None:
        self.saved = Saved()
        self._texts = texts
        self._step: list[bytes] = []
        """The lines of the step, or of what came since, that are not read yet."""
        self._calls: dict[str, OpenCall] = {}
        self._time = 0.0
        self._take: dict[str, Callable[[Mapping[str, Any]], None]] = {
            CREATED: lambda data: self.saved.header.update(data),
            "session_opened": self._opened,
            "session_cleared": self._cleared,
            "messages_replaced": self._replaced,
            "files_seen": self._files_seen,
            "task_started": self._task_started,
            "task_finished": self._task_finished,
            "rewound": self._task_finished,  # the task in which one went back goes on in no way
            "step_started": self._step_started,
            "reply_part": self._reply_part,
            "reply_finished": self._reply_finished,
            "message_stored": self._message,
            "context_pruned": self._pruned,
            "context_cut": self._cut,
            "control_started": self._control_started,
            "control_finished": lambda data: setattr(self._task, "executed", True),
            "tool_started": self._tool_started,
            "tool_finished": self._tool_finished,
            "effect_started": self._effect_started,
            "permission_asked": self._permission_asked,
            "permission_answered": self._permission_answered,
            "question_asked": self._question_asked,
            "question_answered": self._question_answered,
            "message_queued": self._queued,
            "message_injected": self._read,
            "message_dropped": self._read,
        }

    def look_at(self, line: bytes, kind: str) -> None:
        if kind and kind not in self._take:
            return
        if kind in _OF_STEP:
            self._step.append(line)
            self._count(line)
            return
        if kind in _STEPS_END:
            self._step.clear()
        self._read_line(line)

    def end(self) -> None:
        for line in self._step:
            self._read_line(line)

    def _count(self, line: bytes) -> None:
        """The highest numbers count on, also those of steps that are not read."""
        for what, digits in _ID.findall(line, 0, 300):
            name = "calls" if what == b"call" else "questions"
            setattr(self.saved, name, max(getattr(self.saved, name), int(digits)))

    def _void_parts(self) -> None:
        """The reply came whole, or is asked for again."""
        self._step[:] = [line for line in self._step if type_of(line) != "reply_part"]

    def _read_line(self, line: bytes) -> None:
        record = decode(line, self._texts)
        if record is None:
            self.saved.skipped += bool(line.strip())
        elif (handler := self._take.get(record.type)) is not None:
            self._time = record.time
            try:
                handler(record.data)
            except (LookupError, TypeError, ValueError, AttributeError, OverflowError):
                self.saved.skipped += 1  # fields miss, or are of another type

    @property
    def _task(self) -> Unfinished:
        """The open one; what belongs to none goes nowhere."""
        return self.saved.unfinished or Unfinished(0, "")

    def _opened(self, data: Mapping[str, Any]) -> None:
        self.saved.mode = str(data.get("mode") or "")

    def _cleared(self, data: Mapping[str, Any]) -> None:
        del data
        self.saved.messages.clear()
        self.saved.queued.clear()
        self.saved.seen.clear()
        self.saved.unfinished = None
        self.saved.tasks = self.saved.counted = 0

    def _replaced(self, data: Mapping[str, Any]) -> None:
        self.saved.messages[:] = [dict(message) for message in data["messages"]]
        self.saved.counted = 0

    def _files_seen(self, data: Mapping[str, Any]) -> None:
        for path, digest in data["files"].items():
            self.saved.seen.pop(path, None)
            if digest:
                self.saved.seen[path] = str(digest)

    def _queued(self, data: Mapping[str, Any]) -> None:
        self.saved.queued[data["message_id"]] = str(data["message"])
        self.saved.sent = max(self.saved.sent, _number(data["message_id"]))

    def _read(self, data: Mapping[str, Any]) -> None:
        self.saved.queued.pop(data["message_id"], None)

    # -- tasks and steps ---------------------------------------------------------------------------------------

    def _task_started(self, data: Mapping[str, Any]) -> None:
        saved = self.saved
        saved.unfinished = Unfinished(int(data["number"]), str(data["task"]))
        saved.spent.begin_task()
        saved.tasks = max(saved.tasks, int(data["number"]))
        saved.first = saved.first or str(data["task"])

    def _task_finished(self, data: Mapping[str, Any]) -> None:
        del data
        self.saved.unfinished = None

    def _step_started(self, data: Mapping[str, Any]) -> None:
        task = self._task
        task.step, task.max_steps = int(data["step"]), int(data["max_steps"])
        task.part, task.reply, task.reason = "", None, ""
        task.executing = task.executed = task.told = False

    def _reply_part(self, data: Mapping[str, Any]) -> None:
        self._task.part += str(data["text"])

    def _reply_finished(self, data: Mapping[str, Any]) -> None:
        if data.get("reason") == "cut":  # void: the service broke off, and is asked again
            self._void_parts()
        saved = self.saved
        saved.spent.pay(data)
        if data.get("reason") != "cut":  # it follows its message
            saved.counted, saved.counted_at = int(data.get("input_tokens", 0)), len(saved.messages) - 1

    def _message(self, data: Mapping[str, Any]) -> None:
        saved, task, kind = self.saved, self._task, data["kind"]
        message: dict[str, Any] = {"role": data["role"], "content": str(data["text"])}
        if data.get("reasoning"):
            message["reasoning"] = data["reasoning"]
        saved.messages.append(message)
        if kind == "task":
            task.stored = True
        elif kind == "person":
            saved.queued.pop(data.get("message_id", ""), None)
        elif kind == "reply":
            task.reply, task.reason, task.told = message["content"], str(data.get("reason", "")), False
            self._void_parts()
        elif kind == "observation" and task.reply is not None:
            task.told = True

    def _pruned(self, data: Mapping[str, Any]) -> None:
        for number, form in zip(data["messages"], data["forms"], strict=True):
            message = self.saved.messages[number - 1]
            self.saved.messages[number - 1] = {**message, "pruned": form}

    def _cut(self, data: Mapping[str, Any]) -> None:
        self.saved.spent.pay(data)
        self.saved.cut_at = self._time

    def _control_started(self, data: Mapping[str, Any]) -> None:
        del data
        self._task.executing = True
        self._task.calls, self._calls = [], {}

    def _tool_started(self, data: Mapping[str, Any]) -> None:
        call = OpenCall(
            str(data["call_id"]),
            str(data["tool"]),
            label=str(data.get("label", "")),
            terminal=str(data.get("terminal", "")),
        )
        self._calls[call.call_id] = call
        self._task.calls.append(call)

    def _effect_started(self, data: Mapping[str, Any]) -> None:
        call = self._calls[data["call_id"]]
        call.effect = data["effect"]
        call.command, call.path = str(data.get("command", "")), str(data.get("path", ""))
        call.host = str(data.get("host", ""))
        call.before, call.after = data.get("before"), data.get("after")
        call.asking = False

    def _tool_finished(self, data: Mapping[str, Any]) -> None:
        call = self._calls[data["call_id"]]
        call.finished, call.result, call.state = True, str(data["result"]), str(data.get("state", "ok"))

    def _permission_asked(self, data: Mapping[str, Any]) -> None:
        self._calls[data["call_id"]].asking = True

    def _permission_answered(self, data: Mapping[str, Any]) -> None:
        if (call := self._calls.get(data["call_id"])) is not None:
            call.asking = False

    def _question_asked(self, data: Mapping[str, Any]) -> None:
        call = self._calls[data["call_id"]]
        call.question_id, call.question = str(data["question_id"]), str(data["question"])

    def _question_answered(self, data: Mapping[str, Any]) -> None:
        call = self._calls[data["call_id"]]
        call.answered, call.answer = True, data.get("answer")


def _number(name: object) -> int:
    """The number in an id like `c17`; 0 where there is none."""
    digits = str(name)[1:]
    return int(digits) if digits.isdecimal() else 0
