"""What of the last task is open when a journal ends in the middle of it."""

from __future__ import annotations

from dataclasses import field

from codepilot.events import Effect
from codepilot.values import dataclass


@dataclass(slots=True)
class OpenCall:
    """One tool call of the block that was being executed, as far as the journal tells."""

    call_id: str
    tool: str
    label: str = ""
    terminal: str = ""
    effect: Effect = "none"
    """What it had begun to do; `none`: nothing, so it did not happen."""
    command: str = ""
    host: str = ""
    """The terminal host that has the command."""
    path: str = ""
    before: str | None = None
    after: str | None = None
    finished: bool = False
    result: str = ""
    """What the model was to read of it."""
    state: str = ""
    question_id: str = ""
    question: str = ""
    """It asked the person this."""
    answered: bool = False
    answer: str | None = None
    asking: bool = False
    """It waited for a permission."""

    @property
    def name(self) -> str:
        """As the model is told of it."""
        return f"[{self.tool}]" + (f" {self.label}" if self.label else "")

    @property
    def may_have_happened(self) -> bool:
        """It had begun, and nobody knows how it ended."""
        return self.effect not in ("none", "read") and not self.finished


@dataclass(slots=True)
class Unfinished:
    """A task that was being worked on when the program ended."""

    number: int
    """Of the task."""
    task: str
    """The person's words."""
    stored: bool = False
    """They are in the conversation."""
    step: int = 0
    """The step that was begun last; 0: none."""
    max_steps: int = 0
    part: str = ""
    """What the model had said of a reply that it did not end."""
    reply: str | None = None
    """The reply of this step, whole."""
    reason: str = ""
    """Why that reply ended."""
    executing: bool = False
    """Its control block was begun."""
    executed: bool = False
    """Its control block came to its end."""
    told: bool = False
    """The model was told what came of that reply."""
    calls: list[OpenCall] = field(default_factory=list)

    @property
    def where(self) -> str:
        """Where it was cut, in words for the person."""
        if self.step == 0:
            return "before its first step"
        step = f"in step {self.step}"
        if self.reply is None:
            return f"{step}, while the model wrote" if self.part else f"at the beginning of step {self.step}"
        if self.told:
            return f"after step {self.step}"
        if not self.executing:
            return f"{step}, before its block ran" if _has_block(self.reply) else f"{step}, after the reply"
        call = next((call for call in reversed(self.calls) if not call.finished), None)
        return (
            f"{step}, in {call.tool} {call.label}".rstrip() if call is not None else f"{step}, in its block"
        )

    @property
    def acted(self) -> bool:
        """Something that cannot be done twice was begun by the block: it must never be run again."""
        return any(call.effect not in ("none", "read") for call in self.calls)


def _has_block(reply: str) -> bool:
    """There was something to run."""
    from codepilot.protocol import parse_reply  # the grammar is for the task that was cut only

    return parse_reply(reply).runnable
