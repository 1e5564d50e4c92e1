"""What a double click means: the word under the mouse, the same in the chat and in every field."""

from __future__ import annotations

_BETWEEN = frozenset(" \t\xa0\"'`()[]{}<>|│,;")
"""What parts words, as in the terminals: a path, an address, an option is one word."""


def word_at(text: str, at: int, first: int = 0, last: int | None = None) -> tuple[int, int] | None:
    """From where to where the word of a character goes; of what parts words, the run of that character.

    Args:
        text: a line.
        at: which of its characters.
        first: where what can be selected begins.
        last: where it ends, itself not among it; None: with the line.

    Returns:
        The first character and the one behind the last; None where there is no character.
    """
    last = len(text) if last is None else last
    if not first <= at < last:
        return None

    def alike(character: str) -> bool:
        return character == text[at] if text[at] in _BETWEEN else character not in _BETWEEN

    start = stop = at
    while start > first and alike(text[start - 1]):
        start -= 1
    while stop < last and alike(text[stop]):
        stop += 1
    return start, stop
