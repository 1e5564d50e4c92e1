"""May these files be changed? All edits of a step in one dock: the files left, the whole difference of one right."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from textual.containers import Horizontal
from textual.strip import Strip
from textual.widget import Widget

from codepilot.decision import PermissionRequest
from codepilot.text import clean_line
from codepilot_tui.docks.base import DEAF_SECONDS, Choice
from codepilot_tui.docks.paint import PLANE, Head
from codepilot_tui.docks.permission import WORDS, YES, PermissionDock
from codepilot_tui.theme import Tokens
from codepilot_tui.widgets.diff import DiffView, is_split
from codepilot_tui.widgets.diff_rows import DiffDocument, layout
from codepilot_tui.widgets.files_tree import short_names
from codepilot_tui.widgets.painted import Cell, Filled, Painted, Picture, Place, row_of, spread

LIST_FROM = 100
"""Columns from which the files stand in a list; below it the head says `file 1 of 3`."""
LIST_COLUMNS = 26
_WHY_FROM = 12
"""Rows of body from which the reason has a row of its own."""


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


def file_edits(requests: Sequence[PermissionRequest]) -> tuple[FileEdit, ...]:
    """The edits by file: several of one file are one change, from its first text to its last."""
    texts: dict[str, tuple[str | None, str | None]] = {}
    for request in requests:
        before = texts[request.path][0] if request.path in texts else request.before
        texts[request.path] = (before, request.after)
    return tuple(_file_edit(path, before, after) for path, (before, after) in texts.items())


def _file_edit(path: str, before: str | None, after: str | None) -> FileEdit:
    document = DiffDocument(before, after)
    return FileEdit(path, before, after, document.added, document.removed, len(document.hunks))


def _rows_of(edit: FileEdit, width: int) -> int:
    """How many rows the folded difference has in this width."""
    document = DiffDocument(edit.before, edit.after)
    return len(layout(document, split=is_split("auto", width, document)))


def change_number(edits: Sequence[FileEdit], file: int, change: int) -> tuple[int, int]:
    """Like "2 of 5", over all files: which change it is, and how many there are."""
    return sum(edit.changes for edit in edits[:file]) + change + 1, sum(edit.changes for edit in edits)


@dataclass(frozen=True, slots=True)
class Listed:
    """The list of files as it is painted."""

    edits: tuple[FileEdit, ...]
    at: int = 0
    """The one whose difference is shown."""
    seen: frozenset[int] = frozenset()
    """Those that were shown."""


def list_picture(listed: Listed, width: int, height: int, tokens: Tokens) -> Picture:
    """A file a row: looked at or not, name, figures; the shown one stays in sight."""
    style = tokens.style
    names = short_names([edit.path for edit in listed.edits])
    top = max(0, min(listed.at - height + 1, len(listed.edits) - height))
    rows: list[Strip] = []
    places: list[Place] = []
    for index in range(top, min(len(listed.edits), top + height)):
        edit = listed.edits[index]
        here = index == listed.at
        plane = "line" if here else PLANE
        seen = index in listed.seen
        left: list[Cell] = [
            ("▎" if here else " ", style("you", plane)),
            ("✓ " if seen else "○ ", style("ok" if seen else "muted", plane)),
            (clean_line(names[edit.path]), style("ink", plane, bold=here)),
        ]
        places.append(Place(len(rows), 0, width, str(index)))
        rows.append(
            spread(left, [*figures(edit, plane, tokens), (" ", style("", plane))], width, style("", plane))
        )
    return Picture(tuple(rows), tuple(places))


def figures(edit: FileEdit, plane: str, tokens: Tokens) -> list[Cell]:
    """`+14 −3`, each only where it is more than nothing."""
    cells: list[Cell] = []
    if edit.added or not edit.removed:
        cells.append((f" +{edit.added}", tokens.style("ok", plane)))
    if edit.removed:
        cells.append((f" −{edit.removed}", tokens.style("bad", plane)))
    return cells


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


def about_picture(about: About, width: int, tokens: Tokens) -> Picture:
    """Why it is asked, and of several files the path and figures of the one that is shown."""
    style = tokens.style
    ground = style("", PLANE)
    rows = []
    if about.roomy and about.why:
        why: list[Cell] = [
            (f" {'why':<11}", style("muted", PLANE)),
            (clean_line(about.why), style("ink", PLANE)),
        ]
        rows.append(row_of(why, width, ground))
    if len(about.edits) > 1:
        edit = about.edits[about.at]
        path: list[Cell] = [(f" {clean_line(edit.path)}", style("ink", PLANE, bold=True))]
        count = (f"  file {about.at + 1} of {len(about.edits)} ", style("muted", PLANE))
        rows.append(spread([*path, (" ", ground), *figures(edit, PLANE, tokens)], [count], width, ground))
    return Picture(tuple(rows))


class AboutRows(Painted):
    """The rows above the difference."""

    def __init__(self, about: About) -> None:
        super().__init__()
        self.about = about

    def picture(self, width: int, tokens: Tokens) -> Picture:
        """The reason, and the file."""
        return about_picture(self.about, width, tokens)


class EditsDock(PermissionDock):
    """The changes of a step, shown before anything is written.

    Args:
        requests: what waits for a yes, in the order in which it would be written.
        deaf: for how many quiet seconds the answers are deaf.
    """

    DEFAULT_CSS = """
    EditsDock DiffView { height: 1fr; background: $ground; }
    EditsDock FileList { display: none; }
    EditsDock.-listed FileList { display: block; }
    """
    share = 0.7
    wide = True
    places = ("question", "question-diff")

    def __init__(self, requests: Sequence[PermissionRequest], *, deaf: float = DEAF_SECONDS) -> None:
        self.requests = tuple(requests)
        self.edits = file_edits(requests)
        self._list = FileList(Listed(self.edits, 0, frozenset((0,))))
        first = self.edits[0]
        self._diff = DiffView(first.before, first.after, first.path, reviewing=True)
        self._diff.can_focus = False
        self._rows = (0, 0)
        """Width, and how many rows the longest difference has in it."""
        self._about = AboutRows(About(self.edits, 0, requests[0].why))
        several = len(self.edits) > 1
        verb = "Create" if first.before is None else "Delete" if first.after is None else "Change"
        self.title = f"Change {len(self.edits)} files?" if several else f"{verb} {first.path}?"
        self.choices = (
            (
                Choice("y", f"allow all {len(self.edits)}", "ok"),
                Choice("n", "none", "bad"),
                Choice("d", "none, because…"),
            )
            if several
            else (YES, Choice("n", "no", "bad"), WORDS)
        )
        super().__init__(deaf=deaf)

    # -- its rows --

    def body(self) -> Iterable[Widget]:
        """The reason, the list, the difference."""
        yield self._about
        yield Horizontal(self._list, self._diff, classes="dock-body")

    def body_rows(self, width: int) -> int:
        """The longest difference of them, so that walking from file to file moves nothing, and every file."""
        if self._rows[0] != width:
            room = width - (LIST_COLUMNS + 1 if len(self.edits) > 1 and width >= LIST_FROM else 0)
            self._rows = (width, max(_rows_of(edit, room) for edit in self.edits))
        about = 2 if len(self.edits) > 1 else 1
        return max(self._rows[1], self._diff.row_count, 3, len(self.edits)) + about

    def head(self) -> Head:
        """The figures of all files stand beside the title."""
        figures = (sum(edit.added for edit in self.edits), sum(edit.removed for edit in self.edits))
        return replace(super().head(), figures=figures)

    def notes(self) -> tuple[str, ...]:
        """Which change it is, over all files."""
        number, total = change_number(self.edits, self.file, self._diff.current_hunk)
        return (f"change {number} of {total}",) if total > 1 else ()

    def tail(self) -> Sequence[tuple[str, str]]:
        """How to move about, where it can be moved."""
        if self.writing:
            return super().tail()
        moves = [("F5", "less" if self.full else "full")]
        if sum(edit.changes for edit in self.edits) > 1:
            moves.insert(0, (", .", "change"))
        if len(self.edits) > 1:
            moves.insert(0, ("< >", "file"))
        if self.size.width >= LIST_FROM:
            moves += [("f", "fold"), ("w", "wrap")]
        return (*moves, *super().tail())

    def on_resize(self) -> None:
        """A list only where there is room for it beside the difference."""
        size = self.size
        self.set_class(len(self.edits) > 1 and size.width >= LIST_FROM, "-listed")
        roomy = size.height >= _WHY_FROM or size.height >= self.rows_wanted(size.width) - 1
        if roomy != self._about.about.roomy:
            self._about.about = replace(self._about.about, roomy=roomy)
            self._about.repaint()
        self.repaint()

    # -- moving about --

    @property
    def file(self) -> int:
        """Which file is shown, from 0."""
        return self._list.listed.at

    def show_file(self, index: int, change: int = 0) -> None:
        """Show another file, at one of its changes; -1: at its last."""
        index = max(0, min(index, len(self.edits) - 1))
        listed = self._list.listed
        if index != listed.at:
            self._list.listed = replace(listed, at=index, seen=listed.seen | {index})
            self._list.repaint()
            self._about.about = replace(self._about.about, at=index)
            self._about.repaint()
            edit = self.edits[index]
            self._diff.show(edit.before, edit.after, edit.path)
        change = change if change >= 0 else self.edits[index].changes - 1
        self._diff.go(change)
        self.call_after_refresh(self._diff.go, change)  # another file's rows can be scrolled to only then
        self.repaint()

    def _change(self, step: int) -> None:
        at = self._diff.current_hunk + step
        if 0 <= at < self.edits[self.file].changes:
            self.show_file(self.file, at)
        elif 0 <= self.file + step < len(self.edits):
            self.show_file(self.file + step, 0 if step > 0 else -1)

    def other_key(self, key: str) -> bool:
        """Move about in the difference."""
        view = self._diff
        page = max(1, view.size.height - 1)
        rows = {"up": -1, "down": 1, "pageup": -page, "pagedown": page, "home": -(10**7), "end": 10**7}
        columns = {"left": -8, "right": 8}
        if key in rows:
            view.scroll_relative(y=rows[key], animate=False)
        elif key in columns:
            view.scroll_relative(x=columns[key], animate=False)
        elif key in ("full_stop", "comma"):
            self._change(1 if key == "full_stop" else -1)
        elif key in ("greater_than_sign", "less_than_sign"):
            self.show_file(self.file + (1 if key == "greater_than_sign" else -1))
        elif key == "f":
            view.action_toggle_folds()
        elif key == "w":
            view.action_toggle_wrap()
        elif key == "f5":
            self.show_full()
        else:
            return False
        return True

    def on_diff_view_moved(self, event: DiffView.Moved) -> None:
        """Another change is in sight: the head says which."""
        event.stop()
        self.repaint()

    def on_painted_pressed(self, event: Painted.Pressed) -> None:
        """A click on a file of the list shows it; the rest is the base's."""
        if event.name.isdigit():
            event.stop()
            event.prevent_default()
            self.show_file(int(event.name))
