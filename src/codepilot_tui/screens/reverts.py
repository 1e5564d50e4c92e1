"""Undoing single changes of the agent: the plans of the runtime, for the pages and the list of the changes."""

from __future__ import annotations

from codepilot.checkpoints.plan import RestorePlan, RestoreRow
from codepilot.errors import CodepilotError, UsageError
from codepilot_tui.docks.confirm import ConfirmDock
from codepilot_tui.figures import change_text
from codepilot_tui.screens.agent_control import AgentControl
from codepilot_tui.screens.contracts import Host
from codepilot_tui.timeline import Timeline

NOT_NOW = "Only while the agent is idle, and only in a session that is kept."


class AgentReverts:
    """Reverts of one agent's changes.

    Args:
        agent: whose they are.
    """

    def __init__(self, agent: AgentControl) -> None:
        self._agent = agent
        self._done: list[tuple[int, str]] = []
        """The records of the restores that were made here, each with its file."""
        self.said = ""
        """What was done last, in words."""

    @property
    def possible(self) -> bool:
        """The agent is idle, and its session is kept."""
        agent = self._agent
        return agent.bridge is not None and agent.ready and agent.plan.kept and not agent.working

    @property
    def undoable(self) -> bool:
        """Something was reverted here."""
        return bool(self._done)

    async def plan(self, path: str, hunk: int | None) -> RestorePlan:
        """See `pages.change.Reverts`.

        Raises:
            CodepilotError: nothing was said yet, or the runtime cannot undo this.
        """
        timeline = self._timeline
        prompts = (await timeline.tree()).prompts
        if not prompts:
            raise UsageError("Nothing was said yet.")
        return await timeline.plan_of(prompts[0].record, [path], None if hunk is None else [hunk])

    async def apply(self, plan: RestorePlan) -> None:
        """Carry a plan for one file out.

        Raises:
            CodepilotError: it cannot be done now, or the file is another meanwhile.
        """
        path = plan.changes[0].path
        restored = await self._timeline.apply(plan)
        if path in restored.kept:
            raise UsageError(f"{path} stays: {restored.kept[path]}")
        self._done.append((restored.record, path))
        self.said = f"Reverted {path}."

    async def undo(self) -> str:
        """Undo the last one. One that cannot be undone, since its file was changed, is left, and no longer the last.

        Raises:
            CodepilotError: it cannot be done now, or the file was changed since.
        """
        record, path = self._done[-1]
        timeline = self._timeline
        plan = await timeline.plan_of(record, [path])
        kept = {row.path: row.kept for row in plan.kept}
        if plan.changes:
            kept = (await timeline.apply(plan)).kept
        self._done.pop()
        if path in kept:
            then = "Undo again for the revert before it." if self._done else ""
            raise UsageError(f"{path} stays: {kept[path]}.", hint=then)
        self.said = f"Undid the revert of {path}."
        return path

    @property
    def _timeline(self) -> Timeline:
        if self._agent.bridge is None:
            raise UsageError("The agent is starting.")
        return Timeline(self._agent.bridge)


class ListReverts:
    """Reverts whole files from the list of changes, each after a question that says what becomes of it.

    Args:
        host: the session screen.
        reverts: undoes the changes.
    """

    def __init__(self, host: Host, reverts: AgentReverts) -> None:
        self._host = host
        self._reverts = reverts
        self._dock: ConfirmDock | None = None

    async def ask(self, path: str) -> None:
        """Ask whether a file is reverted; says why where it cannot be."""
        if self._dock is not None:
            self._host.recall(self._dock)
            return
        if not self._reverts.possible:
            self._host.tell(NOT_NOW)
            return
        try:
            plan = await self._reverts.plan(path, None)
        except CodepilotError as error:
            self._host.tell(f"{error.message} {error.hint}".strip(), "error")
            return
        if not plan.changes:
            why = f"{path} was kept: {plan.kept[0].kept}." if plan.kept else f"Nothing to revert in {path}."
            self._host.tell(why)
            return
        self._dock = ConfirmDock(f"Revert {path}?", _said(plan.changes[0]), yes="revert", no="keep")
        self._host.open_dock(self._dock, lambda sure: self._answered(sure, plan))

    def _answered(self, sure: bool | None, plan: RestorePlan) -> None:
        self._dock = None
        if sure:
            self._host.app.run_worker(self._carry_out(plan), group="revert")

    async def _carry_out(self, plan: RestorePlan) -> None:
        try:
            await self._reverts.apply(plan)
        except CodepilotError as error:
            self._host.tell(f"{error.message} {error.hint}".strip(), "error")
            return
        self._host.changed()
        self._host.tell(f"{self._reverts.said} Ctrl+Z in the changes undoes this.")

    async def undo(self) -> None:
        """Undo the last revert; says why where it cannot be."""
        if not self._reverts.undoable or not self._reverts.possible:
            self._host.tell(NOT_NOW if self._reverts.undoable else "No revert to undo.")
            return
        try:
            await self._reverts.undo()
        except CodepilotError as error:
            self._host.changed()
            self._host.tell(f"{error.message} {error.hint}".strip(), "error")
            return
        self._host.changed()
        self._host.tell(self._reverts.said)


def _said(row: RestoreRow) -> str:
    """What becomes of a file, for the question."""
    if row.action == "create":
        what = "It is restored: the agent deleted it."
    elif row.action == "delete":
        what = "It is deleted: the agent created it."
    else:
        what = f"{change_text(row.added, row.removed)}: the agent's changes to it are undone."
    stays = "\nChanges by others are kept." if row.merged else ""
    return f"{what}{stays}\nCtrl+Z in the changes undoes this."
