"""Records → what a session did, step by step: replies, calls with their results, answers, files. For replaying it.

The same is gathered from the events of a runtime, so that what was recorded and what happens now can be compared.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import field
from typing import Any

from codepilot import events as e
from codepilot.journal.record import Record, to_event
from codepilot.values import dataclass


@dataclass(slots=True)
class RecordedCall:
    """One call of a tool."""

    n: int
    """The record of its start."""
    call_id: str
    tool: str
    args: dict[str, Any] = field(default_factory=dict)
    defaulted: tuple[str, ...] = ()
    label: str = ""
    terminal: str = ""
    builtin: bool = True
    state: str = ""
    """As in `ToolFinished`; empty: the record does not say how it ended."""
    begun: bool = False
    """It had begun to do something that counts."""
    result: str = ""
    figure: str = ""
    denied: e.PermissionAnswered | None = None
    """The answer that denied it."""
    answer: str | None = None
    """What the person said to its question."""


@dataclass(slots=True)
class RecordedReply:
    """A reply of the model."""

    text: str
    reason: str = "stop"
    reasoning: dict[str, Any] | None = None
    input_tokens: int = 0
    output_tokens: int = 0
    cached_tokens: int = 0


@dataclass(slots=True)
class RecordedStep:
    """A reply and what it did."""

    n: int
    """The record of its start."""
    index: int
    """From 1, over the whole session."""
    task: int
    """The number of its task."""
    number: int
    """In its task."""
    max_steps: int = 0
    reply: RecordedReply | None = None
    """None: it did not come to its end, so that nothing of it ran."""
    messages: list[str] = field(default_factory=list)
    """Words of the person that were given to the model with this step."""
    calls: list[RecordedCall] = field(default_factory=list)
    whole: bool = True
    """Its control block came to its end; else the program ended in it, or somebody stopped it."""
    printed: str = ""
    """By the control block; an error in it included."""
    files: dict[str, str | None] = field(default_factory=dict)
    """Of each file that the calls changed, by its path: the digest of what it holds after them; None: it is gone."""
    by_commands: set[str] = field(default_factory=set)
    """Those of them that a command changed."""


@dataclass(slots=True)
class RecordedTask:
    """A task and its steps."""

    n: int
    number: int
    words: str
    steps: list[RecordedStep] = field(default_factory=list)
    status: str = ""
    """As in `TaskFinished`; empty: it has no end."""
    cleared: bool = False
    """The conversation began anew before it."""
    restored: dict[str, tuple[str | None, int]] = field(default_factory=dict)
    """Files that were brought back before it: the id of the content, None for none, and the mode."""


def tasks_of(records: Iterable[Record], root: str = "") -> list[RecordedTask]:
    """What a journal has of each task.

    Args:
        records: all of it.
        root: the work folder, without links.
    """
    gathering = Gathering(root)
    for record in records:
        event = to_event(record)
        if event is not None:
            gathering.take(record.n, event)
    return gathering.tasks


def steps_of(tasks: Iterable[RecordedTask]) -> Iterator[RecordedStep]:
    """All steps, in order."""
    for task in tasks:
        yield from task.steps


class Gathering:
    """Takes events, in order.

    Args:
        root: the work folder, without links; paths in it become relative.
    """

    def __init__(self, root: str = "") -> None:
        self.tasks: list[RecordedTask] = []
        self._top = root.rstrip("/") + "/" if root else ""
        self._steps = 0
        self._calls: dict[str, tuple[RecordedStep, RecordedCall]] = {}
        self._written: dict[str, str | None] = {}
        """What a file that a call writes will hold, by the call."""
        self._reply: RecordedReply | None = None
        self._cleared = False
        self._restored: dict[str, tuple[str | None, int]] = {}

    @property
    def step(self) -> RecordedStep | None:
        """The last one of the task that is worked on."""
        return self.tasks[-1].steps[-1] if self.tasks and self.tasks[-1].steps else None

    def take(self, n: int, event: e.Event) -> None:
        """Take one event.

        Args:
            n: its record, or another number that grows.
            event: what happened.
        """
        match event:
            case e.TaskStarted(task=words, number=number):
                self.tasks.append(
                    RecordedTask(n, number, words, cleared=self._cleared, restored=self._restored)
                )
                self._cleared, self._restored, self._calls = False, {}, {}
            case e.StepStarted(step=number, max_steps=most) if self.tasks:
                self._steps += 1
                task = self.tasks[-1]
                task.steps.append(RecordedStep(n, self._steps, task.number, number, most))
            case e.TaskFinished(status=status) if self.tasks:
                self.tasks[-1].status = status
            case e.SessionCleared():
                self._cleared = True
            case e.FileChanged(source="restore", path=path, after_id=after, after_mode=mode):
                self._restored[path] = (after, mode)
            case _ if (step := self.step) is not None:
                self._in_step(n, event, step)

    def _in_step(self, n: int, event: e.Event, step: RecordedStep) -> None:
        match event:
            case e.MessageStored(kind="reply", text=text, reason=reason, reasoning=reasoning):
                self._reply = RecordedReply(text, reason or "stop", reasoning)
            case e.ReplyFinished(reason=reason) if reason != "cut" and self._reply is not None:
                reply, self._reply = self._reply, None
                reply.input_tokens, reply.output_tokens = event.input_tokens, event.output_tokens
                reply.cached_tokens = event.cached_tokens
                step.reply = reply
            case e.MessageInjected(message=words):
                step.messages.append(words)
            case e.ControlStarted():  # again, if an earlier program ended in it before anything had happened
                step.calls.clear()
                step.whole = False
            case e.ControlFinished(printed=printed, error=error, kind=kind):
                step.whole = kind != "aborted"
                step.printed = "\n".join(filter(None, (printed, error)))
            case e.ToolStarted():
                self._started(n, event, step)
            case _:
                self._in_call(event)

    def _started(self, n: int, event: e.ToolStarted, step: RecordedStep) -> None:
        call = RecordedCall(
            n,
            event.call_id,
            event.tool,
            dict(event.args),
            tuple(event.defaulted),
            event.label,
            event.terminal,
            event.builtin,
        )
        step.calls.append(call)
        self._calls[event.call_id] = (step, call)

    def _in_call(self, event: e.Event) -> None:
        step, call = self._calls.get(getattr(event, "call_id", ""), (None, None))
        if step is None or call is None:
            return
        match event:
            case e.ToolFinished(state=state, result=result, figure=figure):
                call.state, call.result, call.figure = state, result, figure
            case e.PermissionAnswered(allow=False):
                call.denied = event
            case e.QuestionAnswered(answer=answer):
                call.answer = answer
            case e.EffectStarted(after=after):
                call.begun = True
                self._written[call.call_id] = after
            case e.FileChanged(path=path, after_id=after) if not event.joined:
                known = after if after != "" else self._written.get(call.call_id)
                if known != "":
                    step.files[self._relative(path)] = known
                    if event.source == "command":
                        step.by_commands.add(self._relative(path))

    def _relative(self, path: str) -> str:
        return path.removeprefix(self._top) if self._top else path


def first_head(records: Iterable[Record], start: int = 0) -> tuple[str, str] | None:
    """What git's HEAD was when a step began: commit and branch; None: it is not recorded.

    Args:
        records: all of a journal.
        start: the record from which on.
    """
    known: tuple[str, str] | None = None
    began: dict[str, int] = {}
    for record in records:
        data, at = record.data, record.n
        if record.type == "tool_started":
            began[str(data.get("call_id"))] = record.n
        elif record.type == "checkpoint_seeded" and (data.get("head") or data.get("branch")):
            known = str(data.get("head", "")), str(data.get("branch", ""))
            if at >= start:
                return known
        elif record.type == "head_moved":
            # It is found out while the next step is under way already.
            if began.get(str(data.get("call_id")), at) >= start:
                return str(data.get("before", "")), str(data.get("before_branch", ""))
            known = str(data.get("after", "")), str(data.get("after_branch", ""))
    return known


def first_states(records: Iterable[Record], root: str, start: int = 0) -> dict[str, str | None]:
    """How files were when a step began, as far as the records from there on tell.

    Args:
        records: all of a journal.
        root: the work folder, without links.
        start: the record from which on.

    Returns:
        The digest of each file's bytes by its path, relative to the folder; None: there was none.
    """
    top = root.rstrip("/") + "/"
    began: dict[str, int] = {}
    found: dict[str, tuple[int, str | None]] = {}

    def told(path: str, at: int, state: str | None) -> None:
        path = path.removeprefix(top)
        if at >= start and state != "" and not path.startswith("/") and found.get(path, (at + 1,))[0] > at:
            found[path] = (at, state)

    for record in records:
        data = record.data
        match record.type:
            case "effect_started":
                began[str(data.get("call_id"))] = record.n
                if data.get("effect") == "write":
                    told(str(data.get("path")), record.n, data.get("before"))
            case "file_changed" if "before_id" in data:
                at = began.get(str(data.get("call_id")), record.n)
                told(str(data.get("path")), at, data["before_id"])
            case "files_seen":
                files = data.get("files")
                for path, digest in files.items() if isinstance(files, dict) else ():
                    told(str(path), record.n, str(digest))
    return {path: state for path, (_, state) in found.items()}
