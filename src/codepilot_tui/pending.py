"""A question of the agent that waits for the person."""

from __future__ import annotations

from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Any, Literal

from codepilot.decision import Decision, PermissionRequest

Gone = Literal["stopped", "answered", "lost"]


@dataclass(slots=True)
class Pending:
    """A question of the agent that waits for the person."""

    request: PermissionRequest | None
    question: str
    future: Future[Any] = field(default_factory=Future)
    outcome: str = ""
    """The call, in words, of which only the person may know what became of it; `question` says so."""
    gone: Gone = "lost"
    """Why it was withdrawn, if it was; lost: the code that asked has ended."""

    @classmethod
    def about(cls, call: str) -> Pending:
        """The question what became of a call, in words, in which the program ended."""
        return cls(None, f"Did {call} happen?", outcome=call)

    def resolve(self, answer: Decision | str | None) -> None:
        """Answer it; a second answer has no effect."""
        if not self.future.done():
            self.future.set_result(answer)

    @property
    def open(self) -> bool:
        """Still unanswered, and the agent still waits."""
        return not self.future.done()
