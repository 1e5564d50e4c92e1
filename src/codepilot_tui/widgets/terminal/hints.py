"""What the line above a terminal says at its right end: who types, and the key that changes it."""

from __future__ import annotations

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

    def variants(self, keys: Mapping[str, str]) -> Iterator[tuple[Part, ...]]:
        """The words, the longest first; the last one is as short as can be."""
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
            yield who, dot, *_key(take, long)
            if self.owner == "free":
                yield who, dot, *_key(take, short)
            else:
                # Short of room: the colour says who, the key what to do about it.
                yield (take, "key"), (f" {long}", who[1])
            yield (take, "key"), (f" {short}", who[1])
            yield ((who[0].split()[0], who[1]),)


def _key(key: str, word: str) -> tuple[Part, Part]:
    return (key, "key"), (f" {word}", "muted")
