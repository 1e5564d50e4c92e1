"""What a rule of the screen wants done. Models answer with these values; the screen carries them out."""

from __future__ import annotations

from typing import Literal

from codepilot.values import dataclass

Open = Literal["popup", "selection", "editor", "question", "page"]


@dataclass(frozen=True, slots=True)
class Close:
    """Leave what is open: a popup, a selection, an inline editor (its text is kept), a question, a page."""

    what: Open


@dataclass(frozen=True, slots=True)
class Restore:
    """Give a maximised pane its usual room."""


@dataclass(frozen=True, slots=True)
class Focus:
    """Move the keyboard to the composer."""


@dataclass(frozen=True, slots=True)
class Stop:
    """Stop the agent."""


@dataclass(frozen=True, slots=True)
class NothingSelected:
    """Say that nothing is selected, and what Ctrl+C does next."""


@dataclass(frozen=True, slots=True)
class Copy:
    """Copy the selection."""


@dataclass(frozen=True, slots=True)
class Clear:
    """Empty the writing place into its history."""


@dataclass(frozen=True, slots=True)
class ArmQuit:
    """Say that another Ctrl+C quits; for `ladder.ARMED` seconds it does."""


@dataclass(frozen=True, slots=True)
class ArmRewind:
    """Say that another Esc leads to the rewind page; for `ladder.REWIND` seconds it does."""


@dataclass(frozen=True, slots=True)
class Rewind:
    """Show the rewind page."""


@dataclass(frozen=True, slots=True)
class Quit:
    """Quit, by the usual question."""


@dataclass(frozen=True, slots=True)
class Write:
    """Move the keyboard to the composer and type this there."""

    text: str


Effect = (
    Close
    | Restore
    | Focus
    | Stop
    | Copy
    | NothingSelected
    | Clear
    | ArmQuit
    | Quit
    | ArmRewind
    | Rewind
    | Write
)
