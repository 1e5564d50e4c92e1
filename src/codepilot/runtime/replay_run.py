"""A replay while it runs: the recorded replies go in, the record answers what is asked, each step is compared."""

from __future__ import annotations

import ast
import inspect
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from codepilot import events as e
from codepilot.decision import Decision, PermissionRequest
from codepilot.hooks import EventType
from codepilot.journal.comparing import Comparison
from codepilot.journal.redaction import is_redacted
from codepilot.journal.steps import Gathering, RecordedCall, RecordedReply, RecordedStep, RecordedTask
from codepilot.runtime.native import AsyncRuntime
from codepilot.runtime.replay_folder import ReplayFolder
from codepilot.runtime.replay_paths import Moved
from codepilot.testing.recorded import RecordedProvider
from codepilot.tools.result import ToolResult


class ReplayRun:
    """Works on the recorded tasks, and compares each step once it is over.

    Args:
        runtime: does the work; nobody else uses it.
        provider: its model.
        files: of its folder.
        comparison: takes what came of it.
        moved: what names the session's folder; None: the replay works in that itself.
    """

    def __init__(
        self,
        runtime: AsyncRuntime,
        provider: RecordedProvider,
        files: ReplayFolder,
        comparison: Comparison,
        moved: Moved | None = None,
    ) -> None:
        self._runtime, self._moved = runtime, moved
        self._provider = provider
        self._files = files
        self._comparison = comparison
        self.ask: Callable[[str], str | None] | None = None
        """Answers `ask_user`; None: the record does."""
        self.tools: Mapping[str, Callable[..., Any]] = {}
        """The program's own that are called; the record answers for the others."""
        self._now = Gathering(str(runtime.work_dir))
        self._task: RecordedTask | None = None
        self._at = -1
        """The step of the task that runs now, from 0."""
        self._compared = 0
        """Steps of the task that were compared."""
        self._steps: dict[int, RecordedStep] = {}
        """Those of the task as they are now, each by the place of the recorded one."""
        self._cut = False
        """The replay was stopped in a step that was cut then."""
        self._answered: dict[str, int] = {}
        """How many calls of each tool the step had so far."""

    async def play(self, tasks: Sequence[RecordedTask]) -> None:
        """Work on these, in order."""
        runtime = self._runtime
        for event in runtime.hooks.default_events():
            runtime.hooks.clear(event)
        runtime.hooks.register(EventType.PERMISSION_REQUEST, self._permit)
        runtime.hooks.register(EventType.ASK_USER, self._answer)
        self._stand_in(tasks)
        runtime.subscribe(self._see)
        for number, task in enumerate(tasks):
            await self._play(task, first=number == 0)

    async def _play(self, task: RecordedTask, *, first: bool) -> None:
        runtime = self._runtime
        if task.cleared and not first:
            await runtime.areset(keep_terminals=True)
        if task.restored and not first:
            self._files.put(task.restored)
        self._task, self._at, self._compared, self._steps = task, -1, 0, {}
        steps = max(step.max_steps for step in task.steps)
        runtime.config.runtime.max_steps = steps or len(task.steps) + 1
        self._cut = True
        while self._cut and self._at + 1 < len(
            task.steps
        ):  # cut in a step, and gone on with by another program
            self._cut = False
            rest = task.steps[self._at + 1 :]
            self._provider.load(self._acting_here(step.reply) for step in rest if step.reply is not None)
            await runtime.run(task.words)
        self._compare_upto(len(task.steps))

    def _acting_here(self, reply: RecordedReply) -> RecordedReply:
        return reply if self._moved is None else replace(reply, text=self._moved.reply(reply.text))

    def _here(self, text: str) -> str:
        return text if self._moved is None else self._moved.text(text)

    # -- while it runs -----------------------------------------------------------------------------------------

    def _see(self, stamped: e.Stamped) -> None:
        self._now.take(stamped.sequence, stamped.event)
        match stamped.event:
            case e.StepStarted():
                self._at += 1
                self._answered.clear()
                if self._now.step is not None:
                    self._steps[self._at] = self._now.step
                self._compare_upto(self._at)
                if self._at == 0:
                    self._send(0)
            case e.ReplyFinished(reason=reason) if reason != "cut":
                self._send(self._at + 1)  # before this step may turn out to be the last
            case e.ControlStarted() if (was := self._step()) is not None and not (was.whole or was.calls):
                self._cut_here()
            case e.ToolStarted(tool=tool):
                count = self._answered[tool] = self._answered.get(tool, 0) + 1
                was_call = self._recorded(tool, count)
                if was_call is not None and (
                    was_call.state == "aborted" or not (was_call.state or was_call.begun)
                ):
                    self._cut_here()
            case e.ToolFinished() if (was := self._step()) is not None and not was.whole:
                if sum(self._answered.values()) >= len(was.calls):
                    self._cut_here()

    def _cut_here(self) -> None:
        """The block was stopped here then, or its program ended: the rest of it did not run."""
        self._cut = True
        self._runtime.abort()

    def _send(self, index: int) -> None:
        """Say what the person said before a step."""
        steps = self._task.steps if self._task is not None else []
        for words in steps[index].messages if index < len(steps) else ():
            self._runtime.send_message(words)

    def _compare_upto(self, index: int) -> None:
        """Compare the steps before this one that were not compared yet."""
        assert self._task is not None
        while self._compared < min(index, len(self._task.steps)):
            was, now = self._task.steps[self._compared], self._steps.get(self._compared)
            self._compared += 1
            self._comparison.step(was, now)
            if not was.whole:
                continue  # what it did to files before it was stopped is a matter of time
            for path, expected in was.files.items():
                got = self._files.digest(path)
                same = got == expected or (
                    path in was.by_commands
                    and self._files.same_but_for(path, expected, self._comparison.masks.masked)
                )
                if not same:
                    self._comparison.file(was, path, expected, got, self._files.difference(path, expected))

    # -- answers from the record -------------------------------------------------------------------------------

    def _recorded(self, tool: str, count: int) -> RecordedCall | None:
        """The call of a tool in the step that runs, by how many of that tool there were."""
        step = self._step()
        calls = [call for call in step.calls if call.tool == tool] if step is not None else []
        return calls[count - 1] if 0 < count <= len(calls) else None

    def _step(self) -> RecordedStep | None:
        steps = self._task.steps if self._task is not None else []
        return steps[self._at] if 0 <= self._at < len(steps) else None

    async def _permit(self, request: PermissionRequest, **_: Any) -> Decision:
        was = self._recorded(request.tool, self._answered.get(request.tool, 0))
        if was is None:
            return Decision(allow=False, by="rule", reason="The recorded session made no such call.")
        if was.denied is not None:
            return Decision(allow=False, by=_by(was.denied.by), reason=was.denied.reason)
        if self._moved is not None and self._moved.names(request.command):
            reason = "It names the folder of the session itself, and a replay works in a copy."
            return Decision(allow=False, by="rule", reason=reason)
        step = self._step()
        if step is not None and step.reply is not None and is_redacted(step.reply.text):
            reason = "Its reply held a known secret, which the journal does not keep."
            return Decision(allow=False, by="rule", reason=reason)
        return Decision(allow=True)

    async def _answer(self, question: str, **_: Any) -> str | None:
        if self.ask is not None:
            return self.ask(question)
        was = self._recorded("ask_user", self._answered.get("ask_user", 0))
        return None if was is None or was.answer is None else self._here(was.answer)

    def _stand_in(self, tasks: Iterable[RecordedTask]) -> None:
        """Register what answers for the tools of the program that was recorded."""
        calls: dict[str, list[RecordedCall]] = {}
        for task in tasks:
            for step in task.steps:
                for call in step.calls:
                    if not call.builtin:
                        calls.setdefault(call.tool, []).append(call)
        for name, recorded in calls.items():
            tool = self.tools.get(name) or self._from_record(name, recorded)
            self._runtime.register_tool(name, tool, replace=True)

    def _from_record(self, name: str, calls: Sequence[RecordedCall]) -> Callable[..., Any]:
        async def recorded(*_: Any, **__: Any) -> Any:
            was = self._recorded(name, self._answered.get(name, 0))
            if was is None:
                return ToolResult(f"[{name}] ERROR: the recorded session made no such call.", "error")
            result = self._here(was.result)
            return _value(result) if was.state == "ok" else ToolResult(result, "error")

        names: dict[str, Any] = {}
        for call in calls:
            for each, value in call.args.items():
                if each not in names or each in call.defaulted:
                    names[each] = value if each in call.defaulted else None
        parameters = [
            inspect.Parameter(each, inspect.Parameter.POSITIONAL_OR_KEYWORD, default=value)
            for each, value in names.items()
            if each.isidentifier()
        ]
        recorded.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
        recorded.__doc__ = "Answered from the record."
        return recorded


def _by(told: str) -> Any:
    return told if told in ("person", "mode", "rule", "hook", "nobody") else "person"


def _value(text: str) -> Any:
    """What a tool gave to its block: the record has it as it was if it was text, else as Python writes it."""
    try:
        value = ast.literal_eval(text)
    except (ValueError, SyntaxError, MemoryError, RecursionError):
        return text
    return value if repr(value) == text else text
