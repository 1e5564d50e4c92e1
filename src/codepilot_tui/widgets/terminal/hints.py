"""What the line above a terminal says at its right end: who types, and the key that changes it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

from codepilot_tui.widgets.terminal.messages import Owner

Part = tuple[str, str]
"""Words and the name of their look."""
Doing = Literal["", "walking", "marking", "selected", "refused"]
"""What goes on in the view besides: a walk with the keys, a mark being made, a selection, a key that was refused."""

KEYS = {"take_over": "F6", "copy": "Ctrl+X y"}
"""The keys that are named, unless they were mapped otherwise."""

_PROMPT = re.compile(r": | \(")
"""What begins the words of the program itself, or an advice, in a note of what it waits for."""

_WHO: dict[Owner, Part] = {
    "agent": ("agent types", "agent"),
    "person": ("you type", "you"),
    "free": ("free", "muted"),
}
_WORDS: dict[Owner, tuple[str, str]] = {
    "agent": ("take over", "take"),
    "person": ("hand back", "back"),
    "free": ("or type to take", "take"),
}


@dataclass(frozen=True, slots=True)
class Hints:
    """The facts that the words are made of."""

    owner: Owner = "free"
    doing: Doing = ""
    title: str = ""
    """What the program calls itself."""
    part: str = ""
    """Of a grid that is wider than the window, how much of it is seen."""

    def variants(self, keys: Mapping[str, str], *, waits: bool = False) -> Iterator[tuple[Part, ...]]:
        """The words, the longest first; the last one is as short as can be.

        Args:
            keys: those that are named, by `take_over` and `copy`.
            waits: a program waits there for the person, so that the agent types nothing.
        """
        take, copy = keys["take_over"], keys["copy"]
        dot: Part = (" · ", "muted")
        if self.doing == "walking":
            yield (
                ("arrows move", "you"),
                dot,
                *_key("Space", "select"),
                dot,
                *_key("/", "find"),
                dot,
                *_key("Esc", "leave"),
            )
            yield *_key("Space", "select"), dot, *_key("Esc", "leave")
            yield _key("Esc", "leave")
        elif self.doing == "marking":
            yield ("selecting", "you"), dot, *_key("Enter", "copy"), dot, *_key("Esc", "leave")
            yield *_key("Enter", "copy"), dot, *_key("Esc", "leave")
            yield _key("Enter", "copy")
        elif self.doing == "selected":
            yield ("selected", "you"), dot, *_key(copy, "copy")
            yield _key(copy, "copy")
        elif self.doing == "refused":
            yield ("the agent types", "warn"), dot, *_key(take, "take over")
            yield (take, "warn"), (" take over", "warn")
            yield (take, "warn"), (" take", "warn")
        else:
            who, (long, short) = _WHO[self.owner], _WORDS[self.owner]
            if not (waits and self.owner == "agent"):
                yield who, dot, *_key(take, long)
            if self.owner == "free":
                yield who, dot, *_key(take, short)
            else:
                # Short of room: the colour says who, the key what to do about it.
                yield (take, "key"), (f" {long}", who[1])
            yield (take, "key"), (f" {short}", who[1])
            yield ((who[0].split()[0], who[1]),)


def note_forms(note: str) -> tuple[str, ...]:
    """What is said of a program that waits, whole and without its prompt; nothing of one that does not wait."""
    return (note, _PROMPT.split(note, maxsplit=1)[0]) if note else ()


def part_forms(part: str) -> tuple[str, ...]:
    """How much of a grid is seen, with and without the word for what is counted; nothing where all of it is."""
    return (part, part.removesuffix(" columns")) if part else ()


def _key(key: str, word: str) -> tuple[Part, Part]:
    return (key, "key"), (f" {word}", "muted")
