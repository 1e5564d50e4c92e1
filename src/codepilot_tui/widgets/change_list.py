"""The list of the agent's changes, below the tree of the workspace."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from typing import ClassVar

from rich.cells import cell_len
from textual.binding import Binding
from textual.message import Message
from textual.strip import Strip

from codepilot.text import clean_line
from codepilot_tui.theme import tokens_for
from codepilot_tui.widgets.files_marks import Change, figure_cells
from codepilot_tui.widgets.files_rows import PLANE, FilesRows
from codepilot_tui.widgets.files_tree import short_names
from codepilot_tui.widgets.painted import middle_path, row_of, spread

NO_CHANGES = "No changes yet. Files the agent edits appear here."


class ChangeList(FilesRows):
    """The changes of the agent, latest last: the name has the room, the figures stand at the right edge."""

    BINDINGS: ClassVar = [
        Binding("right", "show_all", "All changes", show=False),
        Binding("delete", "revert", "Revert the file", show=False),
        Binding("ctrl+z", "undo_revert", "Undo the last revert", show=False),
    ]
    DEFAULT_CSS = """
    ChangeList { height: 2; background: $panel-plane; scrollbar-background: $panel-plane; }
    """

    class AllWanted(Message):
        """All changes are to be shown, this one first."""

        def __init__(self, path: str) -> None:
            super().__init__()
            self.path = path

    class RevertWanted(Message):
        """A file is to be reverted; an empty path: the last revert is to be taken back."""

        def __init__(self, path: str) -> None:
            super().__init__()
            self.path = path

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.changes: tuple[Change, ...] = ()
        self._names: dict[str, str] = {}

    @property
    def count(self) -> int:
        """Changed files."""
        return len(self.changes)

    def action_show_all(self) -> None:
        """Show all changes below each other."""
        if self.changes:
            self.post_message(self.AllWanted(self.changes[self.cursor].path))

    def action_revert(self) -> None:
        """Revert the file."""
        if self.changes:
            self.post_message(self.RevertWanted(self.changes[self.cursor].path))

    def action_undo_revert(self) -> None:
        """Undo the last revert."""
        self.post_message(self.RevertWanted(""))

    def show(self, changes: Sequence[Change]) -> None:
        """Show these."""
        self.changes = tuple(changes)
        self._names = short_names([change.path for change in changes])
        self.rows_changed()

    def paint(self, index: int, width: int, at_cursor: bool) -> Strip:
        """Name and figures."""
        change = self.changes[index]
        plane, first = self._start(at_cursor)
        tokens = tokens_for(self.app)
        figures = figure_cells(change, plane, tokens) or [
            (" empty" if change.created else " changed", tokens.style("muted", plane))
        ]
        figures.append((" ", tokens.style("", plane)))
        room = width - 1 - sum(cell_len(text) for text, _ in figures)
        name = middle_path(clean_line(self._names[change.path]), room)
        return spread([first, (name, tokens.style("ink", plane))], figures, width, tokens.style("", plane))

    def paint_empty(self, line: int, width: int) -> Strip:
        """What will stand here."""
        style = tokens_for(self.app).style
        lines = textwrap.wrap(NO_CHANGES, max(8, width - 2)) if not self.count else []
        text = f" {lines[line]}" if line < len(lines) else ""
        return row_of([(text, style("muted", PLANE))], width, style("", PLANE))

    def rows_wanted(self, width: int) -> int:
        """How many rows it needs."""
        return self.count or len(textwrap.wrap(NO_CHANGES, max(8, width - 2)))
