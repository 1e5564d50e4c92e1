"""The list of changed files and what is said above a difference: values and how they are painted."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from rich.cells import cell_len
from textual.strip import Strip

from codepilot.text import clean_line
from codepilot_tui.figures import signed
from codepilot_tui.glyphs import UNICODE
from codepilot_tui.theme import Tokens
from codepilot_tui.widgets.diff_rows import DiffDocument
from codepilot_tui.widgets.files_tree import short_names
from codepilot_tui.widgets.painted import (
    Cell,
    Filled,
    Painted,
    Picture,
    Place,
    fitted,
    middle_path,
    row_of,
    spread,
)

LIST_COLUMNS = 26
RAISED = "raised"
LARGE = 500_000
"""Characters from which texts are compared on a thread."""


class Counted(Protocol):
    """A changed file as the list shows it."""

    @property
    def path(self) -> str:
        """Its name."""

    @property
    def added(self) -> int:
        """Lines that are new."""

    @property
    def removed(self) -> int:
        """Lines that go."""


@dataclass(frozen=True, slots=True)
class FileEdit:
    """What becomes of one file in this step."""

    path: str
    before: str | None
    """None: it does not exist yet."""
    after: str | None
    """None: it is deleted."""
    added: int
    removed: int
    changes: int
    """How many places of it change."""
    document: DiffDocument = field(compare=False, repr=False)
    """The two texts, compared once: of a large file that takes a while."""


def file_edits(writes: Iterable[tuple[str, str | None, str | None]]) -> tuple[FileEdit, ...]:
    """The edits by file: several of one file are one change, from its first text to its last.

    Args:
        writes: path, text before and text after, in the order of writing.
    """
    texts: dict[str, tuple[str | None, str | None]] = {}
    for path, before, after in writes:
        texts[path] = (texts[path][0] if path in texts else before, after)
    return tuple(file_edit(path, before, after) for path, (before, after) in texts.items())


def file_edit(path: str, before: str | None, after: str | None) -> FileEdit:
    """One file's change with its figures."""
    document = DiffDocument(before, after)
    changes = len(document.hunks)
    _ = document.longest  # reckoned here, where a thread may do it
    return FileEdit(path, before, after, document.added, document.removed, changes, document)


def is_large(writes: Iterable[tuple[str, str | None, str | None]]) -> bool:
    """Whether `file_edits` takes so long that it has to be done on a thread."""
    return sum(len(before or "") + len(after or "") for _, before, after in writes) > LARGE


def change_number(edits: Sequence[FileEdit], file: int, change: int) -> tuple[int, int]:
    """Like "2 of 5", over all files: which change it is, and how many there are."""
    return sum(edit.changes for edit in edits[:file]) + change + 1, sum(edit.changes for edit in edits)


@dataclass(frozen=True, slots=True)
class Listed:
    """The list of files as it is painted."""

    edits: tuple[Counted, ...]
    at: int = 0
    """The one whose difference is shown."""
    seen: frozenset[int] = frozenset()
    """Those that were shown."""
    stale: frozenset[int] = frozenset()
    """Those whose file is another one on the disk than what the change begins with."""


def list_picture(listed: Listed, width: int, height: int, tokens: Tokens) -> Picture:
    """A file a row: `○` where it was not looked at yet, name, figures; the shown one stays in sight."""
    style = tokens.style
    names = short_names([edit.path for edit in listed.edits])
    top = max(0, min(listed.at - height + 1, len(listed.edits) - height))
    rows: list[Strip] = []
    places: list[Place] = []
    for index in range(top, min(len(listed.edits), top + height)):
        edit = listed.edits[index]
        here = index == listed.at
        plane = "line" if here else RAISED
        sign = (
            (f"{UNICODE.bad} ", "bad")
            if index in listed.stale
            else ("  ", "muted")
            if index in listed.seen
            else (f"{UNICODE.stopped} ", "muted")
        )
        right = [*figures(edit, plane, tokens), (" ", style("", plane))]
        room = width - 3 - sum(cell_len(text) for text, _ in right)
        left: list[Cell] = [
            (UNICODE.cursor if here else " ", style("you", plane)),
            (sign[0], style(sign[1], plane)),
            (middle_path(clean_line(names[edit.path]), room), style("ink", plane, bold=here)),
        ]
        places.append(Place(len(rows), 0, width, str(index)))
        rows.append(spread(left, right, width, style("", plane)))
    return Picture(tuple(rows), tuple(places))


