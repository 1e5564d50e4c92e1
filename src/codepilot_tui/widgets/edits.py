"""The changes of several files: a list of them, the whole difference of one, and the way from change to change."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from textual import events
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.message import Message

from codepilot_tui.widgets.diff import DiffView, is_split
from codepilot_tui.widgets.diff_rows import DiffDocument, layout
from codepilot_tui.widgets.diff_selection import SelectableDiff
from codepilot_tui.widgets.edit_list import (
    LIST_COLUMNS,
    About,
    AboutRows,
    FileEdit,
    FileList,
    Listed,
    change_number,
)
from codepilot_tui.widgets.foot import key_of
from codepilot_tui.widgets.painted import Painted

LIST_FROM = 100
"""Columns from which the files stand in a list beside the difference."""
_WHY_FROM = 12
"""Rows from which the reason has a row of its own, whatever else is to be seen."""


def _rows_of(edit: FileEdit, width: int) -> int:
    """How many rows the folded difference has in this width."""
    document = edit.document
    return len(layout(document, split=is_split("auto", width, document, EditView.split_from)))


class EditView(SelectableDiff):
    """Beside the list the halves are narrower, and still better to compare than rows below each other."""

    split_from = 90

    def __init__(self, edit: FileEdit) -> None:
        self._edit = edit
        super().__init__(edit.before, edit.after, edit.path, reviewing=True)

    def compared(self, before: str | None, after: str | None) -> DiffDocument:
        """As the edit has it."""
        del before, after
        return self._edit.document

    def show_edit(self, edit: FileEdit) -> None:
        """Show another one."""
        self._edit = edit
        self.show(edit.before, edit.after, edit.path)


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
        self.diff = EditView(self.edits[at])
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
    def path(self) -> str:
        """The file that is shown."""
        return self.edits[self.file].path

    @property
    def change(self) -> tuple[int, int]:
        """Which change of that file is shown, from 0, and how many it has."""
        return self.diff.current_hunk, self.edits[self.file].changes

    @property
    def where(self) -> str:
        """Where one is, in words, if there is more than one place to be."""
        number, total = self.number
        return f"change {number} of {total}" if total > 1 else ""

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
            self.diff.show_edit(self.edits[index])
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

    def offered(self) -> frozenset[str]:
        """The keys that mean something, whether there is room for their words or not."""
        view = self.diff
        moves = ("down",) if view.max_scroll_y > 0 else ()
        aside = ("right",) if view.max_scroll_x > 0 else ()
        return frozenset((*(key_of(label) for label, _ in self.keys()), *moves, *aside))

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
            shown += [("f", "fold")] if self.diff.document.folds else []
            shown += [("w", "wrap")] if self.diff.has_long_lines else []
        return shown

    def on_diff_view_moved(self, event: DiffView.Moved) -> None:
        """Another change is in sight: the head says which."""
        event.stop()
        self.post_message(self.Moved())

    def on_painted_pressed(self, event: Painted.Pressed) -> None:
        """A click on a file of the list shows it."""
        event.stop()
        self.show_file(int(event.name))
