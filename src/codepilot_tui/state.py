"""Small values that transcript, bars, composer and models share. No import of the event stream: the first frame needs
them.
"""

from __future__ import annotations

from typing import Literal

from codepilot.values import dataclass

Activity = Literal["idle", "thinking", "writing", "running", "waiting"]
WAITS = "waits for you"
"""The phase in which a question is open."""
QueuedWhen = Literal["next step", "after task", "held"]


@dataclass(slots=True)
class Queued:
    """A message that is not delivered yet: a chip above the composer."""

    id: str
    text: str
    state: Literal["queued", "in context", "dropped"] = "queued"
    when: QueuedWhen = "next step"


@dataclass(slots=True)
class Status:
    """What the bars show."""

    activity: Activity = "idle"
    phase: str = ""
    """`thinking`, `writing src/app.py`, `running pytest -q`, `waits for you`; empty when idle."""
    since: float = 0.0
    later: tuple[float, str] | None = None
    """When the phase becomes another one without an event, and which."""
    step: int = 0
    max_steps: int = 0
    tokens: int = 0
    window: int = 0
    cost: float | None = None
    unsaved: str = ""
    """Why the session cannot be written now."""
    started: float = 0.0

    @property
    def working(self) -> bool:
        """A task is under way."""
        return self.activity != "idle"

    def go_on_from(self, before: Status) -> None:
        """Count on from what an earlier program had."""
        self.tokens, self.window, self.cost = before.tokens, before.window, before.cost

    def at(self, now: float) -> tuple[str, float]:
        """The phase at a moment, and since when."""
        if self.later is not None and now >= self.later[0]:
            return self.later[1], self.later[0]
        return self.phase, self.since


def seconds_text(seconds: float) -> str:
    """`0.4 s`, `12 s`, `3 min`; never jumping in width while it counts."""
    seconds = max(0.0, seconds)
    if seconds < 9.95:
        return f"{seconds:.1f} s"
    if seconds < 100:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"
