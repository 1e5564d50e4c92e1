"""Going back, as the pages ask for it: the tree, plans and restores of the runtime behind the bridge."""

from __future__ import annotations

from typing import TYPE_CHECKING

from codepilot_tui.bridge import Bridge

if TYPE_CHECKING:
    from collections.abc import Collection

    from codepilot.checkpoints.plan import Restored, RestorePlan, RestoreRow
    from codepilot.journal.branches import PromptTree


class Timeline:
    """What was said and done in one session. All of it may raise `CodepilotError`, as the runtime does.

    Args:
        bridge: drives the runtime.
    """

    def __init__(self, bridge: Bridge) -> None:
        self._bridge = bridge

    async def tree(self) -> PromptTree:
        """All prompts."""
        return await self._bridge.ask(self._bridge.runtime.prompts())

    async def plan(self, record: int, overwrite: Collection[str] = ()) -> RestorePlan:
        """How the files would come back to what they were at a record of the journal.

        Args:
            record: which.
            overwrite: files that come back also where the person changed them.
        """
        return await self._bridge.ask(self._bridge.runtime.plan_restore(record=record, overwrite=overwrite))

    async def plan_of(
        self, record: int, paths: Collection[str], hunks: Collection[int] | None = None
    ) -> RestorePlan:
        """The same for some files, or for some hunks of one."""
        runtime = self._bridge.runtime
        return await self._bridge.ask(runtime.plan_restore(record=record, paths=paths, hunks=hunks))

    async def texts(self, row: RestoreRow) -> tuple[str | None, str | None]:
        """The texts of a file of a plan, now and then."""
        return await self._bridge.ask(self._bridge.runtime.restore_texts(row))

    async def apply(self, plan: RestorePlan) -> Restored:
        """Carry a plan out."""
        return await self._bridge.ask(self._bridge.runtime.apply_restore(plan))

    async def unfinished(self) -> RestorePlan | None:
        """What a restore had still to do when its program ended; None: there is none."""
        return await self._bridge.ask(self._bridge.runtime.unfinished_restore())

    async def rewind(self, to: int, restore: int = 0) -> None:
        """Have the conversation go on behind a record."""
        await self._bridge.ask(self._bridge.runtime.rewind(to, restore=restore))
