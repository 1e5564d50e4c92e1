"""Undoing single changes of the agent: the plans of the runtime, for the page that shows the changes."""

from __future__ import annotations

from codepilot.checkpoints.plan import RestorePlan
from codepilot.errors import UsageError
from codepilot_tui.screens.agent_control import AgentControl
from codepilot_tui.timeline import Timeline


class AgentReverts:
    """Reverts of one agent's changes.

    Args:
        agent: whose they are.
    """

    def __init__(self, agent: AgentControl) -> None:
        self._agent = agent
        self._done: list[tuple[int, str]] = []
        """The records of the restores that were made here, each with its file."""

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

    async def undo(self) -> str:
        """Undo the last one.

        Raises:
            CodepilotError: it cannot be done now, or the file was changed since.
        """
        record, path = self._done[-1]
        timeline = self._timeline
        plan = await timeline.plan_of(record, [path])
        if plan.changes:
            await timeline.apply(plan)
        elif plan.kept:
            raise UsageError(f"{path} stays: {plan.kept[0].kept}")
        self._done.pop()
        return path

    @property
    def _timeline(self) -> Timeline:
        if self._agent.bridge is None:
            raise UsageError("The agent is starting.")
        return Timeline(self._agent.bridge)
