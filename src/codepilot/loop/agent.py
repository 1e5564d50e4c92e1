"""The task loop: step after step until the model completes, replies, or something ends it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Literal

from codepilot import events as e
from codepilot import protocol
from codepilot.errors import CodepilotError, ProviderError
from codepilot.loop.block import BlockRunner
from codepilot.loop.conversation import Conversation
from codepilot.loop.inbox import Inbox
from codepilot.loop.observed import observed, why_withheld
from codepilot.loop.outcome import LoopSettings, Outcome, Progress
from codepilot.loop.reply import Received, ReplyReader
from codepilot.messages import ModelRequest, Usage
from codepilot.ports import Approver, Clock, EventSink, Executor, Permit, Provider, StepPreview, Toolset
from codepilot.protocol import (
    Reply,
    normalise_path,
    protocol_observation,
)

REMINDERS = 2
"""Corrections a task for replies that mean to act but hold no control block."""
CONTINUATIONS = 4
"""How often in a row a reply may go on after the output limit."""
ENDLESS = 2
"""How many replies without end make a task fail."""
ENDLESS_HINT = "Choose another model, or lower model.max_tokens in the agent file."
RAISE_LIMIT = "Raise model.max_tokens in the agent file, or ask for smaller pieces."


class AgentLoop:
    """One agent's loop over its ports.

    Args:
        provider: the model.
        executor: runs control blocks.
        toolset: what they may call.
        approver: who answers questions.
        permit: judges a request (policy first, then the approver).
        preview: tells what else a step is going to write when one write is asked about; None: nothing is told.
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
        permit: Permit,
        conversation: Conversation,
        inbox: Inbox,
        emit: EventSink,
        settled: Callable[[], Awaitable[None]],
        clock: Clock,
        settings: LoopSettings,
        news: Callable[[], Awaitable[str]] | None = None,
        preview: StepPreview | None = None,
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
            preview=preview,
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

    def _done(self, run: Progress, summary: str) -> Outcome:
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
        run = Progress(self.settings.max_steps)
        try:
            outcome = await self._steps(run)
        except asyncio.CancelledError:
            self._keep_what_was_cut(run, "The user stopped you while you were writing.")
            self._finish(Outcome("aborted", steps=run.step, usage=self._usage), started)
            raise
        except CodepilotError as error:  # e.g. no worker can be started
            outcome = self._failed(run, error.message, "worker", error.hint)
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
                summary=outcome.summary or (e.STANDING_BY if outcome.status == "replied" else outcome.error),
                steps=outcome.steps,
                seconds=self._clock.monotonic() - started,
            )
        )

    async def _steps(self, run: Progress) -> Outcome:
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

    async def _ask(self, system: str, run: Progress) -> Received:
        run.reading = True
        request = ModelRequest(
            system=system,
            messages=self._conversation.for_model(),
            max_tokens=self.settings.max_tokens,
            temperature=self.settings.temperature,
            thinking_budget=self.settings.thinking_budget,
        )
        received = await self._reader.read(request, self.settings.max_reply)
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

    async def _act(self, run: Progress, received: Received) -> Outcome | None:
        """Do what a reply says; None means that another step follows."""
        reply, end = received.reply, received.end
        self._conversation.add_reply(received.kept, end.reasoning)
        verdict = protocol.judge(reply, protocol.tools_of(self._toolset.describe()), end.calls)
        if verdict.act == "go on answering" and not received.stopped:
            return self._go_on_answering(run, reply, verdict.text)
        if received.stopped:
            return self._stopped(run, received.stopped)
        if verdict.act == "go on":
            return self._go_on_from_cut(run, reply, verdict.text)
        said, run.said = "".join([*run.said, reply.prose]).strip(), []
        run.continuations = 0
        match verdict.act:
            case "run":
                return await self._execute(run, received)
            case "say again":
                self._correct(verdict.text)
                return None
            case "remind" if run.reminders < REMINDERS:
                run.reminders += 1
                self._correct(verdict.text)
                return None
            case "remind":
                return self._no_action(run, said, verdict.text)
            case "done":
                return self._done(run, verdict.text)
            case "refused":
                hint = "Say it in other words, or choose another model."
                return self._failed(run, "The model refused to go on with this.", "provider", hint)
        return self._replied(run, said)

    async def _execute(self, run: Progress, received: Received) -> Outcome | None:
        reply = received.reply
        assert reply.control is not None
        sent = {normalise_path(payload.path) for payload in reply.payloads}
        held = [payload for payload in run.held if normalise_path(payload.path) not in sent]
        payloads, run.held = (*held, *reply.payloads), ()
        run.executing = True
        result = await self._block.run(reply.control, payloads)
        run.executing = False
        completion = (
            result.completion
            if result.completion is not None
            else (reply.completion.summary if reply.completion is not None else None)
        )
        withheld = why_withheld(received, result, self._toolset) if completion is not None else ""
        text = observed(reply, result, withheld, self.settings)
        self._tell(text)
        if completion is not None and not withheld:
            return self._done(run, completion)
        return None

    def _correct(self, correction: str) -> None:
        told, _, form = correction.partition("\nWrite it like this:")  # the form is for the model
        hint = "The model was shown the right form." if form else ""
        self._emit(e.RuntimeFailed(error=told, source="protocol", hint=hint))
        self._tell(protocol_observation(correction))

    def _tell(self, observation: str) -> None:
        self._conversation.add_observation(observation)
        self._emit(e.ObservationMade(text=observation))

    def _go_on_answering(self, run: Progress, reply: Reply, words: str) -> Outcome | None:
        """An answer that reached the output limit is an answer: the model goes on where it stopped."""
        run.said.append(reply.prose)
        run.continuations += 1
        if run.continuations > CONTINUATIONS or run.step >= run.max_steps:
            if run.continuations > 1:
                text = f"The answer reached the output limit {run.continuations} times and is cut there."
                self._emit(e.RuntimeFailed(error=text, source="provider", hint=RAISE_LIMIT))
            return self._replied(run, "".join(run.said).strip())
        self._tell(protocol_observation(words))
        return None

    def _go_on_from_cut(self, run: Progress, reply: Reply, words: str) -> Outcome | None:
        run.continuations += 1
        if run.continuations > CONTINUATIONS:
            text = f"The reply hit the output limit {run.continuations} times in a row."
            return self._failed(run, text, "provider", RAISE_LIMIT)
        run.held = (*run.held, *reply.payloads)
        self._correct(words)
        return None

    def _stopped(self, run: Progress, words: str) -> Outcome | None:
        """A reply without end is said once to be too long: each costs minutes, and as many tokens as a whole task."""
        run.endless += 1
        if run.endless < ENDLESS:
            self._correct(words)
            return None
        limit = f"{self.settings.max_reply:,} characters"
        text = f"{run.endless} replies of the model had no end; each was stopped after {limit}."
        return self._failed(run, text, "provider", ENDLESS_HINT)

    def _no_action(self, run: Progress, said: str, correction: str) -> Outcome:
        """The model means to act and was told twice how; this is no answer."""
        what = correction.partition("\n")[0].removeprefix("Protocol error: ").rstrip(".")
        text = f"The model keeps to a form that does not run, so nothing was done: {what}."
        hint = "It was shown the right form twice. A larger model may do better; or say the task in smaller steps."
        return replace(self._failed(run, text, "protocol", hint), reply=said)

    def _replied(self, run: Progress, said: str) -> Outcome:
        status: Literal["replied", "needs_person"] = "needs_person" if self._denied_by_nobody else "replied"
        return Outcome(status, reply=said, steps=run.step, usage=self._usage)

    def _provider_failed(self, run: Progress, fault: ProviderError) -> Outcome:
        self._keep_what_was_cut(run, "Your reply broke off here, by a failure of the service.")
        return self._failed(run, fault.message, "provider", fault.hint)

    def _failed(
        self, run: Progress, error: str, source: Literal["provider", "protocol", "worker"], hint: str
    ) -> Outcome:
        self._emit(e.RuntimeFailed(error=error, source=source, hint=hint))
        return Outcome(
            "failed", steps=run.step, error=error, error_source=source, hint=hint, usage=self._usage
        )

    def _keep_what_was_cut(self, run: Progress, why: str) -> None:
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
            self._tell(text)
