"""Words in texts, found without SQLite's full text: the same hits as its tokenizer `unicode61` gives, only slower."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

_TOKEN = re.compile(r"[^\W_]+")
_SHOWN = 12
"""Words of a snippet."""


def tokens(text: str) -> list[str]:
    """The words of a text as they are compared: in small letters, without accents."""
    return [_plain(found[0]) for found in _TOKEN.finditer(unicodedata.normalize("NFC", text))]


def phrases(words: str) -> list[list[str]]:
    """What has to stand in a text: `shop.py` is two words in a row. Signs alone are nothing to look for."""
    return [phrase for word in words.split() if (phrase := tokens(word))]


def weight(text: str, wanted: Sequence[Sequence[str]]) -> float:
    """How much of a text is what is looked for; 0: some of it does not stand there."""
    said = tokens(text)
    counts = [_count(said, phrase) for phrase in wanted]
    return sum(counts) / (len(said) + 20) if counts and all(counts) else 0.0


def snippet(text: str, wanted: Sequence[Sequence[str]]) -> str:
    """Some words of a text around the first that is looked for."""
    places = list(_TOKEN.finditer(text))
    firsts = {phrase[0] for phrase in wanted}
    at = next((i for i, found in enumerate(places) if _plain(found[0]) in firsts), 0)
    begin = max(0, min(at - 2, len(places) - _SHOWN))
    end = min(len(places), begin + _SHOWN)
    if not places:
        return text
    start = 0 if begin == 0 else places[begin].start()
    stop = len(text) if end == len(places) else places[end - 1].end()
    return f"{'…' if start else ''}{text[start:stop]}{'…' if stop < len(text) else ''}"


def _plain(word: str) -> str:
    apart = unicodedata.normalize("NFD", word.lower())
    return "".join(each for each in apart if not unicodedata.combining(each))


def _count(said: Sequence[str], phrase: Sequence[str]) -> int:
    size = len(phrase)
    return sum(list(said[at : at + size]) == list(phrase) for at in range(len(said) - size + 1))
