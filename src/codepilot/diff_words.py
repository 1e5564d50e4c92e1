"""The words that differ inside changed lines, and which changed line stands opposite which.

Pure functions for the side-by-side view. The cost is bounded: what is too long is marked as a whole, and lines of a
block that is too large are paired from the top.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

_MAX_TOKENS = 600
_PAIR_CELLS = 3_600
_PAIR_CHARACTERS = 50_000
_MARK_CHARACTERS = 20_000
"""Lines longer than this, both together, are not compared word by word."""

_TOKEN = re.compile(r"\w+|\s+|[^\w\s]")

Span = tuple[int, int]
"""Start and end (exclusive) of characters in a line."""


def word_marks(old_line: str, new_line: str) -> tuple[list[Span], list[Span]]:
    """Which characters of each line changed, in whole words, neighbours joined."""
    if len(old_line) + len(new_line) > _MARK_CHARACTERS:
        return _whole(old_line), _whole(new_line)
    a, b = _TOKEN.findall(old_line), _TOKEN.findall(new_line)
    start = 0
    while start < len(a) and start < len(b) and a[start] == b[start]:
        start += 1
    end = 0
    while end < len(a) - start and end < len(b) - start and a[-1 - end] == b[-1 - end]:
        end += 1
    x, y = a[start : len(a) - end], b[start : len(b) - end]
    if len(x) + len(y) > _MAX_TOKENS:
        pairs = [(0, len(x), 0, len(y))]
    else:
        from difflib import SequenceMatcher

        codes = SequenceMatcher(None, x, y, autojunk=False).get_opcodes()
        pairs = [(i, m, j, n) for tag, i, m, j, n in codes if tag != "equal"]
    old = _spans(a, [(start + i, start + m) for i, m, _, _ in pairs])
    new = _spans(b, [(start + j, start + n) for _, _, j, n in pairs])
    return old, new


def pair_lines(old: Sequence[str], new: Sequence[str]) -> list[tuple[int | None, int | None]]:
    """Which old line stands opposite which new line in a replaced block, in reading order.

    Lines that resemble each other are paired; between two such pairs the rest is paired from the top, and
    what is left over stands alone.
    """
    rows: list[tuple[int | None, int | None]] = []
    i = j = 0
    for x, y in [*_alike(old, new), (len(old), len(new))]:
        while i < x or j < y:
            rows.append((i if i < x else None, j if j < y else None))
            i, j = min(i + 1, x), min(j + 1, y)
        if x < len(old):
            rows.append((x, y))
        i, j = x + 1, y + 1
    return rows


def _whole(line: str) -> list[Span]:
    return [(0, len(line))] if line else []


def _spans(tokens: Sequence[str], ranges: Sequence[Span]) -> list[Span]:
    """Ranges of tokens as ranges of characters."""
    offsets = [0]
    for token in tokens:
        offsets.append(offsets[-1] + len(token))
    spans: list[Span] = []
    for first, last in ranges:
        if first == last:
            continue
        start, end = offsets[first], offsets[last]
        if spans and spans[-1][1] == start:
            spans[-1] = (spans[-1][0], end)
        else:
            spans.append((start, end))
    return spans


def _alike(old: Sequence[str], new: Sequence[str]) -> list[tuple[int, int]]:
    """The pairs of similar lines, rising on both sides, with the greatest sum of similarity."""
    if not old or not new or len(old) * len(new) > _PAIR_CELLS:
        return []
    if sum(map(len, old)) + sum(map(len, new)) > _PAIR_CHARACTERS:
        return []
    bags_old = [Counter(_TOKEN.findall(line.strip())) for line in old]
    bags_new = [Counter(_TOKEN.findall(line.strip())) for line in new]
    score = [[_similar(x, y) for y in bags_new] for x in bags_old]
    best = [[0.0] * (len(new) + 1) for _ in range(len(old) + 1)]
    for i in range(len(old) - 1, -1, -1):
        for j in range(len(new) - 1, -1, -1):
            best[i][j] = max(best[i + 1][j], best[i][j + 1], score[i][j] + best[i + 1][j + 1])
    pairs: list[tuple[int, int]] = []
    i = j = 0
    while i < len(old) and j < len(new):
        if score[i][j] and best[i][j] == score[i][j] + best[i + 1][j + 1]:
            pairs.append((i, j))
            i, j = i + 1, j + 1
        elif best[i][j] == best[i + 1][j]:
            i += 1
        else:
            j += 1
    return pairs


def _similar(x: Counter[str], y: Counter[str]) -> float:
    """The share of common tokens, blanks aside; 0 below four tenths."""
    total = sum(n for token, n in x.items() if not token.isspace())
    total += sum(n for token, n in y.items() if not token.isspace())
    if not total:
        return 1.0
    shared = sum(n for token, n in (x & y).items() if not token.isspace())
    ratio = 2 * shared / total
    return ratio if ratio >= 0.4 else 0.0
