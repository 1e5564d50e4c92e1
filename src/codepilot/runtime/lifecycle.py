"""What follows a task, a reset and a close: the session saved or forgotten, the parts begun anew or ended."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from typing import TYPE_CHECKING, Any, TypeVar

from codepilot.context.report import Compacted
from codepilot.errors import UsageError
from codepilot.loop import Outcome
from codepilot.runtime import at_exit
from codepilot.runtime.agent import Agent
from codepilot.runtime.keeping import Keeper
from codepilot.runtime.tasks import Tasks
from codepilot.terminal.protocol import OnLeave

if TYPE_CHECKING:
    from codepilot.runtime.recording import Recorder


T = TypeVar("T")


class Lifecycle:
    """Runs, forgets and closes an agent.

    A handler or a tool of a task cannot wait for the end of the task; what it asks for is done at that end.

    Args:
        tasks: one at a time.
        agent: works on them.
        keeper: of its conversation.
    """

    def __init__(self, tasks: Tasks, agent: Agent, keeper: Keeper | Recorder) -> None:
        self.tasks = tasks
        self._agent = agent
        agent.stop = tasks.stop
        self._keeper = keeper
        self._stale = False
        """The worker and the terminals still have to be begun anew."""
        self._forget_at_end = self._keep_terminals = False
        self._close_at_end: OnLeave | None = None
        self._next_session: str | None = None

    def follow_loop(self) -> None:
        """Belong to the running loop from now on."""
        loop = self._agent.events.home = self.tasks.follow()
        if not self.tasks.closed:
            at_exit.expect(self, loop)

    async def run(self, task: str) -> Outcome:
        """Work on a task; see `AsyncRuntime.run`."""
        if self.tasks.is_within():
            raise UsageError(
                "run() was called from a handler or a tool of the same runtime; use send_message() there."
            )
        return await self._run(lambda: self._work_on(task))

    async def load(self) -> None:
        """Have what an asynchronous session holds; see `AsyncRuntime.start`."""
        self.follow_loop()
        keeper, tasks = self._keeper, self.tasks
        if isinstance(keeper, Keeper) and keeper.loads_later and not (tasks.closed or tasks.alone.locked()):
            async with tasks.alone:  # where it is locked, a task loads it
                await keeper.load()

    async def resume(self) -> Outcome:
        """Go on with the unfinished task; see `AsyncRuntime.resume`."""
        if self.tasks.is_within():
            raise UsageError("resume() was called from a handler or a tool of the same runtime.")
        return await self._run(lambda: self._work_on(None))

    async def _run(self, work: Callable[[], Coroutine[Any, Any, Outcome]]) -> Outcome:
        at_exit.refuse_late_tasks()
        self.follow_loop()
        return await self.tasks.run(work, lambda: self._agent.loop.last, self._after_task)

    async def _work_on(self, task: str | None) -> Outcome:
        """A task; None: go on with the unfinished one."""
        self._agent.loop.last = None
        if self._stale:
            await self._start_anew()
        await self._keeper.begin()
        self._agent.refresh_settings()
        self._agent.checkpoints.open()
        unfinished, self._agent.unfinished = self._agent.unfinished, None
        if unfinished is not None and task is None:
            return await self._agent.loop.resume(unfinished)
        if unfinished is not None:
            await self._agent.loop.abandon(unfinished)
        return await self._agent.loop.run(task or "")

    async def compact(self) -> Compacted:
        """Make the conversation shorter for the model; see `AsyncRuntime.compact`."""
        return await self._between_tasks(lambda: self._agent.loop.compact(), Compacted(0, 0))

    async def leave_out(self, message: int) -> bool:
        """Have one line stand for a result; see `AsyncRuntime.leave_out`."""

        async def work() -> bool:
            return self._agent.loop.leave_out(message)

        return await self._between_tasks(work, False)

    async def _between_tasks(self, work: Callable[[], Awaitable[T]], nothing: T) -> T:
        """Change what the model sees of the conversation, and keep it; `nothing` where nothing was said yet."""
        self.follow_loop()
        async with self.tasks.alone:
            self.tasks.refuse_closed()
            if not self._agent.conversation.messages and not self._keeper.loads_later:
                return nothing
            await self._keeper.begin()
            self._agent.refresh_settings()
            try:
                return await work()
            finally:
                await self._keeper.save()
                await self._agent.delivery.settled()

    async def rest(self) -> bool:
        """Give the worker back; see `AsyncRuntime.rest`."""
        self.follow_loop()
        if self.tasks.alone.locked():  # a task is worked on, or what follows one
            return False
        async with self.tasks.alone:
            return await self._agent.executor.rest()

    async def _after_task(self) -> None:
        try:
            await self._agent.checkpoints.settle()
        finally:  # also where whoever waits for the task is cancelled once more
            if self._forget_at_end:
                await self._forget_all()
            else:
                await self._keeper.save()
        await self._agent.delivery.settled()
        self._agent.hooks.sum_up()
        await self._agent.delivery.settled()
        if self._close_at_end is not None:
            await self.close(self._close_at_end)

    def forget_now(self) -> None:
        """Forget all, or at the end of the task that is being worked on; see `AsyncRuntime.reset`."""
        if self.tasks.running:
            self._stop_and_forget()
            return
        self._keeper.forget_now()
        self._forget()

    async def forget(self, *, keep_terminals: bool = False, session_id: str | None = None) -> None:
        """Forget all; see `AsyncRuntime.areset`."""
        self._next_session = session_id
        self._keep_terminals = keep_terminals
        if self.tasks.is_within():
            self._stop_and_forget()
            return
        self.follow_loop()
        self.tasks.stop()
        async with self.tasks.alone:
            await self._forget_all()

    def _stop_and_forget(self) -> None:
        self._forget_at_end = True
        self.tasks.stop()

    async def _forget_all(self) -> None:
        self._forget_at_end = False
        next_session, self._next_session = self._next_session, None
        await self._keeper.forget(next_session)
        self._forget()
        if next_session is not None:
            await self._agent.shells.belong_to(next_session)
        await self._start_anew()
        await self._agent.delivery.settled()

    def _forget(self) -> None:
        self._agent.forget()
        self._stale = True

    async def _start_anew(self) -> None:
        self._stale = False
        keep, self._keep_terminals = self._keep_terminals, False
        await self._agent.start_anew(keep_terminals=keep)

    def close_after_task(self, terminals: OnLeave = "") -> None:
        """Stop the task, and close when it is over."""
        self._close_at_end = terminals
        self.tasks.stop()

    async def close(self, terminals: OnLeave = "") -> None:
        """End everything; see `AsyncRuntime.close`."""
        if self.tasks.is_within():
            self.close_after_task(terminals)
            return
        home = self.tasks.loop
        if home is not None and home is not asyncio.get_running_loop() and home.is_running():
            await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(self.close(terminals), home))
            return
        shells = self._agent.shells.service
        if shells.stays(terminals):
            shells.let_run()
        if self.tasks.running:
            self.tasks.stop()
            async with self.tasks.alone:  # until the session is saved
                pass
        self.tasks.closed = True
        at_exit.done_with(self)
        try:
            await self._agent.close(terminals)
        finally:
            try:
                await self._keeper.finish()
            finally:
                self._keeper.close()  # whatever fails, the session is free
        await self._agent.delivery.settled()  # what is lost is told at the very end

    @property
    def unwritten(self) -> int:
        """Records of the session that wait in memory for its disk, or are lost; see `AsyncRuntime`."""
        return self._keeper.unwritten

    def let_go(self) -> None:
        """Let go of the session, where no loop ever ran; nothing else was begun."""
        self.tasks.closed = True
        self._keeper.close()
