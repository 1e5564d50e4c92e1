"""A difference as rows to draw: which line stands opposite which, what is folded away, what belongs to which hunk.

Pure: no screen, no colours. `DiffDocument` holds the two texts made safe to show; `layout` makes its rows.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Literal

from codepilot.diff import Hunk, Op, hunks, line_diff
from codepilot.diff_words import Span, pair_lines, word_marks
from codepilot_tui.glyphs import UNICODE
from codepilot_tui.widgets.diff_text import line_ends, showable

Mode = Literal["auto", "split", "unified"]

SPLIT_FROM = 100
"""Columns from which two halves are readable beside each other."""
CONTEXT = 3
MAX_ROWS = 25_000
"""Rows after which a difference is cut off: nobody reads more, and laying them out would hold up the screen."""
MAX_CHARACTERS = 2_000_000
"""The same in characters of its lines."""
_WORTH_FOLDING = 2
_ALIKE = 0.3


@dataclass(frozen=True, slots=True)
class Row:
    """One row. Lines are positions from 0; None: nothing stands on that side."""

    kind: Literal["equal", "change", "fold", "note"]
    old: int | None = None
    new: int | None = None
    mate: int | None = None
    """In a unified row of a replaced line: the line of the other side that it is compared with."""
    hunk: int = -1
    fold: int = -1
    count: int = 0
    """How many lines a fold hides."""
    note: str = ""


class DiffDocument:
    """Two texts and what differs between them. None: there is no such file."""

    def __init__(self, before: str | None, after: str | None) -> None:
        self.before = before
        self.after = after
        self.ops: list[Op] = line_diff(before or "", after or "")
        self.hunks: list[Hunk] = hunks(self.ops, CONTEXT)
        show_returns = line_ends(before) != line_ends(after)
        self.old_source = showable(before or "", show_returns)
        self.new_source = showable(after or "", show_returns)
        self.old_lines = self.old_source.split("\n")
        self.new_lines = self.new_source.split("\n")

    @property
    def one_sided(self) -> bool:
        """A new or a deleted file: there is nothing to stand beside it."""
        return not self.before or not self.after

    @cached_property
    def added(self) -> int:
        """How many lines are new."""
        return sum(len(op.new) for op in self.ops if op.kind != "equal")

    @cached_property
    def removed(self) -> int:
        """How many lines go."""
        return sum(len(op.old) for op in self.ops if op.kind != "equal")

    @cached_property
    def longest(self) -> int:
        """The width of the longest line in characters, wide ones counted twice: an upper bound."""
        return max(
            (len(line) if line.isascii() else 2 * len(line) for line in (*self.old_lines, *self.new_lines)),
            default=0,
        )

    @cached_property
    def folds(self) -> bool:
        """There are unchanged lines that can be folded away."""
        return any(hunk is None and count > _WORTH_FOLDING for _, _, count, hunk in _stretches(self))

    def characters(self, row: Row) -> int:
        """How many characters a row shows."""
        if row.kind in ("note", "fold"):
            return 0
        old = len(self.old_lines[row.old]) if row.old is not None else 0
        return old + (len(self.new_lines[row.new]) if row.new is not None else 0)

    @property
    def numbers_width(self) -> int:
        """How many digits a line number needs."""
        return len(str(max(len(self.old_lines), len(self.new_lines), 10)))

    def lacks_newline(self, *, old: int | None, new: int | None) -> bool:
        """Whether a line is the last one of its text and ends without a newline."""
        if old is not None:
            return bool(self.before) and old == len(self.old_lines) - 1
        return bool(self.after) and new == len(self.new_lines) - 1

    def marks(self, old: int, new: int) -> tuple[list[Span], list[Span]]:
        """The changed words of two lines that stand for each other; none if they have hardly anything in common."""
        return _marks(self.old_lines[old], self.new_lines[new])


def is_split(mode: Mode, width: int, document: DiffDocument, split_from: int = SPLIT_FROM) -> bool:
    """Whether a document is shown in two halves."""
    if document.one_sided:
        return False
    return mode == "split" or (mode == "auto" and width >= split_from)


def layout(
    document: DiffDocument, *, split: bool, folded: bool = True, opened: Collection[int] = ()
) -> list[Row]:
    """The rows of a document.

    Args:
        document: what to show.
        split: old and new beside each other, else below each other.
        folded: hide unchanged lines that are far from a change.
        opened: numbers of folds that are shown nevertheless.
    """
    rows: list[Row] = []
    budget = MAX_CHARACTERS
    for row in _all_rows(document, split, folded, opened):
        budget -= document.characters(row)
        if len(rows) >= MAX_ROWS or budget < 0:
            rows.append(Row("note", note=_left_out(document, rows)))
            break
        rows.append(row)
    return rows


def _left_out(document: DiffDocument, rows: Sequence[Row]) -> str:
    """What a difference that was cut off says at its end."""
    changed = document.added + document.removed
    shown = sum((row.new is not None) + (row.old is not None) for row in rows if row.kind == "change")
    lines = "line" if changed - shown == 1 else "lines"
    return f"{UNICODE.gap} too long to show whole: {changed - shown:,} more changed {lines} not shown"


def _all_rows(document: DiffDocument, split: bool, folded: bool, opened: Collection[int]) -> Iterable[Row]:
    note = _note(document)
    if note:
        yield Row("note", note=note)
    fold = 0
    arrange: Callable[[Op, int], Iterable[Row]] = _split_rows if split else _unified_rows
    for old, new, count, hunk in _stretches(document):
        if hunk is None:
            if folded and count > _WORTH_FOLDING and fold not in opened:
                yield Row("fold", old=old, new=new, fold=fold, count=count)
            else:
                yield from (Row("equal", old + offset, new + offset) for offset in range(count))
            fold += 1
            continue
        for op in document.hunks[hunk].ops:
            yield from arrange(op, hunk)


def hunk_starts(rows: Sequence[Row]) -> list[int]:
    """In which row the changes of each hunk begin."""
    starts: dict[int, int] = {}
    for index, row in enumerate(rows):
        if row.hunk >= 0:
            starts.setdefault(row.hunk, index)
    return [starts[hunk] for hunk in sorted(starts)]


def _stretches(document: DiffDocument) -> Iterable[tuple[int, int, int, int | None]]:
    """Hunks and the equal stretches between them: old position, new position, lines, hunk number."""
    old = new = 0
    total = len(document.old_lines) - (0 if _no_end(document.before) else 1)
    for number, hunk in enumerate(document.hunks):
        if hunk.old_start > old:
            yield old, new, hunk.old_start - old, None
        yield hunk.old_start, hunk.new_start, 0, number
        old, new = hunk.old_start + hunk.old_count, hunk.new_start + hunk.new_count
    if total > old:
        yield old, new, total - old, None


def _no_end(text: str | None) -> bool:
    return bool(text) and not str(text).endswith("\n")


def _split_rows(op: Op, hunk: int) -> Iterable[Row]:
    if op.kind == "equal":
        for offset in range(len(op.old)):
            yield Row("equal", op.old_start + offset, op.new_start + offset)
        return
    for left, right in _pairs(op):
        yield Row(
            "change",
            None if left is None else op.old_start + left,
            None if right is None else op.new_start + right,
            hunk=hunk,
        )


def _unified_rows(op: Op, hunk: int) -> Iterable[Row]:
    if op.kind == "equal":
        yield from _split_rows(op, hunk)
        return
    pairs = _pairs(op) if op.kind == "replace" else []
    mate_of_old = {left: right for left, right in pairs if left is not None and right is not None}
    mate_of_new = {right: left for left, right in mate_of_old.items()}
    for offset in range(len(op.old)):
        mate = mate_of_old.get(offset)
        yield Row("change", op.old_start + offset, None, None if mate is None else op.new_start + mate, hunk)
    for offset in range(len(op.new)):
        mate = mate_of_new.get(offset)
        yield Row("change", None, op.new_start + offset, None if mate is None else op.old_start + mate, hunk)


def _pairs(op: Op) -> list[tuple[int | None, int | None]]:
    """As far as rows are shown: what comes behind so many lines is cut off in any case."""
    return pair_lines(op.old[: MAX_ROWS + 1], op.new[: MAX_ROWS + 1])


def _note(document: DiffDocument) -> str:
    before, after = document.before, document.after
    if before is None and after is None:
        return "no file"
    if before is None:
        return "new file" if after else "new file, empty"
    if after is None:
        return "the file is deleted"
    if before == after:
        return "no difference"
    if not after:
        return "the file becomes empty"
    return ""


@lru_cache(maxsize=2048)
def _marks(old: str, new: str) -> tuple[list[Span], list[Span]]:
    if old == new:
        # They differ in what cannot be seen: tabs against blanks, the newline at the end.
        return [(0, len(old))], [(0, len(new))]
    in_old, in_new = word_marks(old, new)
    changed = sum(end - start for start, end in in_old) + sum(end - start for start, end in in_new)
    total = len(old.strip()) + len(new.strip())
    if total and changed > total * (1 - _ALIKE):
        return [], []
    return in_old, in_new
