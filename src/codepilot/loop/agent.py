"""The task loop: step after step until the model completes, replies, or something ends it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Literal

from codepilot import events as e
from codepilot.decision import Decision, PermissionRequest
from codepilot.errors import CodepilotError, ProviderError
from codepilot.loop.block import BlockOutcome, BlockRunner
from codepilot.loop.conversation import Conversation
from codepilot.loop.inbox import Inbox
from codepilot.loop.reply import Received, ReplyReader
from codepilot.messages import ModelRequest, Usage
from codepilot.ports import Approver, Clock, EventSink, Executor, Provider, Toolset
from codepilot.protocol import (
    PayloadBlock,
    Reply,
    build_observation,
    completion_withheld,
    intended_action,
    normalise_path,
    protocol_observation,
    refusal,
    surplus_controls,
    tools_of,
)

STANDING_BY = "Agent replied. Standing by for next task."
REMINDERS = 2
"""Corrections a task for replies that mean to act but hold no control block."""
CONTINUATIONS = 4
"""How often in a row a reply may go on after the output limit."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LoopSettings:
    """What the agent file says about the loop."""

    system: Callable[[], str]
    """The system prompt; asked for once a task, so that new tools are seen."""
    max_steps: int = 20
    max_tokens: int = 4096
    temperature: float | None = None
    thinking_budget: int | None = None
    context_window: int = 0
    cost: Callable[[Usage], float | None] = lambda usage: None
    """Dollars for a usage, where prices are known."""
    spool: Callable[[str], str] | None = None
    """Keeps a long text in a file; returns its path."""
    work_dir: str = ""


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a task ended."""

    status: Literal["done", "replied", "max_steps", "aborted", "failed", "needs_person"]
    summary: str | None = None
    """The completion's text; None for every other end."""
    reply: str = ""
    """The last prose, for `replied`."""
    steps: int = 0
    error: str = ""
    error_source: str = ""
    usage: Usage = field(default_factory=Usage)


