"""What the two public runtimes have with a journal: files as they were, the conversation, and what is not written."""

from __future__ import annotations

from collections.abc import Callable, Collection, Coroutine
from concurrent.futures import Future
from typing import TYPE_CHECKING, Any, TypeVar

from codepilot.errors import UsageError

if TYPE_CHECKING:
    from codepilot.checkpoints.plan import Restored, RestorePlan, RestoreRow
    from codepilot.events import Rewound
    from codepilot.journal.branches import PromptTree
    from codepilot.runtime.agent import Agent
    from codepilot.runtime.lifecycle import Lifecycle
    from codepilot.runtime.loop_thread import LoopThread
    from codepilot.runtime.rewinding import Rewinding
    from codepilot.runtime.talk import Talk
    from codepilot.runtime.tasks import Tasks

T = TypeVar("T")
_NO_JOURNAL = "This session has no journal, so files cannot be restored."
_NO_TALK = "This session has no journal, so the conversation cannot be rewound."
_WHAT_INSTEAD = "Use session='journal'."


class AsyncRestores:
    """Part of `AsyncRuntime`: undoing what the agent did to files. See docs/sessions.md."""

    _agent: Agent
    _tasks: Tasks
    _life: Lifecycle

    @property
    def unwritten_records(self) -> int:
        """Records of a journal that its disk has not taken: they wait in memory, and after `close()` they are lost."""
        return self._life.unwritten

    async def plan_restore(
        self,
        to: int | None = None,
        paths: Collection[str] | None = None,
        *,
        record: int | None = None,
        hunks: Collection[int] | None = None,
        overwrite: Collection[str] = (),
    ) -> RestorePlan:
        """See what would become of the files if the agent's changes were undone. Nothing is changed by it.

        Changes by others are kept: where they touch no line that is undone they are merged, else the file stays as it
        is, and its row says why. ``plan.without(paths)`` leaves files out.

        Args:
            to: the number of a task: files come back to what they were when it began.
            paths: only these, as in `FileChanged`; None: all.
            record: instead of `to`, the number of a record of the journal, as of a `task_started` or `step_started`;
                that of a `restore_started` undoes this restore, and nothing that came after it.
            hunks: with one path, undo only these hunks of its change, numbered from 0 as
                ``codepilot.diff.hunks(codepilot.diff.line_diff(before, after))`` gives them.
            overwrite: bring these files back also where others changed them since, which is told as ``overwritten``;
                what stands there now is kept, so that the restore can be undone.

        Raises:
            UsageError: there is no such task or record; the session is no journal; a task is being worked on; the
                hunks cannot be undone one by one.
            SessionError: what stands in the folder now cannot be kept, or the journal cannot be read.
        """
        return await self._alone(lambda rewinding: rewinding.plan(to, record, paths, hunks, overwrite))

    async def apply_restore(self, plan: RestorePlan) -> Restored:
        """Carry a plan out: each file that is still as the plan has it is brought back, the others stay.

        Returns:
            What came of it. ``plan_restore(record=restored.record)`` is the plan that undoes it.

        Raises:
            UsageError: this is no plan; the session is no journal; a task is being worked on.
        """
        return await self._alone(lambda rewinding: rewinding.apply(plan))

    async def unfinished_restore(self) -> RestorePlan | None:
        """What a restore had still to do when its program ended; None: there is none.

        `apply_restore()` finishes it; ``plan_restore(record=…)`` with the record of its `restore_started` goes back.
        `apply_restore()` of its `left` ends it with the files as they are.
        The next task leaves it as it is: from then on there is none.

        Raises:
            UsageError: as `apply_restore`.
        """
        return await self._alone(lambda rewinding: rewinding.unfinished())

    async def restore_texts(self, row: RestoreRow) -> tuple[str | None, str | None]:
        """The texts of a row of a plan, now and then, to be shown; None: no file, or no text.

        Raises:
            UsageError: the session is no journal.
        """
        return await self._rewinding.texts(row)

    async def prompts(self) -> PromptTree:
        """What the person said, as a tree: a prompt follows the one before it, or the one that was gone back to.

        Raises:
            UsageError: the session is no journal.
        """
        return await self._talk.tree()

    async def rewind(self, to: int, *, restore: int = 0) -> Rewound:
        """Go back in the conversation: it goes on from there, and what came after it stays in the journal.

        The model no longer reads what is left, and the names of its control blocks are gone. Files stay as they are;
        see `plan_restore`. So do terminals, and messages that wait.

        Args:
            to: the record behind which it goes on: the `before` of a `Prompt`, or the `left` of an earlier rewind,
                which takes that one back.
            restore: the record of the restore that belongs to it, as `apply_restore()` gives it; noted in the journal.

        Returns:
            The event that every subscriber is told.

        Raises:
            UsageError: the conversation cannot go on there; the session is no journal; a task is being worked on.
        """
        talk = self._talk
        return await self._idle(lambda: talk.rewind(to, restore), "The conversation can be rewound")

    @property
    def _talk(self) -> Talk:
        if self._agent.rewinding is None or self._agent.rewinding.talk is None:
            raise UsageError(_NO_TALK, hint=_WHAT_INSTEAD)
        return self._agent.rewinding.talk

    @property
    def _rewinding(self) -> Rewinding:
        if self._agent.rewinding is None:
            raise UsageError(_NO_JOURNAL, hint=_WHAT_INSTEAD)
        return self._agent.rewinding

    async def _alone(self, work: Callable[[Rewinding], Coroutine[Any, Any, T]]) -> T:
        rewinding = self._rewinding
        return await self._idle(lambda: work(rewinding), "Files can be restored")

    async def _idle(self, work: Callable[[], Coroutine[Any, Any, T]], what: str) -> T:
        self._tasks.refuse_closed()
        self._life.follow_loop()
        if self._tasks.running:
            raise UsageError(f"{what} only while the agent is idle.", hint="Stop it first, or wait.")
        async with self._tasks.alone:
            return await work()


