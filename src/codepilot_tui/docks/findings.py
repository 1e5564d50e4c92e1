"""What is found in a command, and how its words are looked at."""

from __future__ import annotations

from dataclasses import dataclass, field

from codepilot_tui.docks.shell_words import Token


def named(text: str) -> frozenset[str]:
    """Names that stand in a row."""
    return frozenset(text.split())


@dataclass(slots=True)
class Findings:
    """What was found in a command so far."""

    tokens: list[Token]
    names: set[int] = field(default_factory=set)
    danger: set[int] = field(default_factory=set)
    effects: set[str] = field(default_factory=set)
    reads_only: bool = True


def is_flag(value: str, letters: str, *long: str) -> bool:
    """Whether it is one of the long options, or a bundle of short ones with one of the letters."""
    if value.startswith("--"):
        return value.split("=", 1)[0] in long
    return value.startswith("-") and any(letter in value for letter in letters)
