"""Finding words in a conversation. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from codepilot.values import dataclass
from codepilot_tui.transcript.items import Item, plain_text

MOST = 500
_BEFORE = 24
"""Characters of the line that stand before the words found."""


@dataclass(frozen=True, slots=True)
class Hit:
    """A line of the conversation that holds the words."""

    item_id: int
    who: str
    """Whose words they are: `you`, `agent`, `call` …"""
    text: str
    """The line, from a little before the words on."""


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
        for line in reversed(plain_text(item).splitlines()):
            at = _place(line, wanted)
            if at >= 0:
                start = max(0, at - _BEFORE) if at > 2 * _BEFORE else 0
                hits.append(Hit(item.id, item.who, ("…" if start else "") + line[start:].strip()))
                if len(hits) == MOST:
                    return hits
    return hits


def _place(line: str, wanted: Sequence[str]) -> int:
    """Where the first of the words stands, if the line holds them all; else -1."""
    folded = line.lower()
    places = [(folded if word.islower() else line).find(word) for word in wanted]
    return min(places) if min(places) >= 0 else -1
