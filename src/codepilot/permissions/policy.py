"""Mode and request → allow, ask or deny. Pure; the table of SAFETY §3 in code."""

from __future__ import annotations

from collections.abc import Collection
from typing import Literal, assert_never

from codepilot.decision import MODES, Mode, PermissionRequest
from codepilot.errors import UsageError
from codepilot.values import dataclass

FORGOTTEN = "After a crash nobody would know that this was done."
_NEED_A_JAIL = ("auto", "yolo")


@dataclass(frozen=True, slots=True)
class Verdict:
    """The policy's decision and the reason shown to the person."""

    effect: Literal["allow", "ask", "deny"]
    why: str


def known_mode(name: str) -> Mode:
    """The mode of this name.

    Raises:
        UsageError: there is no such mode, or not yet.
    """
    for mode in MODES:
        if mode == name:
            return mode
    hint = f"The modes are {', '.join(MODES[:-1])} and {MODES[-1]}."
    if name in _NEED_A_JAIL:
        raise UsageError(
            f"Mode {name} is not available yet: it needs a jail around the shells, and there is none.",
            hint=hint,
        )
    raise UsageError(f"There is no mode {name!r}.", hint=hint)


@dataclass(frozen=True, slots=True)
class Policy:
    """The rules in force.

    Args:
        mode: None is the library's default: only tools with `require_permission` ask (compatibility).
        allowed: tool names, or `all`, that were allowed in advance (`codepilot run --allow`).

    Raises:
        UsageError: there is no such mode, or not yet.
    """

    mode: Mode | None = None
    allowed: Collection[str] = ()

    def __post_init__(self) -> None:
        """Check the mode, which may come from a command line."""
        if self.mode is not None:
            known_mode(self.mode)

    def judge(self, request: PermissionRequest) -> Verdict:
        """Decide on one request."""
        if self.mode == "plan":
            return Verdict("deny", 'Mode "plan" only reads.')
        if "all" in self.allowed or request.tool in self.allowed:
            return Verdict("allow", f"{request.tool} was allowed in advance.")
        if request.required:
            return Verdict("ask", f"The agent file sets require_permission for {request.tool}.")
        if request.unsaved and self.mode is not None:
            return Verdict("ask", f"{FORGOTTEN} The session cannot be written: {request.unsaved}.")
        match self.mode:
            case None:
                return Verdict("allow", "No mode is set, and the agent file does not ask for a question.")
            case "ask":
                return Verdict("ask", 'Mode "ask" asks before every command and edit.')
            case "auto-edit":
                if request.kind == "edit":
                    return Verdict("allow", 'Mode "auto-edit" allows edits in the workspace.')
                return Verdict("ask", 'Mode "auto-edit" asks before every command.')
            case _:
                assert_never(self.mode)
