"""The task loop: step after step until the model completes, replies, or something ends it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from dataclasses import replace

from codepilot import events as e
from codepilot.context.report import Compacted, ContextReport
from codepilot.errors import CodepilotError, ProviderError, SessionError, named_error
from codepilot.journal.redaction import noted
from codepilot.journal.unfinished import Unfinished
from codepilot.loop.block import BlockRunner
from codepilot.loop.budget import BudgetGuard
from codepilot.loop.compaction import HINT, Compaction, ContextFull
from codepilot.loop.conversation import Conversation
from codepilot.loop.inbox import Inbox, QueuedMessage
from codepilot.loop.observed import cut_off
from codepilot.loop.outcome import LoopSettings, Outcome, Progress
from codepilot.loop.reply import Received, ReplyReader
from codepilot.loop.resuming import Resuming
from codepilot.loop.verdicts import Verdicts
from codepilot.loop.wiring import LoopPorts
from codepilot.messages import ModelRequest, Usage


class AgentLoop:
    """One agent's loop over its ports.

    Args:
        ports: what it works with.
        conversation: read and appended to.
        inbox: messages typed meanwhile.
        settings: limits and prompt.
    """

    def __init__(
        self, ports: LoopPorts, conversation: Conversation, inbox: Inbox, settings: LoopSettings
    ) -> None:
        self._news = ports.news
        self._conversation = conversation
        self._inbox = inbox
        self._emit = ports.outlet.emit
        self._settled = ports.outlet.settled
        self._durable = ports.outlet.durable
        self._stepped = ports.outlet.stepped
        self._clock = ports.clock
        self.settings = settings
        """Those in force; a change counts from the next task or step on."""
        self._reader = ReplyReader(ports.provider, ports.outlet, ports.clock)
        self._block = BlockRunner(ports.block, ports.outlet, ports.clock, work_dir=settings.work_dir)
        self._verdicts = Verdicts(
            conversation, self._emit, ports.block.toolset, self._block, lambda: self.settings
        )
        self._resuming = Resuming(
            self._emit, self._verdicts, lambda: self.settings, self._block.ask, ports.recover
        )
        self._toolset = ports.block.toolset
        self._compaction = Compaction(
            conversation,
            ports.provider,
            self._emit,
            lambda: self.settings.window,
            lambda: self.settings.summary_tokens,
            ports.look,
        )
        self._spending = ports.spending
        self._compaction.pay, self._compaction.known = self._pay, ports.known
        self._budget = BudgetGuard(self._spending, lambda: self.settings, self._ask_person, self._emit)
        self._approver = ports.block.approver
        self._progress = Progress(settings.max_steps)
        self.last: Outcome | None = None
        """How the last task ended, also where `run` raised."""

    @property
    def usage(self) -> Usage:
        """Tokens of the session so far."""
        return self._spending.usage

    @property
    def block(self) -> BlockRunner:
        """The block now running, for `_append_execution` and notices of lost workers."""
        return self._block

    def recall_count(self, tokens: int, messages: int, cut_at: float) -> None:
        """How many tokens an earlier program's last request had, and its last cut; see `Compaction.recall`."""
        self._compaction.recall(tokens, messages, cut_at)

    async def compact(self) -> Compacted:
        """Make the conversation shorter for the model, now; only while no task is worked on."""
        return await self._compaction.compact(self.settings.system())

    def compact_next(self) -> None:
        """Do it before the next request."""
        self._compaction.due = True

    def leave_out(self, message: int) -> bool:
        """Have one line stand for a result; see `Compaction.leave_out`. `message` counts from 1."""
        return 0 < message <= len(self._conversation.messages) and self._compaction.leave_out(message - 1)

    def context_report(self) -> ContextReport:
        """What fills the model's window."""
        described = self._toolset.describe()
        tools = sum(len(each.signature) + len(each.text) for each in described)
        spent = self._spending
        return self._compaction.report(self.settings.system(), tools, spent.usage, spent.cost)

    def _pay(self, usage: Usage) -> tuple[float | None, float | None]:
        if usage != Usage():
            self._spending.add(usage, self.settings.cost(usage))
        return self._spending.cost, self._spending.task_cost

    async def _ask_person(self, question: str) -> str | None:
        """What the person says to a question of ours; one that finds nobody is none of the agent's."""
        unanswered = self._progress.unanswered
        try:
            return await self._approver.answer(question)
        finally:
            self._progress.unanswered = unanswered

    def note_unanswered(self) -> None:
        """Remember that a question of this task found nobody."""
        self._progress.unanswered = True

    def note_permitted(self) -> None:
        """Remember that something of this task that needs a permission had one."""
        self._progress.permitted = True

    async def run(self, task: str) -> Outcome:
        """Work on a task until it ends. Cancelling stops at once and leaves the conversation whole.

        Raises:
            Exception: whatever a part that is not ours raised; the task has ended as failed.
        """
        started = self._clock.monotonic()
        self._spending.begin_task()
        run = self._progress = Progress(self.settings.max_steps, usage=self.usage)
        self._inbox.take_late(self._add)  # late words of the last task stand before the new one
        number = self._conversation.next_task()
        self._emit(e.TaskStarted(task=task, number=number))
        self._conversation.add_task(number, task)
        return await self._to_the_end(run, started, self._steps(run))

    async def resume(self, task: Unfinished) -> Outcome:
        """Go on with a task in which an earlier program ended. Cancelling and errors as `run`.

        Nothing that may have happened is done again: the model is told what is known of it.
        """
        started = self._clock.monotonic()
        run = self._progress = Progress(self.settings.max_steps, step=task.step, usage=self.usage)
        return await self._to_the_end(run, started, self._go_on(run, task))

    async def _go_on(self, run: Progress, task: Unfinished) -> Outcome:
        if not task.stored:
            self._conversation.add_task(task.number, noted(task.task))
        outcome = await self._resuming.settle(run, task)
        return outcome if outcome is not None else await self._steps(run)

    async def abandon(self, task: Unfinished) -> None:
        """End a task in which an earlier program ended, without going on: its open calls are decided and told."""
        if not task.stored:
            self._conversation.add_task(task.number, noted(task.task))
        await self._resuming.close(task)
        self._emit(
            e.TaskFinished(status="aborted", summary=f"The program ended {task.where}.", steps=task.step)
        )

    def _add(self, message: QueuedMessage) -> None:
        self._conversation.add_user_message(message.text, message.id)

    async def _to_the_end(self, run: Progress, started: float, steps: Awaitable[Outcome]) -> Outcome:
        try:
            outcome = await steps
            await self._block.settle()
        except asyncio.CancelledError:
            self._keep_what_was_cut(run, "The user stopped you while you were writing.")
            self._finish(Outcome("aborted", steps=run.step, usage=run.usage), started)
            raise
        except ContextFull as error:
            outcome = self._verdicts.failed(run, error.message, "context", error.hint)
        except SessionError as error:  # another program has gone on with it
            outcome = self._verdicts.failed(run, error.message, "session", error.hint)
        except CodepilotError as error:  # e.g. no worker can be started
            outcome = self._verdicts.failed(run, error.message, "worker", error.hint)
        except Exception as error:
            text = named_error(error)
            self._finish(Outcome("failed", steps=run.step, error=text, usage=run.usage), started)
            raise
        return self._finish(outcome, started)

    def _finish(self, outcome: Outcome, started: float) -> Outcome:
        spent = self._spending
        self.last = outcome = replace(outcome, usage=spent.usage, cost=spent.cost)
        self._emit(
            e.TaskFinished(
                status=outcome.status,
                summary=outcome.summary or (e.STANDING_BY if outcome.status == "replied" else outcome.error),
                steps=outcome.steps,
                seconds=self._clock.monotonic() - started,
                input_tokens=spent.task_usage.input_tokens,
                output_tokens=spent.task_usage.output_tokens,
                cached_tokens=spent.task_usage.cache_read,
                cache_write_tokens=spent.task_usage.cache_write,
                cost=spent.task_cost,
                session_cost=spent.cost,
                prices_of=self.settings.prices_of if spent.cost is not None else "",
            )
        )
        return outcome

    async def _steps(self, run: Progress) -> Outcome:
        await self._durable()
        self._budget.begin_task()
        system = self.settings.system()
        while run.step < run.max_steps:
            if (ending := await self._budget.check(run, self._compaction.request_tokens(system))) is not None:
                return Outcome(ending, steps=run.step)
            run.step += 1
            self._emit(e.StepStarted(step=run.step, max_steps=run.max_steps))
            self._inbox.take(self._add)
            if self._news is not None and (news := await self._news()):
                self._conversation.add_observation(news)
            try:
                received = await self._ask(system, run)
            except ProviderError as fault:
                return self._provider_failed(run, fault)
            outcome = await self._verdicts.act(run, received)
            await self._settled()
            await self._stepped()
            if outcome is None:
                continue
            if outcome.status in ("done", "replied") and len(self._inbox) and run.step < run.max_steps:
                continue  # the person said more meanwhile: the task is not over for them
            return outcome
        return Outcome("max_steps", steps=run.step, usage=run.usage)

    async def _ask(self, system: str, run: Progress) -> Received:
        if await self._compaction.fit(system):
            await self._durable()  # so that a later program sends the same
        run.reading = True
        request = self._request(system)
        try:
            received = await self._reader.read(request, self.settings.max_reply)
        except ProviderError as fault:
            if fault.fault != "too_long":
                raise
            fault.hint = HINT
            if not await self._compaction.refused(system, request):
                raise
            request = self._request(system)
            received = await self._reader.read(request, self.settings.max_reply)
        run.reading = False
        usage = received.end.usage or Usage()
        self._compaction.learn(request, usage)
        step_cost = self.settings.cost(usage)
        self._spending.add(usage, step_cost)
        run.usage = self.usage
        self._conversation.add_reply(received.kept, received.end.reasoning, received.reason)
        self._emit(
            e.ReplyFinished(
                text=received.reply.raw,
                reason=received.end.reason,
                input_tokens=usage.input_tokens,
                output_tokens=usage.output_tokens,
                cached_tokens=usage.cache_read,
                context_window=self.settings.context_window,
                cost=self._spending.cost,
                cache_write_tokens=usage.cache_write,
                step_cost=step_cost,
                task_cost=self._spending.task_cost,
            )
        )
        return received

    def _request(self, system: str) -> ModelRequest:
        return ModelRequest(
            system=system,
            messages=self._conversation.for_model(),
            max_tokens=self.settings.max_tokens,
            temperature=self.settings.temperature,
            thinking_budget=self.settings.thinking_budget,
        )

    def _provider_failed(self, run: Progress, fault: ProviderError) -> Outcome:
        self._keep_what_was_cut(run, "Your reply broke off here because the service failed.")
        return self._verdicts.failed(run, fault.message, "provider", fault.hint)

    def _keep_what_was_cut(self, run: Progress, why: str) -> None:
        """After a stop or a failure: what the model said and what already happened stay in the conversation."""
        if run.reading:
            if self._reader.partial.strip():
                # With its reason in its own record: the next one, which says it in words, may never be written.
                self._conversation.add_reply(self._reader.partial, reason="cut")
                self._conversation.add_observation(f"[EXECUTION RESULT]\n{why} Nothing of that reply ran.")
        elif run.executing:
            self._verdicts.tell(cut_off(self._block, self.settings))
