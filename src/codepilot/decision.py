"""What is asked of the person, and what may be answered: the values that cross hooks, screens and journals."""

from __future__ import annotations

from typing import Literal

from codepilot.values import dataclass

RequestKind = Literal["command", "edit", "input", "custom"]
Mode = Literal["plan", "ask", "auto-edit"]
MODES: tuple[Mode, ...] = ("plan", "ask", "auto-edit")
"""From the strictest to the freest."""
ELSEWHERE = "answered elsewhere"
"""With this word a question is cancelled that another program has answered."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedEdit:
    """A change of a file that a step is going to make, as exactly as it would be written."""

    path: str
    """As `PermissionRequest.path`."""
    before: str | None
    """The file's text then; None if it does not exist."""
    after: str | None
    """The text to be written."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PermissionRequest:
    """One effect that waits for a yes. Plain data: a screen, a log line and a remote approver read the same."""

    id: str
    """Unique in the process."""
    call_id: str
    """The tool call that asks."""
    tool: str
    """Its name, e.g. `execute`."""
    description: str
    """One line as documented for codepilot-ai: ``Execute: <command>`` or ``Write '<path>' (<op>)``."""
    kind: RequestKind = "custom"
    required: bool = False
    """The agent file says `require_permission` for this tool: no mode may answer for the person."""
    unsaved: str = ""
    """Why a crash would make this forgotten: the session cannot be written; empty: it can."""
    command: str = ""
    """kind command/input: the exact text. Of a tool of the program in the place of `execute` or `run_command`: what
    the model gave it as `command`."""
    terminal: str = ""
    """kind command/input: the terminal's name."""
    cwd: str = ""
    """kind command/input: where it would run."""
    path: str = ""
    """kind edit: the path, relative to the work folder where it is inside."""
    before: str | None = None
    """kind edit: the file's text now; None if it does not exist."""
    after: str | None = None
    """kind edit: the text to be written."""
    why: str = ""
    """Why it asks."""
    step: tuple[PlannedEdit, ...] = ()
    """kind edit: this change and the others that the same step is going to make, as far as its code says, in the order
    of writing. Empty where this is the only one that is known. See `Decision.whole_step`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """The answer to a `PermissionRequest`."""

    allow: bool
    reason: str = ""
    """Words for the agent; with a denial they are told to it verbatim."""
    by: Literal["person", "mode", "rule", "hook", "nobody"] = "person"
    """Who answered. `nobody`: there was no one to ask, so it is a denial. `rule`: a program's rule, or what its screen
    found to be in the way when the person said no without words; `reason` is then not the person's."""
    whole_step: bool = False
    """The answer holds for all of `PermissionRequest.step`, not only for its first change. A later call of the step is
    then not asked about if it writes exactly what was shown; if it differs in any way, it is."""
