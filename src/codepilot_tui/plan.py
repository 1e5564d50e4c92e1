"""An agent that is to be made, and what can be said of it before."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from codepilot.messages import OnExit

if TYPE_CHECKING:
    from codepilot.runtime import AsyncRuntime


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentPlan:
    """What the session screen is given once it is known which agent works in which folder."""

    name: str
    model: str
    mode: str
    work_dir: Path
    on_exit: OnExit = "ask"
    """What becomes of the terminals at the end."""
    make: Callable[[], AsyncRuntime]
    """Imports and builds the runtime; called on a thread, because that takes a tenth of a second."""
    live: bool = True
    """Start the agent; without it the screen shows the events that it is given."""
    task: str = ""
    """Sent as soon as the agent is up."""
    kept: bool = False
    """The session is kept: a new one can be begun beside it, and it can be opened again."""
