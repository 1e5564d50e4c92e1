"""What a terminal's session gets from the host."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from codepilot.terminal.engines.engine import EngineFactory
from codepilot.terminal.protocol import TerminalEvent
from codepilot.terminal.session.processes import Reaper

if TYPE_CHECKING:
    from codepilot.terminal.session.session import Session


@dataclass(frozen=True, slots=True, kw_only=True)
class Services:
    """Settings and callbacks, the same for every session."""

    environment: Mapping[str, str]
    prefix: Sequence[str]
    """Stands before every command line: a jail's launcher, if there is one."""
    files: Path
    umask: int
    reaper: Reaper
    new_engine: EngineFactory
    publish: Callable[[TerminalEvent], None]
    changed: Callable[[Session], None]
    """The screen may have changed."""
    shown: Callable[[Session, bytes], None]
    """What the screen was fed."""
