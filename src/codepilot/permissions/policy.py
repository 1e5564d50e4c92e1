"""Mode and request → allow, ask or deny. Pure; the table of SAFETY §3 in code."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Literal

from codepilot.decision import Mode, PermissionRequest


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the policy says, and why, for the person to read."""

    effect: Literal["allow", "ask", "deny"]
    why: str


@dataclass(frozen=True, slots=True)
class Policy:
    """The rules in force.

    Args:
        mode: None is the library's default: only tools with `require_permission` ask (compatibility).
        allowed: tool names, or `all`, that were allowed beforehand (`codepilot run --allow`).
    """

    mode: Mode | None = None
    allowed: Collection[str] = ()

    def judge(self, request: PermissionRequest) -> Verdict:
        """Judge one request; whatever is not known here asks."""
        if self.mode == "plan":
            return Verdict("deny", "plan mode: reading only")
        if "all" in self.allowed or request.tool in self.allowed:
            return Verdict("allow", f"allowed beforehand: {request.tool}")
        if request.required:
            return Verdict("ask", f"the agent file says require_permission for {request.tool}")
        match self.mode:
            case None:
                return Verdict("allow", "no mode is set and the agent file does not ask")
            case "ask":
                return Verdict("ask", "mode ask: every command and every edit is asked for")
            case "auto-edit":
                if request.kind == "edit":
                    return Verdict("allow", "mode auto-edit: edits in the workspace pass")
                return Verdict("ask", "mode auto-edit: commands are asked for")
            case _:
                return Verdict("allow", f"mode {self.mode}")
