"""One command in a terminal: from the moment it is given until its result has been read."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from codepilot.terminal.protocol import Hand
from codepilot.terminal.session.capture import Capture


@dataclass(slots=True, eq=False)
class Command:
    """What runs, or ran, in a terminal.

    `given`: through `execute`. `typed`: somebody typed it. `process`: the terminal's only process.
    """

    text: str
    source: Literal["given", "typed", "process"]
    capture: Capture
    started: float
    """Monotonic."""
    file: Path | None = None
    """given: the private file that the shell sources."""
    ended: float | None = None
    exit_code: int | None = None
    lost: str = ""
    """Why no exit code is known, if the command ended and none is."""
    signals: list[str] = field(default_factory=list)
    """Sent to it beyond ^C."""
    by: Hand = "agent"
    """typed: who pressed Enter."""
    touched: bool = False
    """The agent's, and the person typed into it."""
    private: bool = False
    """typed: the line began with a space."""
    folder: str = ""
    """typed: where it began."""
    number: int = 0
    """typed by the person: as it was told."""

    @property
    def running(self) -> bool:
        """It has not ended."""
        return self.ended is None

    def finish(self, exit_code: int | None, now: float) -> None:
        """It ended."""
        self.exit_code = exit_code
        self.ended = now
        self.capture.finish()
        self.capture.close()
        self.remove_file()

    def seconds(self, now: float) -> float:
        """How long it took, or takes so far."""
        return (self.ended if self.ended is not None else now) - self.started

    def remove_file(self) -> None:
        """The shell has read it."""
        if self.file is not None:
            with contextlib.suppress(FileNotFoundError):
                self.file.unlink()