class Restores:
    """Part of `Runtime`: the same for code without an event loop."""

    _async: AsyncRestores
    _thread: LoopThread

    def plan_restore(
        self,
        to: int | None = None,
        paths: Collection[str] | None = None,
        *,
        record: int | None = None,
        hunks: Collection[int] | None = None,
        overwrite: Collection[str] = (),
    ) -> RestorePlan:
        """See what would become of the files if the agent's changes were undone; see `AsyncRuntime.plan_restore`."""
        return self._wait(
            self._async.plan_restore(to, paths, record=record, hunks=hunks, overwrite=overwrite)
        )

    def apply_restore(self, plan: RestorePlan) -> Restored:
        """Carry a plan out; see `AsyncRuntime.apply_restore`."""
        return self._wait(self._async.apply_restore(plan))

    def unfinished_restore(self) -> RestorePlan | None:
        """What a restore had still to do when its program ended; see `AsyncRuntime.unfinished_restore`."""
        return self._wait(self._async.unfinished_restore())

    def restore_texts(self, row: RestoreRow) -> tuple[str | None, str | None]:
        """The texts of a row of a plan; see `AsyncRuntime.restore_texts`."""
        return self._wait(self._async.restore_texts(row))

    def prompts(self) -> PromptTree:
        """What the person said, as a tree; see `AsyncRuntime.prompts`."""
        return self._wait(self._async.prompts())

    def rewind(self, to: int, *, restore: int = 0) -> Rewound:
        """Go back in the conversation; see `AsyncRuntime.rewind`."""
        return self._wait(self._async.rewind(to, restore=restore))

    def _wait(self, work: Coroutine[Any, Any, T]) -> T:
        if self._thread.is_this_one:
            work.close()
            raise UsageError(
                "This would wait for the event loop that it blocks; call it from another thread."
            )
        done: Future[T] = self._thread.submit(work)
        return done.result()
