"""Finding words in a conversation. Pure."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence

from codepilot.values import dataclass
from codepilot_tui.transcript.items import CallLine, Item, plain_text
from codepilot_tui.transcript.results import further_fields, shown_result

MOST = 500
_BEFORE = 24
"""Characters of the line that stand before the words found."""
_SHOWN = 1_000
"""Characters of the line in the list of what was found: more than the widest screen has columns."""


@dataclass(frozen=True, slots=True)
class Hit:
    """A line of the conversation that holds the words."""

    item_id: int
    who: str
    """Whose words they are: `you`, `agent`, `call` …"""
    text: str
    """The line, from a little before the words on."""
    line: str = ""
    """All of it."""
    nth: int = 0
    """How many lines of the item that stand before it are the same."""


def find(items: Sequence[Item], words: str) -> list[Hit]:
    """The lines that hold all the words, newest first, at most `MOST`.

    Args:
        items: of the conversation.
        words: separated by blanks; lower case finds both, a capital makes its word exact.
    """
    wanted = words.split()
    if not wanted:
        return []
    hits: list[Hit] = []
    for item in reversed(items):
        if item.hidden or not item.who:
            continue
        hits += reversed(list(_hits(item, wanted)))
        if len(hits) >= MOST:
            return hits[:MOST]
    return hits


def holds(line: str, words: str) -> bool:
    """Whether a line holds all the words."""
    return bool(wanted := words.split()) and _place(line, wanted) >= 0


def places(line: str, words: str) -> list[tuple[int, int]]:
    """Where the words stand in a line, or in a part of it: starts and ends, from left to right."""
    wanted = sorted(set(words.split()), key=len, reverse=True)
    if not wanted:
        return []
    pattern = "|".join(f"(?i:{re.escape(word)})" if word.islower() else re.escape(word) for word in wanted)
    return [match.span() for match in re.finditer(pattern, line)]


def _hits(item: Item, wanted: Sequence[str]) -> Iterator[Hit]:
    same: Counter[str] = Counter()
    for line in _text(item).splitlines():
        if (at := _place(line, wanted)) < 0:
            continue
        start = max(0, at - _BEFORE) if at > 2 * _BEFORE else 0
        shown = ("…" if start else "") + line[start : start + _SHOWN].strip()
        yield Hit(item.id, item.who, shown, line, same[line])
        same[line] += 1


def _text(item: Item) -> str:
    """What can be seen of an item. A result for the model has more: the folder, the number of the process."""
    if not isinstance(item, CallLine):
        return plain_text(item)
    result, fields = shown_result(item), (value for _, value in further_fields(item))
    head = f"{item.tool} {item.label}".strip()
    return "\n".join((head, item.reason, result.output, *result.notes, *fields, item.code))


def _place(line: str, wanted: Sequence[str]) -> int:
    """Where the first of the words stands, if the line holds them all; else -1."""
    folded = line.lower()
    places = [(folded if word.islower() else line).find(word) for word in wanted]
    return min(places) if min(places) >= 0 else -1
