"""The differences of many files below each other as rows: which file and line stands on which row.

Pure: no screen, no colours. The height of a file is guessed from its counts of lines until its texts are compared;
then it is exact. A place is told as a line of a file (`Position`), so that a correction of what stands above it does
not move what is read.
"""

from __future__ import annotations

import heapq
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from codepilot_tui.widgets.diff_cells import row_parts, source_columns
from codepilot_tui.widgets.diff_rows import CONTEXT, DiffDocument, Row, is_split, layout
from codepilot_tui.widgets.heights import Heights
from codepilot_tui.widgets.screen_rows import ScreenRows

INLINE = 300_000
"""Characters of two texts up to which they are compared at once where they come into sight; more takes a thread."""


@dataclass(frozen=True, slots=True)
class FileDiff:
    """What differs in one file. Its texts are compared when they are needed."""

    path: str
    before: str | None
    """None: there is no such file."""
    after: str | None
    added: int
    removed: int
    note: str = ""
    """Why no lines of it are shown; empty: they are."""

    @property
    def size(self) -> int:
        """Characters of both texts."""
        return len(self.before or "") + len(self.after or "")


@dataclass(frozen=True, slots=True)
class Form:
    """What the rows of a file depend on beside its texts."""

    width: int = 100
    """Columns."""
    split_from: int = 100
    """Columns from which two halves stand beside each other."""
    folded: bool = True
    """Unchanged lines far from a change are hidden."""
    wrapped: bool = False
    """Long lines go on below."""


@dataclass(frozen=True, slots=True, eq=False)
class Built:
    """A file whose texts are compared."""

    document: DiffDocument
    rows: ScreenRows
    split: bool


@dataclass(frozen=True, slots=True)
class Position:
    """A place in the stream that means the same when heights are corrected."""

    file: int
    line: tuple[int | None, int | None] | None = None
    """The old and the new line, from 0; None: a place before its lines, or its lines are not known yet."""
    offset: int = 0
    """Rows behind the first row of that line; without a line, behind the first row of the file."""


def build(diff: FileDiff, document: DiffDocument | None, form: Form, opened: Collection[int] = ()) -> Built:
    """Compare the texts of a file, unless that was done, and lay out its rows. May run on a thread.

    Args:
        diff: the file.
        document: its texts compared; None: they are not yet.
        form: the form of the rows.
        opened: numbers of folds that are shown nevertheless.
    """
    if document is None:
        document = DiffDocument(diff.before, diff.after)
        _ = document.longest  # reckoned here, where a thread may do it
    split = is_split("auto", form.width, document, form.split_from)
    if diff.note:
        return Built(document, ScreenRows([Row("note", note=diff.note)]), split)
    rows = layout(document, split=split, folded=form.folded, opened=opened)
    if not form.wrapped:
        return Built(document, ScreenRows(rows), split)
    room = source_columns(document, form.width, split)
    return Built(document, ScreenRows(rows, lambda row: row_parts(document, row, room, split)), split)


def guessed(diff: FileDiff, form: Form) -> int:
    """How many rows the lines of a file take, as far as its counts tell."""
    if diff.note:
        return 1
    if diff.before is None or diff.after is None:
        return 1 + diff.added + diff.removed
    if form.width >= form.split_from:
        return max(diff.added, diff.removed) + 2 * CONTEXT + 2
    return diff.added + diff.removed + 2 * CONTEXT + 2


