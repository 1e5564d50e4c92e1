"""`archive_context`, `reveal_context` and `list_archived_context`: what the model sees of the conversation no more."""

from __future__ import annotations

from typing import Protocol

from codepilot.ports import CallContext
from codepilot.tools.result import ToolResult


class Archive(Protocol):
    """The conversation, as far as these tools change and read it."""

    def archive(self, task: int | str, summary: str) -> str:
        """Have a summary stand for a task; returns why not, or nothing."""
        ...

    def reveal(self, what: str | int, page: int) -> str:
        """What stands there, or where words stand."""
        ...

    def archived(self) -> list[tuple[int, str]]:
        """The archived tasks, each with its summary."""
        ...


class ContextTools:
    """The tools.

    Args:
        archive: the conversation.
    """

    def __init__(self, archive: Archive) -> None:
        self._archive = archive

    async def archive_context(self, context: CallContext, task: int, summary: str) -> ToolResult:
        """Replace a finished task of this conversation by your summary of it, to save room."""
        del context
        if fault := self._archive.archive(task, summary):
            return ToolResult(f"[archive_context] ERROR: {fault}", "error")
        return ToolResult(
            f"[archive_context] Task {task} is archived; reveal_context({task}) shows it again."
        )

    async def reveal_context(self, context: CallContext, what: str, page: int = 1) -> ToolResult:
        """Look up earlier parts of this conversation: by words, by a task's number, or by a message's (`"m12"`)."""
        del context
        return ToolResult(self._archive.reveal(what, page))

    async def list_archived_context(self, context: CallContext) -> ToolResult:
        """List the tasks that are archived."""
        del context
        rows = [f"task {number}: {summary}" for number, summary in self._archive.archived()]
        return ToolResult("\n".join(["[list_archived_context]", *(rows or ["No task is archived."])]))
