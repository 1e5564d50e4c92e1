"""The changes of several files: a list of them, the whole difference of one, and the way from change to change."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from textual import events
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.message import Message
from textual.strip import Strip

from codepilot.text import clean_line
from codepilot_tui.theme import Tokens
from codepilot_tui.widgets.diff import DiffView, is_split
from codepilot_tui.widgets.diff_rows import DiffDocument, layout
from codepilot_tui.widgets.files_tree import short_names
from codepilot_tui.widgets.painted import Cell, Filled, Painted, Picture, Place, row_of, spread

LIST_FROM = 100
"""Columns from which the files stand in a list beside the difference."""
LIST_COLUMNS = 26
_WHY_FROM = 12
"""Rows from which the reason has a row of its own, whatever else is to be seen."""


RAISED = "raised"


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
    return FileEdit(path, before, after, document.added, document.removed, len(document.hunks))


def _rows_of(edit: FileEdit, width: int) -> int:
    """How many rows the folded difference has in this width."""
    document = DiffDocument(edit.before, edit.after)
    return len(layout(document, split=is_split("auto", width, document, EditView.split_from)))


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
    stale: frozenset[int] = frozenset()
    """Those whose file is another one on the disk than what the change begins with."""


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
        plane = "line" if here else RAISED
        sign = (
            ("✗ ", "bad")
            if index in listed.stale
            else ("✓ ", "ok")
            if index in listed.seen
            else ("○ ", "muted")
        )
        left: list[Cell] = [
            ("▎" if here else " ", style("you", plane)),
            (sign[0], style(sign[1], plane)),
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
        count = (f"  file {about.at + 1} of {len(about.edits)} ", style("muted", RAISED))
        rows.append(spread([*path, (" ", ground), *figures(edit, RAISED, tokens)], [count], width, ground))
    if about.at in about.stale:
        name = clean_line(about.edits[about.at].path).rpartition("/")[2]
        conflict: list[Cell] = [
            (f" ✗ {name} changed on disk since the agent read it", style("bad", RAISED)),
            ("   o", style("ink", RAISED, bold=True)),
            (" show the difference", style("muted", RAISED)),
        ]
        rows.append(row_of(conflict, width, ground))
    return Picture(tuple(rows))


class AboutRows(Painted):
    """The rows above the difference."""

    def __init__(self, about: About) -> None:
        super().__init__()
        self.about = about

    def picture(self, width: int, tokens: Tokens) -> Picture:
        """The reason, and the file."""
        return about_picture(self.about, width, tokens)


class EditView(DiffView):
    """Beside the list the halves are narrower, and still better to compare than rows below each other."""

    split_from = 90


class EditBrowser(Vertical):
    """Files left, the difference of one right, why it is asked above. It takes no focus: hand keys on to `press`.

    Args:
        edits: at least one.
        at: which of them to show first.
        why: why it is asked; empty: nothing is asked.
    """

    DEFAULT_CSS = """
    EditBrowser { height: 1fr; width: 1fr; background: $raised; }
    EditBrowser > Horizontal { height: 1fr; }
    EditBrowser DiffView { height: 1fr; background: $ground; }
    EditBrowser FileList { display: none; }
    EditBrowser.-listed FileList { display: block; }
    """

    class Moved(Message):
        """Another file or change is shown, or the room is another."""

    def __init__(
        self, edits: Sequence[FileEdit], *, at: int = 0, why: str = "", classes: str | None = None
    ) -> None:
        super().__init__(classes=classes)
        self.edits = tuple(edits)
        self.list = FileList(Listed(self.edits, at, frozenset((at,))))
        self.about = AboutRows(About(self.edits, at, why))
        shown = self.edits[at]
        self.diff = EditView(shown.before, shown.after, shown.path, reviewing=True)
        self.diff.can_focus = False
        self._rows = (0, 0)
        """Width, and how many rows the longest difference has in it."""

    def compose(self) -> ComposeResult:
        """The rows above, the list, the difference."""
        yield self.about
        with Horizontal():
            yield self.list
            yield self.diff

    @property
    def file(self) -> int:
        """Which file is shown, from 0."""
        return self.list.listed.at

    @property
    def figures(self) -> tuple[int, int]:
        """Lines added and removed in all files."""
        return sum(edit.added for edit in self.edits), sum(edit.removed for edit in self.edits)

    @property
    def number(self) -> tuple[int, int]:
        """Which change is shown, over all files, and how many there are."""
        return change_number(self.edits, self.file, self.diff.current_hunk)

    def rows_wanted(self, width: int) -> int:
        """The longest difference of them, so that walking from file to file moves nothing, and every file."""
        if self._rows[0] != width:
            room = width - (LIST_COLUMNS + 1 if self._lists(width) else 0)
            self._rows = (width, max(_rows_of(edit, room) for edit in self.edits))
        return max(self._rows[1], self.diff.row_count, 3, len(self.edits)) + len(self.about.made(width).rows)

    def _lists(self, width: int) -> bool:
        return len(self.edits) > 1 and width >= LIST_FROM

    def on_resize(self, event: events.Resize) -> None:
        """A list only where there is room for it beside the difference; a reason only where rows are to spare."""
        self.set_class(self._lists(event.size.width), "-listed")
        self.post_message(self.Moved())

    def squeeze(self, rows: int, wanted: int) -> None:
        """Leave the reason out where rows are short.

        Args:
            rows: those that there are.
            wanted: those that would be needed for all.
        """
        roomy = rows >= _WHY_FROM or rows >= wanted
        if roomy != self.about.about.roomy:
            self.about.about = replace(self.about.about, roomy=roomy)
            self.about.repaint()

    def set_stale(self, stale: Iterable[int]) -> None:
        """Say which files are others on the disk than what their changes begin with."""
        found = frozenset(stale)
        if found != self.list.listed.stale:
            self.list.listed = replace(self.list.listed, stale=found)
            self.about.about = replace(self.about.about, stale=found)
            self.list.repaint()
            self.about.repaint()
            self.post_message(self.Moved())

    def show_file(self, index: int, change: int = 0) -> None:
        """Show another file, at one of its changes; -1: at its last."""
        index = max(0, min(index, len(self.edits) - 1))
        listed = self.list.listed
        if index != listed.at:
            self.list.listed = replace(listed, at=index, seen=listed.seen | {index})
            self.list.repaint()
            self.about.about = replace(self.about.about, at=index)
            self.about.repaint()
            edit = self.edits[index]
            self.diff.show(edit.before, edit.after, edit.path)
        change = change if change >= 0 else self.edits[index].changes - 1
        self.diff.go(change)
        self.call_after_refresh(self.diff.go, change)  # another file's rows can be scrolled to only then
        self.post_message(self.Moved())

    def _change(self, step: int) -> None:
        at = self.diff.current_hunk + step
        if 0 <= at < self.edits[self.file].changes:
            self.show_file(self.file, at)
        elif 0 <= self.file + step < len(self.edits):
            self.show_file(self.file + step, 0 if step > 0 else -1)

    def press(self, key: str) -> bool:
        """Move about in the changes; True if the key does."""
        view = self.diff
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
        else:
            return False
        return True

    def keys(self, *, looks: bool = True) -> list[tuple[str, str]]:
        """The keys that mean something, with their words.

        Args:
            looks: also those that change how the difference looks.
        """
        shown = []
        if len(self.edits) > 1:
            shown.append(("< >", "file"))
        if self.number[1] > 1:
            shown.append((", .", "change"))
        if looks:
            shown += [("f", "fold"), ("w", "wrap")]
        return shown

    def on_diff_view_moved(self, event: DiffView.Moved) -> None:
        """Another change is in sight: the head says which."""
        event.stop()
        self.post_message(self.Moved())

    def on_painted_pressed(self, event: Painted.Pressed) -> None:
        """A click on a file of the list shows it."""
        event.stop()
        self.show_file(int(event.name))
