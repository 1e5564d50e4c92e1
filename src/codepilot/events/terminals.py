"""The agent's terminals, and what the person did in them."""

from __future__ import annotations

from codepilot.values import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class TerminalOpened:
    """A terminal exists."""

    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TerminalClosed:
    """A terminal ended."""

    name: str
    exit_code: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TerminalsFound:
    """Terminals that an earlier program left in this folder go on here."""

    terminals: tuple[str, ...]
    running: tuple[str, ...] = ()
    """What runs in them, as `main runs make`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonCommandsOffered:
    """The person ran commands in a terminal that nobody held; the agent hears of them if the person wants it."""

    terminal: str
    count: int
    """So many are offered now; 0: none any more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonCommandsTold:
    """The agent was told what the person ran in terminals."""

    terminals: tuple[str, ...]
    commands: tuple[str, ...]
    text: str
    """What the model reads."""