class StreamRows:
    """The files below each other: each has a head, and all but the first a blank row above it.

    Args:
        files: what differs.
        form: the form of the rows.
    """

    def __init__(self, files: Sequence[FileDiff], form: Form) -> None:
        self.files = tuple(files)
        self.form = form
        self._documents: dict[int, DiffDocument] = {}
        self._built: dict[int, Built] = {}
        self._opened: dict[int, set[int]] = {}
        self._missing = set(range(len(self.files)))
        self.longest = 0
        """Characters of the longest line that is known."""
        self.heights = Heights([self.lead(at) + guessed(each, form) for at, each in enumerate(self.files)])

    @staticmethod
    def lead(file: int) -> int:
        """How many rows stand before the lines of a file: its head, and the blank row above it."""
        return 2 if file else 1

    def __len__(self) -> int:
        return self.heights.total

    @property
    def complete(self) -> bool:
        """All texts are compared."""
        return len(self._documents) == len(self.files)

    def built(self, file: int) -> Built | None:
        """A file whose rows are known; None: they are guessed."""
        return self._built.get(file)

    def document(self, file: int) -> DiffDocument | None:
        """The compared texts of a file; None: they are not yet."""
        return self._documents.get(file)

    def opened(self, file: int) -> frozenset[int]:
        """The folds of a file that are shown nevertheless."""
        return frozenset(self._opened.get(file, ()))

    def changes_of(self, file: int) -> int:
        """How many changes a file has, as far as it is known."""
        document = self._documents.get(file)
        return len(document.hunks) if document is not None and not self.files[file].note else 0

    def missing(self, near: int, most: int) -> list[int]:
        """The files whose rows are guessed: those near a file first, and at most so many."""
        return heapq.nsmallest(most, self._missing, key=lambda file: abs(file - near))

    def take(self, file: int, made: Built, form: Form) -> None:
        """Know the rows of a file; those of another form are of no use, but its compared texts are."""
        self._documents[file] = made.document
        self.longest = max(self.longest, 0 if self.files[file].note else made.document.longest)
        if form == self.form:
            self._built[file] = made
            self._missing.discard(file)
            self.heights[file] = self.lead(file) + len(made.rows)

    def build(self, file: int) -> Built:
        """The rows of a file, laid out now unless they are known."""
        made = self._built.get(file)
        if made is None:
            made = build(self.files[file], self._documents.get(file), self.form, self.opened(file))
            self.take(file, made, self.form)
        return made

    def change_form(self, form: Form) -> None:
        """Another form: until the rows of a file are laid out anew, their number is guessed to be what it was."""
        if form.folded != self.form.folded:
            self._opened.clear()
        self.form = form
        self._built.clear()
        self._missing = set(range(len(self.files)))

    def open_fold(self, file: int, fold: int) -> None:
        """Show the lines of a fold."""
        self._opened.setdefault(file, set()).add(fold)
        self._built.pop(file, None)
        self.build(file)

    # -- rows and places -------------------------------------------------------------------------------------------

    def at(self, row: int) -> tuple[int, int]:
        """The file that stands on a row, and which of its lines' rows that is; -1: its head, -2: the blank above."""
        file, index = self.heights.find(row)
        return file, index - self.lead(file)

    def row_at(self, file: int, index: int) -> int:
        """The row on which the row `index` of a file's lines stands; -1: its head."""
        return self.heights.start(file) + self.lead(file) + index

    def position(self, row: int) -> Position:
        """What stands on a row."""
        file, index = self.at(row)
        made = self._built.get(file)
        if made is None or index < 0:
            return Position(file, None, index + self.lead(file))
        line, part = made.rows[index]
        if line.kind == "note":
            return Position(file, None, index + self.lead(file))
        first = made.rows.place_of(line.old, line.new)
        return Position(file, (line.old, line.new), index - first if first is not None else part)

    def row_of(self, position: Position) -> int:
        """The row on which a place stands now."""
        file, made = position.file, self._built.get(position.file)
        if position.line is None or made is None:
            return self.heights.start(file) + max(0, min(position.offset, self.heights[file] - 1))
        first = made.rows.place_of(*position.line)
        if first is None:
            return self.row_at(file, -1)
        return self.row_at(file, first + min(position.offset, made.rows.height_of(first) - 1))

    def row_of_change(self, file: int, change: int) -> int:
        """The row on which a change begins; the head of its file, if there is no such change."""
        made = self._built.get(file)
        if made is None or not 0 <= change < len(made.rows.starts):
            return self.row_at(file, -1)
        return self.row_at(file, made.rows.starts[change])

    def fold_at(self, row: int) -> tuple[int, int] | None:
        """The file and the number of the fold on a row; None: there is none."""
        file, index = self.at(row)
        made = self._built.get(file)
        if row >= len(self) or made is None or index < 0 or made.rows[index][0].kind != "fold":
            return None
        return file, made.rows[index][0].fold

    def hunk_from(self, row: int) -> tuple[int, int] | None:
        """The first change that begins on a row or below, as far as that is known; None: there is none."""
        file, index = self.at(row)
        while file < len(self.files) and (made := self._built.get(file)) is not None:
            for hunk, start in enumerate(made.rows.starts):
                if start >= index:
                    return file, hunk
            file, index = file + 1, 0
        return None
