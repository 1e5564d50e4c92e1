"""Two people changed the same text: both changes in one, where they do not touch."""

from __future__ import annotations

from itertools import pairwise

from codepilot.diff import Op, line_diff, split_lines


def merged(base: str, mine: str, other: str) -> str | None:
    """The text with what `mine` and `other` each changed in `base`; None where the changes overlap or touch.

    A change that both made alike counts once.
    """
    ops = [op for op in line_diff(base, mine) if op.kind != "equal"]
    others = [op for op in line_diff(base, other) if op.kind != "equal"]
    chosen: list[Op] = []
    i = j = 0
    while i < len(ops) and j < len(others):
        a, b = ops[i], others[j]
        if _alike(a, b):
            chosen.append(a)
            i, j = i + 1, j + 1
        elif a.old_end < b.old_start:
            chosen.append(a)
            i += 1
        elif b.old_end < a.old_start:
            chosen.append(b)
            j += 1
        else:
            return None
    chosen += [*ops[i:], *others[j:]]
    if any(first.old_end >= second.old_start for first, second in pairwise(chosen)):
        return None  # one that both made stands beside another
    lines = split_lines(base)
    for op in reversed(chosen):
        lines[op.old_start : op.old_end] = op.new
    if any(not line.endswith("\n") for line in lines[:-1]):
        return None  # the last line of one has no end, and the other added lines after it
    return "".join(lines)


def _alike(a: Op, b: Op) -> bool:
    return (a.old_start, a.old_end, a.new) == (b.old_start, b.old_end, b.new)
