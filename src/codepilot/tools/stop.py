"""What is said of a call that was cut off: by the person, or because the process that made it died."""

from __future__ import annotations

from collections.abc import Mapping

from codepilot.terminal.protocol import CommandResult
from codepilot.tools.custom import is_async
from codepilot.tools.result import ToolResult
from codepilot.tools.tool import Tool

_WAITED = "It waited for an answer of the person; nothing was done."
_NOT_STARTED = "It had not been started, and will not be."
_UNDER_WAY: Mapping[str, str] = {
    # Once their command is under way, its terminal is asked what became of it.
    "execute": _NOT_STARTED,
    "run_command": _NOT_STARTED,
    "read_output": "Only the look was cut off: what runs in the terminal goes on.",
    "send_input": "The input may have been typed.",
}
"""What is known of a call that was under way, by built-in tool."""


class Stop:
    """What is known of a call that is cancelled."""

    def __init__(self) -> None:
        self._text = self._reason = ""

    def tell(self, text: str, reason: str) -> None:
        """Note what became of its work; see `CallContext.stopped`. The first word counts: it is the nearest one."""
        if not self._reason:
            self._text, self._reason = text, reason

    def asking(self) -> None:
        """It was waiting for the person."""
        self.tell("", _WAITED)

    def result(self, tool: Tool, call_id: str) -> ToolResult:
        """What the model and the person are told in place of a result.

        Args:
            tool: that was called.
            call_id: the number of the call, as in its events.
        """
        reason = self._reason or _under_way(tool)
        head = f"[{tool.name}] Call {call_id} was cut off before it had a result. {reason}"
        return ToolResult("\n".join(filter(None, (head, self._text))), "aborted", reason=reason)


def _under_way(tool: Tool) -> str:
    if not tool.builtin and not is_async(tool.func):  # a function in a thread cannot be stopped
        return "It was under way: what it had done until then stays, and it may still be running."
    stays = "It was under way: what it had done until then stays."
    return _UNDER_WAY.get(tool.name, stays) if tool.builtin else stays


def of_stopped(result: CommandResult | None, *, interrupted: bool) -> str:
    """What became of a command whose call was cut off.

    Args:
        result: how far it came; None: nobody says.
        interrupted: it was to be sent ^C; else it was to go on.
    """
    if result is None:
        if not interrupted:
            return "It may have been started, and was left to go on."
        return "It may have been started; what became of it is not known."
    if not result.given:
        return _NOT_STARTED
    if result.status in ("running", "waiting"):
        return "It was started and sent ^C, and had not ended yet; if it goes on, SIGTERM and SIGKILL follow."
    code = "" if result.exit_code is None else f" with exit code {result.exit_code}"
    return f"It was started, and ended{code}."
