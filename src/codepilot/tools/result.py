"""What a built-in tool gives back."""

from __future__ import annotations

from typing import Literal

from codepilot.decision import Decision
from codepilot.errors import named_error, with_stop
from codepilot.values import dataclass

ToolState = Literal["ok", "error", "denied", "aborted", "running", "waiting"]


@dataclass(frozen=True, slots=True)
class ToolResult:
    """Text for the model, and what a screen shows of it."""

    text: str
    state: ToolState = "ok"
    figure: str = ""
    """For the right edge of a call line: `exit 1`, `running`, `4 matches`."""
    reason: str = ""
    """Why it went wrong, in a sentence for the person; empty: the text says it."""


def failure(tool: str, error: BaseException) -> ToolResult:
    """What a tool that raised gives back."""
    return ToolResult(f"[{tool}] ERROR: {named_error(error)}", "error")


def with_reason(what: str, decision: Decision) -> str:
    """What was denied and why, as a sentence each."""
    reason = denial_reason(decision)
    return f"{with_stop(what)}{reason}" if reason else what


def denial_reason(decision: Decision) -> str:
    """The words of a denial for the model, with who said them; empty if there are none."""
    if not decision.reason:
        return ""
    return (
        f" {'The user says' if decision.by in ('person', 'hook') else 'Reason'}: {with_stop(decision.reason)}"
    )
