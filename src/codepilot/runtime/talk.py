"""Going back in the conversation: it goes on from an earlier place, and what was left stays in the journal."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from codepilot import events as e
from codepilot.caught import in_thread
from codepilot.errors import UsageError
from codepilot.journal.branches import PromptTree, offset_of, prompt_tree, saved_of
from codepilot.journal.fold import Saved
from codepilot.journal.place import TEXTS
from codepilot.runtime.given import check_number
from codepilot.runtime.recording import Recorder
from codepilot.sessions.journal import JournalSession


class Talk:
    """The tree of what was said, while no task is worked on.

    Args:
        session: with the journal.
        recorder: writes into it.
        go_on_from: gives the agent an earlier conversation, and what it knew of files then.
        reset: forgets the names of the agent's control blocks.
    """

    def __init__(
        self,
        session: JournalSession,
        recorder: Recorder,
        go_on_from: Callable[[Saved], None],
        reset: Callable[[], Awaitable[None]],
    ) -> None:
        self._session = session
        self._recorder = recorder
        self._go_on_from = go_on_from
        self._reset = reset

    async def tree(self) -> PromptTree:
        """See `AsyncRuntime.prompts`."""
        tree: PromptTree = await in_thread(lambda: prompt_tree(self._session.log.lines()))
        return tree

    async def rewind(self, to: int, restore: int) -> e.Rewound:
        """See `AsyncRuntime.rewind`."""
        check_number(to, "rewind: to", "the number of a record")
        check_number(restore, "rewind: restore", "the number of a record")
        tree = await self.tree()
        there = next((each for each in tree.prompts if each.before == to), None)
        if there is None and to not in tree.tips:
            raise UsageError(
                f"rewind: the conversation cannot go on behind record {to}.",
                hint="Give the `before` of a prompt, or the `left` of an earlier rewind: see prompts().",
            )
        log = self._session.log
        offset: int = await in_thread(lambda: offset_of(log.lines(), to))
        # Of a branch that was left, too, but where the last rewind is taken back.
        words = there.text if there is not None and (there.active or to != tree.undo) else ""
        told = self._recorder.go_back(
            e.Rewound(to=to, to_offset=offset, left=0, restore=restore, words=words)
        )
        await self._recorder.durable()
        saved: Saved = await in_thread(lambda: saved_of(log.lines, log.folder / TEXTS))
        self._go_on_from(saved)
        self._recorder.restored()
        await self._reset()
        return told