class AgentLoop:
    """One agent's loop over its ports.

    Args:
        provider: the model.
        executor: runs control blocks.
        toolset: what they may call.
        approver: who answers questions.
        permit: judges a request (policy first, then the approver).
        conversation: read and appended to.
        inbox: messages typed meanwhile.
        emit: takes every event.
        settled: awaited where handlers must have caught up.
        clock: time.
        settings: limits and prompt.
        news: gives what happened outside since it was asked last, as the model is to read it; asked before each step.
    """

    def __init__(
        self,
        *,
        provider: Provider,
        executor: Executor,
        toolset: Toolset,
        approver: Approver,
        permit: Callable[[PermissionRequest], Awaitable[Decision]],
        conversation: Conversation,
        inbox: Inbox,
        emit: EventSink,
        settled: Callable[[], Awaitable[None]],
        clock: Clock,
        settings: LoopSettings,
        news: Callable[[], Awaitable[str]] | None = None,
    ) -> None:
        self._news = news
        self._conversation = conversation
        self._inbox = inbox
        self._emit = emit
        self._settled = settled
        self._clock = clock
        self.settings = settings
        """Those in force; a change counts from the next task or step on."""
        self._toolset = toolset
        self._reader = ReplyReader(provider, emit, settled, clock)
        self._block = BlockRunner(
            executor=executor,
            toolset=toolset,
            approver=approver,
            permit=permit,
            emit=emit,
            settled=settled,
            work_dir=settings.work_dir,
        )
        self._usage = Usage()
        self._denied_by_nobody = self._permitted = False
        self.last: Outcome | None = None
        """How the last task ended, also where `run` raised."""

    @property
    def usage(self) -> Usage:
        """Tokens of the session so far."""
        return self._usage

    @property
    def block(self) -> BlockRunner:
        """The block now running, for `_append_execution` and notices of lost workers."""
        return self._block

    def note_unanswered(self) -> None:
        """Remember that a question of this task found nobody."""
        self._denied_by_nobody = True

    def note_permitted(self) -> None:
        """Remember that something of this task that needs a permission had one."""
        self._permitted = True

    def _done(self, run: _Run, summary: str) -> Outcome:
        """The model says that it is done; whether that can be, if nobody was there to allow anything."""
        helpless = self._denied_by_nobody and not self._permitted
        return Outcome("needs_person" if helpless else "done", summary, steps=run.step, usage=self._usage)

    async def run(self, task: str) -> Outcome:
        """Work on a task until it ends. Cancelling stops at once and leaves the conversation whole.

        Raises:
            Exception: whatever a part that is not ours raised; the task has ended as failed.
        """
        started = self._clock.monotonic()
        self._denied_by_nobody = self._permitted = False
        for message in self._inbox.take():  # late words of the last task stand before the new one
            self._conversation.add_user_message(message.text)
        number = self._conversation.start_task(task)
        self._emit(e.TaskStarted(task=task, number=number))
        run = _Run(self.settings.max_steps)
        try:
            outcome = await self._steps(run)
        except asyncio.CancelledError:
            self._keep_what_was_cut(run, "The user stopped you while you were writing.")
            self._finish(Outcome("aborted", steps=run.step, usage=self._usage), started)
            raise
        except CodepilotError as error:  # e.g. no worker can be started
            self._emit(e.RuntimeFailed(error=error.message, source="worker", hint=error.hint))
            outcome = Outcome(
                "failed", steps=run.step, error=error.message, error_source="worker", usage=self._usage
            )
        except Exception as error:
            text = f"{type(error).__name__}: {error}"
            self._finish(Outcome("failed", steps=run.step, error=text, usage=self._usage), started)
            raise
        self._finish(outcome, started)
        return outcome

    def _finish(self, outcome: Outcome, started: float) -> None:
        self.last = outcome
        self._emit(
            e.TaskFinished(
                status=outcome.status,
                summary=outcome.summary or (STANDING_BY if outcome.status == "replied" else outcome.error),
                steps=outcome.steps,
                seconds=self._clock.monotonic() - started,
            )
        )

    async def _steps(self, run: _Run) -> Outcome:
        system = self.settings.system()
        while run.step < run.max_steps:
            run.step += 1
            self._emit(e.StepStarted(step=run.step, max_steps=run.max_steps))
            for message in self._inbox.take():
                self._conversation.add_user_message(message.text)
            if self._news is not None and (news := await self._news()):
                self._conversation.add_observation(news)
            try:
                received = await self._ask(system, run)
            except ProviderError as fault:
                return self._provider_failed(run, fault)
            outcome = await self._act(run, received)
            await self._settled()
            if outcome is None:
                continue
            if outcome.status in ("done", "replied") and len(self._inbox) and run.step < run.max_steps:
                continue  # the person said more meanwhile: the task is not over for them
            return outcome
        return Outcome("max_steps", steps=run.step, usage=self._usage)

    async def _ask(self, system: str, run: _Run) -> Received:
        run.reading = True
        request = ModelRequest(
            system=system,
            messages=self._conversation.for_model(),
            max_tokens=self.settings.max_tokens,
            temperature=self.settings.temperature,
            thinking_budget=self.settings.thinking_budget,
        )
        received = await self._reader.read(request)
        run.reading = False
        usage = received.end.usage or Usage()
        self._usage += usage
        self._emit(
            e.ReplyFinished(
                text=received.reply.raw,
                reason=received.end.reason,
                input_tokens=usage.input_tokens,
                output_tokens=usage.output_tokens,
                cached_tokens=usage.cache_read,
                context_window=self.settings.context_window,
                cost=self.settings.cost(self._usage),
            )
        )
        return received

    async def _act(self, run: _Run, received: Received) -> Outcome | None:
        """Do what a reply says; None means that another step follows."""
        reply = received.reply
        self._conversation.add_reply(reply.raw, received.end.reasoning)
        if received.end.reason == "length":
            return self._go_on_from_cut(run, reply)
        run.continuations = 0
        sent = {normalise_path(payload.path) for payload in reply.payloads}
        held = [payload for payload in run.held if normalise_path(payload.path) not in sent]
        payloads = (*held, *reply.payloads)
        fault = refusal(reply)
        if fault is not None:
            self._correct(fault)
            return None
        if reply.control is not None:
            run.held = ()
            return await self._execute(run, reply, payloads)
        correction = intended_action(reply, tools_of(self._toolset.describe()))
        if correction is not None and run.reminders < REMINDERS:
            run.reminders += 1
            self._correct(correction)
            return None
        if reply.completion is not None:
            return self._done(run, reply.completion.summary)
        run.held = ()
        if received.end.reason == "refusal":
            text = "The model refused to go on with this."
            self._emit(
                e.RuntimeFailed(
                    error=text, source="provider", hint="Say it in other words, or choose another model."
                )
            )
            return Outcome("failed", steps=run.step, error=text, error_source="provider", usage=self._usage)
        status: Literal["replied", "needs_person"] = "needs_person" if self._denied_by_nobody else "replied"
        return Outcome(status, reply=reply.prose.strip(), steps=run.step, usage=self._usage)

    async def _execute(self, run: _Run, reply: Reply, payloads: Sequence[PayloadBlock]) -> Outcome | None:
        assert reply.control is not None
        run.executing = True
        result = await self._block.run(reply.control, payloads)
        run.executing = False
        completion = (
            result.completion
            if result.completion is not None
            else (reply.completion.summary if reply.completion is not None else None)
        )
        withheld = self._why_withheld(reply, result) if completion is not None else ""
        text = self._observe(reply, result, withheld)
        self._conversation.add_observation(text)
        self._emit(e.ObservationMade(text=text))
        if completion is not None and not withheld:
            return self._done(run, completion)
        return None

    def _why_withheld(self, reply: Reply, result: BlockOutcome) -> str:
        if not result.execution.ok:
            return "the control block failed"
        if result.completion is not None:
            return ""  # done() was called by the block itself, which could look at every result
        return result.unseen

    def _observe(self, reply: Reply, result: BlockOutcome, withheld: str) -> str:
        notes = [*result.notes, *surplus_controls(reply)]
        if withheld:
            notes.extend(completion_withheld(withheld))
        return build_observation(
            execution=result.execution, results=result.appended, notes=notes, spool=self.settings.spool
        )

    def _correct(self, correction: str) -> None:
        text = protocol_observation(correction)
        self._emit(e.RuntimeFailed(error=correction, source="protocol"))
        self._conversation.add_observation(text)
        self._emit(e.ObservationMade(text=text))

    def _go_on_from_cut(self, run: _Run, reply: Reply) -> Outcome | None:
        run.continuations += 1
        if run.continuations > CONTINUATIONS:
            text = f"The reply hit the output limit {run.continuations} times in a row."
            hint = "Raise model.max_tokens in the agent file, or ask for smaller pieces."
            self._emit(e.RuntimeFailed(error=text, source="provider", hint=hint))
            return Outcome("failed", steps=run.step, error=text, error_source="provider", usage=self._usage)
        run.held = (*run.held, *reply.payloads)
        self._correct(
            refusal(reply)
            or "The reply reached the output limit. Nothing of it ran; send it in smaller pieces."
        )
        return None

    def _provider_failed(self, run: _Run, fault: ProviderError) -> Outcome:
        self._keep_what_was_cut(run, "The connection broke while you were writing.")
        self._emit(e.RuntimeFailed(error=fault.message, source="provider", hint=fault.hint))
        return Outcome(
            "failed", steps=run.step, error=fault.message, error_source="provider", usage=self._usage
        )

    def _keep_what_was_cut(self, run: _Run, why: str) -> None:
        """After a stop or a failure: what the model said and what already happened stay in the conversation."""
        if run.reading:
            if self._reader.partial.strip():
                self._conversation.add_reply(self._reader.partial)
                self._conversation.add_observation(f"[EXECUTION RESULT]\n{why} Nothing of that reply ran.")
        elif run.executing:
            done = "\n\n".join(self._block.take_appended())
            text = (
                "[EXECUTION RESULT]\n"
                + (f"{done}\n\n" if done else "")
                + (
                    "The user stopped the control block here. What stands above had happened; the rest did not run."
                )
            )
            self._conversation.add_observation(text)
            self._emit(e.ObservationMade(text=text))


@dataclass(slots=True)
class _Run:
    """Where one task stands."""

    max_steps: int
    step: int = 0
    reminders: int = 0
    continuations: int = 0
    held: tuple[PayloadBlock, ...] = ()
    reading: bool = False
    executing: bool = False