def figures(edit: Counted, plane: str, tokens: Tokens) -> list[Cell]:
    """`+14 −3`, each with its ink; nothing where no line is another, as in what is no text."""
    if not edit.added and not edit.removed:
        return []
    inks = zip(signed(edit.added, edit.removed), ("ok", "bad"), strict=True)
    return [(f" {said}", tokens.style(ink, plane)) for said, ink in inks if said]


class FileList(Filled):
    """The files of the step; a click shows one."""

    DEFAULT_CSS = f"FileList {{ width: {LIST_COLUMNS}; height: 1fr; margin-right: 1; }}"

    def __init__(self, listed: Listed) -> None:
        super().__init__(id="edit-list")
        self.listed = listed

    def picture_in(self, width: int, height: int, tokens: Tokens) -> Picture:
        """The rows in sight."""
        return list_picture(self.listed, width, height, tokens)


@dataclass(frozen=True, slots=True)
class About:
    """What the rows above the difference say."""

    edits: tuple[FileEdit, ...]
    at: int
    why: str
    roomy: bool = True
    """The reason has a row of its own."""
    stale: frozenset[int] = frozenset()
    """As in `Listed`."""


def about_picture(about: About, width: int, tokens: Tokens) -> Picture:
    """Why it is asked, and of several files the path and figures of the one that is shown."""
    style = tokens.style
    ground = style("", RAISED)
    rows = []
    if about.roomy and about.why:
        why: list[Cell] = [
            (f" {'why':<11}", style("muted", RAISED)),
            (clean_line(about.why), style("ink", RAISED)),
        ]
        rows.append(row_of(why, width, ground))
    if len(about.edits) > 1:
        edit = about.edits[about.at]
        path: list[Cell] = [(f" {clean_line(edit.path)}", style("ink", RAISED, bold=True))]
        # Where each file has one change, the head counts the same already.
        counted = sum(each.changes for each in about.edits) == len(about.edits)
        count = "" if counted else f"  file {about.at + 1} of {len(about.edits)} "
        right = [(count, style("muted", RAISED))]
        rows.append(spread([*path, (" ", ground), *figures(edit, RAISED, tokens)], right, width, ground))
    if about.at in about.stale:
        rows.append(_conflict_row(about.edits[about.at], width, tokens))
    return Picture(tuple(rows))


def _conflict_row(edit: FileEdit, width: int, tokens: Tokens) -> Strip:
    """The file is another one on the disk; short of room the key that shows how comes first."""
    style = tokens.style
    if edit.before is None:
        what, since = "was created on disk", "since you were asked"
    else:
        what, since = "changed on disk", "since the agent read it"
    said = f" {UNICODE.bad} {clean_line(edit.path).rpartition('/')[2]} {what}"
    texts = [(f"{said} {since}", " show the difference"), (f"{said} {since}", " show"), (said, " show")]
    left, right = next((pair for pair in texts if cell_len("".join(pair)) + 5 <= width), texts[-1])
    room = width - cell_len(right) - 5
    cells: list[Cell] = [
        (left if cell_len(left) <= room else fitted(left, room), style("bad", RAISED)),
        ("   o", style("ink", RAISED, bold=True)),
        (right, style("muted", RAISED)),
    ]
    return row_of(cells, width, style("", RAISED))


class AboutRows(Painted):
    """The rows above the difference."""

    def __init__(self, about: About) -> None:
        super().__init__()
        self.about = about

    def picture(self, width: int, tokens: Tokens) -> Picture:
        """The reason, and the file."""
        return about_picture(self.about, width, tokens)
