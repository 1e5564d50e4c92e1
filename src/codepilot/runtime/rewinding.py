"""Bringing files back to what they were: plans and restores of a runtime whose session is a journal."""

from __future__ import annotations

from collections.abc import Collection
from functools import cached_property, partial
from typing import TYPE_CHECKING

from codepilot import events as e
from codepilot.caught import in_thread
from codepilot.checkpoints.history import History, read_history
from codepilot.checkpoints.plan import Restored, RestorePlan, RestoreRow
from codepilot.errors import SessionError, UsageError
from codepilot.journal.blobs import store_of
from codepilot.journal.edits import lines_edited
from codepilot.journal.place import TEXTS
from codepilot.runtime.given import check_names, check_number, shown
from codepilot.runtime.recording import Recorder
from codepilot.runtime.talk import Talk
from codepilot.sessions.journal import JournalSession
from codepilot.workspace import Workspace

if TYPE_CHECKING:
    from codepilot.checkpoints.restore import Restorer


class Rewinding:
    """Plans and carries out restores, while no task is worked on.

    Args:
        session: with the journal.
        recorder: writes into it.
        workspace: the work folder.
    """

    def __init__(self, session: JournalSession, recorder: Recorder, workspace: Workspace) -> None:
        self.talk: Talk | None = None
        """Goes back in the conversation."""
        self._session = session
        self._recorder = recorder
        self._workspace = workspace

    @cached_property
    def _restorer(self) -> Restorer:
        from codepilot.checkpoints.restore import Restorer
        from codepilot.checkpoints.states import WorkFiles

        files = WorkFiles(self._workspace)
        return Restorer(files, store_of(files.root))

    async def plan(
        self,
        to: int | None,
        record: int | None,
        paths: Collection[str] | None,
        hunks: Collection[int] | None,
        overwrite: Collection[str] = (),
    ) -> RestorePlan:
        """See `AsyncRuntime.plan_restore`."""
        if (to is None) == (record is None):
            raise UsageError("plan_restore: expected the number of a task, or record=…, and not both.")
        for name, number, what in (("to", to, "task"), ("record", record, "record")):
            if number is not None:
                check_number(number, f"plan_restore: {name}", f"the number of a {what}")
        if paths is not None:
            check_names(paths, "paths")
        check_names(overwrite, "overwrite")
        if hunks is not None and (paths is None or len(paths) != 1):
            raise UsageError("plan_restore: hunks are those of one path.", hint="Give paths=[path] as well.")
        history = await self._history()
        if to is not None:
            if to not in history.tasks:
                raise UsageError(f"plan_restore: there is no task {to} in this conversation.")
            record = history.tasks[to]
        assert record is not None
        last = self._session.log.last
        if not 0 < record <= last:
            raise UsageError(
                f"plan_restore: there is no record {record} in this session; the last one is {last}."
            )
        work = partial(self._restorer.plan, history, record, paths, hunks, overwrite)
        try:
            plan: RestorePlan = await in_thread(work)
        except OSError as error:
            raise SessionError(
                f"The present contents of the work folder cannot be saved: {error.strerror or error}.",
                hint="Free some space; nothing was changed.",
            ) from error
        return plan

    async def unfinished(self) -> RestorePlan | None:
        """See `AsyncRuntime.unfinished_restore`."""
        history = await self._history()
        plan: RestorePlan | None = await in_thread(lambda: self._restorer.rest_of(history))
        return plan

    async def apply(self, plan: RestorePlan) -> Restored:
        """See `AsyncRuntime.apply_restore`."""
        given: object = plan
        if not isinstance(given, RestorePlan):
            raise UsageError(
                f"apply_restore: expected a plan, found {shown(given)}.",
                hint="plan_restore() makes one; unfinished_restore() gives None where nothing is to be finished.",
            )
        if not plan.changes and not plan.finishes:
            return Restored(record=0, done=(), kept={row.path: row.kept for row in plan.kept})
        started = plan.started
        self._recorder.publish(started)
        number = self._recorder.restore
        await self._recorder.durable()
        done, kept = [], {row.path: row.kept for row in plan.kept}
        for row in plan.changes:
            told: e.FileChanged | str = await in_thread(partial(self._restorer.carry_out, row))
            if isinstance(told, str):
                kept[row.path] = told
            else:
                done.append(row.path)
                self._recorder.publish(told)
        await in_thread(lambda: self._restorer.remove_folders(started.folders))
        self._recorder.publish(e.RestoreFinished(done=tuple(done), kept=kept))
        await self._recorder.durable()
        return Restored(record=number, done=tuple(done), kept=kept)

    async def lines_edited(self) -> dict[str, tuple[int, int]]:
        """How many lines the agent has added to each file, and taken from it."""
        edited: dict[str, tuple[int, int]] = await in_thread(lambda: lines_edited(self._session.log.lines))
        return edited

    async def texts(self, row: RestoreRow) -> tuple[str | None, str | None]:
        """See `AsyncRuntime.restore_texts`."""
        texts: tuple[str | None, str | None] = await in_thread(lambda: self._restorer.texts(row))
        return texts

    async def _history(self) -> History:
        history: History = await in_thread(
            lambda: read_history(
                self._session.log.lines(), self._restorer.root, self._session.path.with_name(TEXTS)
            )
        )
        return history
