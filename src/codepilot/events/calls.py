"""A control block, its tool calls, and what the person is asked about them."""

from __future__ import annotations

from typing import Any, Literal

from codepilot.decision import RequestKind
from codepilot.values import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class ControlStarted:
    """The worker was given the control block."""

    code: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ControlFinished:
    """The control block ended, by itself or because it was stopped. Each that was started is finished once."""

    ok: bool
    kind: str = ""
    """Why not, as in `ExecutionResult.kind`."""
    error: str = ""
    """For the model; empty where the task ended with the block."""
    printed: str = ""
    seconds: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Thought:
    """The model called `think()`."""

    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolStarted:
    """A tool was called from the control block."""

    call_id: str
    tool: str
    args: dict[str, Any]
    """Every parameter by its name; JSON values, long ones shortened."""
    defaulted: tuple[str, ...] = ()
    """The parameters among them that the call left at their defaults."""
    label: str = ""
    """The main argument for a call line: a path, `main › pytest -q`, a pattern."""
    terminal: str = ""
    """The terminal in which it plays, if any."""
    builtin: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolFinished:
    """The call returned to the block, or was cut off with it. Each call that was started is finished once."""

    call_id: str
    tool: str
    result: str
    """The text that the model gets; of a call that was cut off, what is known of it."""
    state: Literal["ok", "error", "denied", "aborted", "running", "waiting"] = "ok"
    figure: str = ""
    """For the right edge of a call line: `1–40 of 96`, `exit 1`, `+3 −1`, `4 matches`."""
    seconds: float = 0.0
    """The call's own time: that in which a person was asked is not in it."""
    asked: float = 0.0
    """Seconds for which a permission or an answer was waited for."""
    builtin: bool = True
    reason: str = ""
    """Why it went wrong, in a sentence for the person, where the result is worded for the model only."""
    recovered: bool = False
    """Found out by a later program than the one that made the call, which was killed meanwhile."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PermissionAsked:
    """A person is being asked. The edit's texts are not repeated here (see `FileChanged`); the hook gets them."""

    request_id: str
    call_id: str
    tool: str
    description: str
    kind: RequestKind


@dataclass(frozen=True, slots=True, kw_only=True)
class PermissionAnswered:
    """The question was answered: by a person, a mode, a rule, or denied because nobody was there."""

    request_id: str
    call_id: str
    tool: str
    allow: bool
    reason: str = ""
    by: str = "person"


@dataclass(frozen=True, slots=True, kw_only=True)
class QuestionAsked:
    """The model called `ask_user()`."""

    question_id: str
    call_id: str
    question: str


@dataclass(frozen=True, slots=True, kw_only=True)
class QuestionAnswered:
    """The person's words, or None: nobody answered."""

    question_id: str
    call_id: str
    answer: str | None


Effect = Literal["none", "read", "write", "command", "outside"]
"""What a tool may change: nothing, nothing but what is known of files, a file, whatever a command may, or what is
outside of codepilot's reach."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EffectStarted:
    """What a call was permitted to do is about to happen. From here on it may have happened; before, it has not."""

    call_id: str
    effect: Effect
    command: str = ""
    terminal: str = ""
    """Where the command runs, if in a terminal."""
    host: str = ""
    """The terminal host, which can be asked what came of the command."""
    path: str = ""
    """Of the file that is written: absolute."""
    before: str | None = None
    """Of its bytes, by `codepilot.workspace.filetext.digest`; None: there is no such file, or none is written."""
    after: str | None = None
