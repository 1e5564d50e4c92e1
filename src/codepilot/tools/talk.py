"""`think`, `done` and `ask_user`: the model speaks."""

from __future__ import annotations

from collections.abc import Callable

from codepilot.events import Thought
from codepilot.ports import CallContext
from codepilot.tools.arguments import Refused, text_argument
from codepilot.tools.result import ToolResult

NOBODY = "(Nobody can be asked. Go on with your own best judgement and say what you assumed.)"


class TalkTools:
    """Tools without effects on files or processes.

    Args:
        complete: told the summary when the model says that the task is done.
    """

    def __init__(self, complete: Callable[[str], None]) -> None:
        self._complete = complete

    async def think(self, context: CallContext, message: str) -> ToolResult:
        """Note a thought for the user to see. Has no result."""
        context.emit(Thought(message=str(message)))
        return ToolResult("")

    async def done(self, context: CallContext, summary: str = "Task complete.") -> ToolResult:
        """End the task with a summary for the user; as good as a completion block."""
        self._complete(str(summary))
        return ToolResult(f"[done] {summary}")

    async def ask_user(self, context: CallContext, question: str) -> ToolResult:
        """Ask the user and wait for the answer. Only for what you can neither find out nor safely assume."""
        try:
            question = text_argument(question, "question")
        except Refused as refused:
            return refused.result("ask_user")
        await context.begin("outside")
        answer = await context.ask(question)
        if answer is None:
            return ToolResult(f"[ask_user] Q: {question}\n[ask_user] A: {NOBODY}", "error", "no answer")
        return ToolResult(f"[ask_user] Q: {question}\n[ask_user] A: {answer}")
