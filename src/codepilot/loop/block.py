"""One control block: hand it to the executor, serve its tool calls, gather what the model is to read."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import field
from typing import Any

from codepilot import events as e
from codepilot.decision import PlannedEdit
from codepilot.loop.calls import BlockCalls
from codepilot.loop.wiring import BlockPorts, Outlet
from codepilot.messages import ExecutionResult
from codepilot.ports import CallContext, Clock, EventSink
from codepilot.protocol import ControlBlock, PayloadBinder, PayloadBlock, unused_payloads
from codepilot.values import dataclass

SILENT = frozenset({"write_file", "edit_file", "think", "done", "terminate_terminal"})
"""Built-in tools whose good result holds nothing that the model still has to see."""

WRITES = frozenset({"write_file", "edit_file"})
"""Built-in tools that change files."""
Ahead = Callable[[], Awaitable[Sequence[PlannedEdit]]]


@dataclass(slots=True)
class BlockOutcome:
    """What came of a control block."""

    execution: ExecutionResult
    appended: list[str]
    """Results for the model, in the order of the calls."""
    notes: list[str] = field(default_factory=list)
    completion: str | None = None
    """The summary, if the block called `done()`."""
    missed: tuple[str, ...] = ()
    """Paths of writes that found no payload."""
    unseen: str = ""
    """Why a completion block of the same reply must wait: a result that the model has not seen yet."""


class BlockRunner:
    """Runs control blocks one after the other.

    Args:
        ports: what they act through.
        outlet: where events go; awaited before each call, so that handlers have seen what came before it.
        clock: for the seconds of a block that has no result.
        work_dir: payloads named by absolute path are found by their relative one too.
    """

    def __init__(self, ports: BlockPorts, outlet: Outlet, clock: Clock, *, work_dir: str = "") -> None:
        self._work_dir = work_dir
        self._clock = clock
        self._executor = ports.executor
        self._toolset = ports.toolset
        self._approver = ports.approver
        self._permit = ports.permit
        self._preview = ports.preview
        self._emit = outlet.emit
        self._settled = outlet.settled
        self._durable = outlet.durable
        self._numbers = ports.numbers
        self._checkpoints = ports.checkpoints
        self.calls = BlockCalls(self._emit, self.append)
        """Of the block now running, or of the last one."""
        self.appended: list[str] = []
        """Results of the block now running; also what was added since the last one ended."""
        self._unseen = ""
        self._completion: str | None = None
        self._binder = PayloadBinder(())

    def append(self, text: str) -> None:
        """Add text to what the model reads after this step."""
        self.appended.append(text)

    def complete(self, summary: str) -> None:
        """Note that the block called `done()`."""
        self._completion = summary

    def pop_next_payload(self) -> str | None:
        """The text of the reply's next payload that no call has taken."""
        return self._binder.pop_next()

    async def run(self, control: ControlBlock, payloads: Sequence[PayloadBlock]) -> BlockOutcome:
        """Execute one block with its payloads."""
        self._binder = PayloadBinder(payloads, work_dir=self._work_dir)
        self._unseen, self._completion = "", None
        self._toolset.begin_step()
        if self._preview is not None:
            self._preview.begin(control.text)
        calls = self.calls = BlockCalls(self._emit, self.append)
        self._emit(e.ControlStarted(code=control.text))
        began = self._clock.monotonic()
        try:
            result = await self._executor.run(control.text, names=self._toolset.names(), call=self._serve)
        except BaseException as error:
            calls.close()
            # What went wrong is told by the one who catches it.
            kind = "aborted" if isinstance(error, asyncio.CancelledError) else "crashed"
            self._emit(e.ControlFinished(ok=False, kind=kind, seconds=self._clock.monotonic() - began))
            raise
        calls.close()
        self._emit(
            e.ControlFinished(
                ok=result.ok,
                kind=result.kind,
                error=result.error,
                printed=result.printed,
                seconds=result.seconds,
            )
        )
        if result.kind == "lint":
            self._emit(e.SecurityRefused(error=result.error))
        elif not result.ok and result.kind != "aborted":
            self._emit(e.RuntimeFailed(error=_first_line(result.error), source="control"))
        notes = list(unused_payloads(self._binder.remaining()))
        if result.printed.strip() and not self._unseen:
            self._unseen = "the block printed something that you have not read yet"
        return BlockOutcome(
            result, self.take_appended(), notes, self._completion, tuple(self._binder.missed), self._unseen
        )

    def take_appended(self) -> list[str]:
        """What was added for the model so far; it is not given again."""
        taken, self.appended = self.appended, []
        return taken

    async def _serve(self, name: str, args: Sequence[Any], kwargs: Mapping[str, Any]) -> Any:
        calls, state, call_id = self.calls, "ok", self._new_id()

        def watch(event: e.Event) -> None:  # without the context, which holds it: a circle for each call
            nonlocal state
            if isinstance(event, e.ToolFinished) and event.call_id == call_id:
                state = event.state
            calls.emit(event)

        context = self._context(call_id, watch, calls.append, self._ahead(name, args, kwargs))
        before = len(self.appended)
        try:
            await self._settled()
        except asyncio.CancelledError:
            calls.not_started(name)
            raise
        try:
            value = await self._toolset.call(name, args, kwargs, context)
        finally:
            self._checkpoints().end(call_id)
        if name not in SILENT and len(self.appended) > before:
            self._unseen = f"the result of {name}() was not seen yet when you wrote the completion"
        elif state != "ok":
            self._unseen = f"{name}() did not succeed"
        return value

    def _ahead(self, name: str, args: Sequence[Any], kwargs: Mapping[str, Any]) -> Ahead | None:
        """What gives the other changes of the step, for a call that writes."""
        preview = self._preview
        if preview is None or name not in WRITES:
            return None
        preview.called(name, args, kwargs)
        payloads = self._binder.fork()  # as they were before this call takes its own
        return lambda: preview.edits(payloads.take)

    def context(self) -> CallContext:
        """What a tool is given beside its arguments, for calls from outside a block."""
        return self._context(self._new_id(), self._emit, self.append)

    def _new_id(self) -> str:
        return self._numbers.next_call()

    def _context(
        self, call_id: str, emit: EventSink, append: Callable[[str], None], ahead: Ahead | None = None
    ) -> CallContext:
        return CallContext(
            call_id=call_id,
            emit=emit,
            permit=self._permit if ahead is None else lambda request: self._permit(request, ahead),
            take_payload=self._binder.take,
            payload_paths=self._binder.remaining,
            append=append,
            ask=lambda question: self.ask(call_id, question),
            keep=self._checkpoints().keep,
            begin=lambda effect, **what: self._begin(
                emit, e.EffectStarted(call_id=call_id, effect=effect, **what)
            ),
        )

    async def _begin(self, emit: EventSink, effect: e.EffectStarted) -> None:
        """From here on it may have happened: that must be known before it can."""
        if effect.effect in ("command", "outside") or (effect.effect == "write" and not effect.path):
            await self._checkpoints().begin(effect.call_id)
        emit(effect)
        await self._durable()

    async def settle(self) -> None:
        """Return when it is told what all calls so far have changed."""
        await self._checkpoints().settle()

    async def ask(self, call_id: str, question: str) -> str | None:
        """Put a question of the model to the person; None: nobody answered."""
        question_id = self._numbers.next_question()
        self._emit(e.QuestionAsked(question_id=question_id, call_id=call_id, question=question))
        await self._settled()
        try:
            answer = await self._approver.answer(question)
        except asyncio.CancelledError:
            self._emit(e.QuestionAnswered(question_id=question_id, call_id=call_id, answer=None))
            raise
        self._emit(e.QuestionAnswered(question_id=question_id, call_id=call_id, answer=answer))
        await self._durable()
        return answer


def _first_line(text: str) -> str:
    lines = [line for line in text.strip().splitlines() if line.strip()]
    return lines[0] if lines else "The control block failed."
