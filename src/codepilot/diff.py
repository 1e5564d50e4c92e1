r"""Differences between two texts in whole lines, and their hunks; `diff_words` looks into changed lines.

Pure functions, shared by the edit tools (what did a call change, what differs since it was read) and by the
side-by-side view. Only ``\n`` ends a line here: form feeds and Unicode separators stay inside it.

The cost is bounded for every input: common ends are cut off, lines that stand once on both sides anchor the
rest (patience diff), `difflib` works only on the small gaps in between, and what is still too much becomes
one coarse replacement. A diff may thus be clumsy on a hostile file, but it is always right and always soon
there.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Collection, Sequence
from typing import Literal

from codepilot.values import dataclass

MAX_LINES = 20_000
"""More changed lines than this, on both sides together, are one coarse replacement."""
_GAP_WORK = 100_000
_TOTAL_WORK = 2_000_000
_MAX_DEPTH = 40


@dataclass(frozen=True, slots=True)
class Op:
    """One run of lines. Positions count from 0; lines keep their newline, the last one may have none."""

    kind: Literal["equal", "delete", "insert", "replace"]
    old_start: int
    new_start: int
    old: tuple[str, ...]
    new: tuple[str, ...]

    @property
    def old_end(self) -> int:
        """The first old line after it."""
        return self.old_start + len(self.old)

    @property
    def new_end(self) -> int:
        """The first new line after it."""
        return self.new_start + len(self.new)


@dataclass(frozen=True, slots=True)
class Hunk:
    """Changes that stand close together, with the lines around them. Positions count from 0."""

    ops: tuple[Op, ...]

    @property
    def old_start(self) -> int:
        """The first old line in it."""
        return self.ops[0].old_start

    @property
    def new_start(self) -> int:
        """The first new line in it."""
        return self.ops[0].new_start

    @property
    def old_count(self) -> int:
        """How many old lines it spans."""
        return self.ops[-1].old_end - self.old_start

    @property
    def new_count(self) -> int:
        """How many new lines it spans."""
        return self.ops[-1].new_end - self.new_start

    @property
    def header(self) -> str:
        """``@@ -3,4 +3,5 @@``, as in a unified diff."""
        return f"@@ -{_range(self.old_start, self.old_count)} +{_range(self.new_start, self.new_count)} @@"


def split_lines(text: str) -> list[str]:
    r"""The lines with their ``\n``; only the last one may lack it. The empty text has no lines."""
    lines = text.split("\n")
    last = lines.pop()
    kept = [line + "\n" for line in lines]
    if last:
        kept.append(last)
    return kept


def line_diff(before: str, after: str) -> list[Op]:
    """What turns `before` into `after`, as runs of lines that cover both texts from start to end."""
    a, b = split_lines(before), split_lines(after)
    matches = _matches(a, b)
    ops: list[Op] = []
    i = j = 0
    for x, y, size in [*matches, (len(a), len(b), 0)]:
        if i < x or j < y:
            kind: Literal["delete", "insert", "replace"]
            kind = "replace" if i < x and j < y else "delete" if i < x else "insert"
            ops.append(Op(kind, i, j, tuple(a[i:x]), tuple(b[j:y])))
        if size:
            same = tuple(a[x : x + size])
            ops.append(Op("equal", x, y, same, same))
        i, j = x + size, y + size
    return ops


def hunks(ops: Sequence[Op], context: int = 3) -> list[Hunk]:
    """The changes with `context` equal lines around them; changes that close to each other share a hunk."""
    groups: list[list[Op]] = []
    current: list[Op] = []
    for position, op in enumerate(ops):
        if op.kind != "equal":
            current.append(op)
            continue
        is_last = position == len(ops) - 1
        if current and not is_last and len(op.old) <= 2 * context:
            current.append(op)
            continue
        if current:
            if context:
                current.append(_cut(op, 0, min(context, len(op.old))))
            groups.append([part for part in current if part.old or part.new])
            current = []
        if not is_last and context:
            current = [_cut(op, max(0, len(op.old) - context), len(op.old))]
    if any(op.kind != "equal" for op in current):
        groups.append(current)
    return [Hunk(tuple(group)) for group in groups]


def counts(before: str, after: str) -> tuple[int, int]:
    """How many lines were added and removed."""
    added = removed = 0
    for op in line_diff(before, after):
        if op.kind != "equal":
            added += len(op.new)
            removed += len(op.old)
    return added, removed


def apply_hunks(before: str, after: str, accepted: Collection[int], context: int = 3) -> str:
    """`before` with only some of the hunks taken over, numbered from 0 as `hunks` gives them.

    Raises:
        IndexError: there is no such hunk.
    """
    ops = line_diff(before, after)
    found = hunks(ops, context)
    wrong = [number for number in accepted if not 0 <= number < len(found)]
    if wrong:
        raise IndexError(f"There is no hunk {wrong[0]}: there are {len(found)}.")
    taken = {
        (op.old_start, op.new_start) for number in accepted for op in found[number].ops if op.kind != "equal"
    }
    out: list[str] = []
    for op in ops:
        lines = op.new if (op.old_start, op.new_start) in taken else op.old
        if lines and out and not out[-1].endswith("\n"):
            # An old last line without newline is followed by lines of an accepted hunk.
            out[-1] += "\n"
        out.extend(lines)
    return "".join(out)


def unified(before: str | None, after: str | None, path: str, context: int = 3) -> str:
    """A unified diff as `git diff` and `patch` read it; empty if nothing differs. None: there is no such
    file.
    """
    if before == after:
        return ""
    lines = [f"--- {_label('a', path, before)}\n", f"+++ {_label('b', path, after)}\n"]
    for hunk in hunks(line_diff(before or "", after or ""), context):
        lines.append(hunk.header + "\n")
        for op in hunk.ops:
            if op.kind == "equal":
                lines.extend(_marked(" ", op.old))
            else:
                lines.extend(_marked("-", op.old))
                lines.extend(_marked("+", op.new))
    return "".join(lines)


def _matches(a: Sequence[str], b: Sequence[str]) -> list[tuple[int, int, int]]:
    """Equal runs (old position, new position, length), rising, never empty, touching ones joined."""
    from difflib import SequenceMatcher

    found: list[tuple[int, int, int]] = []
    budget = _TOTAL_WORK
    todo = [(0, len(a), 0, len(b), 0)]
    while todo:
        a_lo, a_hi, b_lo, b_hi, depth = todo.pop()
        head = a_lo
        while a_lo < a_hi and b_lo < b_hi and a[a_lo] == b[b_lo]:
            a_lo, b_lo = a_lo + 1, b_lo + 1
        if a_lo > head:
            found.append((head, b_lo - (a_lo - head), a_lo - head))
        tail = a_hi
        while a_lo < a_hi and b_lo < b_hi and a[a_hi - 1] == b[b_hi - 1]:
            a_hi, b_hi = a_hi - 1, b_hi - 1
        if tail > a_hi:
            found.append((a_hi, b_hi, tail - a_hi))
        size = (a_hi - a_lo) + (b_hi - b_lo)
        if a_lo == a_hi or b_lo == b_hi or size > MAX_LINES:
            continue
        anchors = _anchors(a, a_lo, a_hi, b, b_lo, b_hi) if depth < _MAX_DEPTH else []
        if anchors:
            last_i, last_j = a_lo, b_lo
            for i, j in [*anchors, (a_hi, b_hi)]:
                todo.append((last_i, i, last_j, j, depth + 1))
                last_i, last_j = i, j
            continue
        old, new = a[a_lo:a_hi], b[b_lo:b_hi]
        often = Counter(new)
        work = sum(often[line] for line in old) + size
        if work <= _GAP_WORK and work <= budget:
            budget -= work
            blocks = SequenceMatcher(None, old, new, autojunk=False).get_matching_blocks()
            found.extend((a_lo + i, b_lo + j, length) for i, j, length in blocks if length)
    found.sort()
    return _joined(found)


def _joined(found: list[tuple[int, int, int]]) -> list[tuple[int, int, int]]:
    joined: list[tuple[int, int, int]] = []
    for i, j, size in found:
        if joined:
            x, y, length = joined[-1]
            if x + length == i and y + length == j:
                joined[-1] = (x, y, length + size)
                continue
        joined.append((i, j, size))
    return joined


def _anchors(
    a: Sequence[str], a_lo: int, a_hi: int, b: Sequence[str], b_lo: int, b_hi: int
) -> list[tuple[int, int]]:
    """Lines that stand exactly once on each side, in the longest order that both share."""
    once_a, once_b = Counter(a[a_lo:a_hi]), Counter(b[b_lo:b_hi])
    place = {b[j]: j for j in range(b_lo, b_hi) if once_b[b[j]] == 1}
    common = [(i, place[a[i]]) for i in range(a_lo, a_hi) if once_a[a[i]] == 1 and a[i] in place]
    tops: list[int] = []
    piles: list[int] = []
    before: list[int] = []
    for index, (_, j) in enumerate(common):
        pile = bisect_left(tops, j)
        before.append(piles[pile - 1] if pile else -1)
        if pile == len(tops):
            tops.append(j)
            piles.append(index)
        else:
            tops[pile], piles[pile] = j, index
    chain: list[tuple[int, int]] = []
    index = piles[-1] if piles else -1
    while index >= 0:
        chain.append(common[index])
        index = before[index]
    chain.reverse()
    return chain


def _cut(op: Op, start: int, end: int) -> Op:
    """A part of an equal run."""
    lines = op.old[start:end]
    return Op("equal", op.old_start + start, op.new_start + start, lines, lines)


def _range(start: int, count: int) -> str:
    """A hunk's range in a unified diff: an empty one names the line before it."""
    first = start + 1 if count else start
    return str(first) if count == 1 else f"{first},{count}"


def _label(side: str, path: str, text: str | None) -> str:
    return "/dev/null" if text is None else f"{side}/{path}"


def _marked(mark: str, lines: Sequence[str]) -> list[str]:
    return [
        mark + line if line.endswith("\n") else f"{mark}{line}\n\\ No newline at end of file\n"
        for line in lines
    ]
