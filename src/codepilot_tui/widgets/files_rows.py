"""The tree of the workspace."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Sequence
from typing import ClassVar

from rich.cells import cell_len
from rich.style import Style
from textual import work
from textual.binding import Binding
from textual.strip import Strip

from codepilot.text import clean_line
from codepilot_tui.facts import AtCursor
from codepilot_tui.glyphs import UNICODE
from codepilot_tui.theme import tokens_for
from codepilot_tui.widgets.at_cursor import Telling
from codepilot_tui.widgets.files_marks import INKS, Marks, figure_cells
from codepilot_tui.widgets.files_tree import Entry, FileTreeModel, TreeRow, indent, parents
from codepilot_tui.widgets.painted import Cell, middle, row_of, spread
from codepilot_tui.widgets.row_list import Rows

Load = Callable[[str], Sequence[Entry]]
"""The entries of a folder, given by its path from the root (`""` is the root). Runs in a thread; may raise OSError."""

PLANE = "panel-plane"
_STRUCK = Style(strike=True)


class FilesRows(Rows):
    """A list on the files' plane; the row with the cursor is told by a bar while the list has the keyboard."""

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._does = Telling(self)

    def _start(self, at_cursor: bool) -> tuple[str, Cell]:
        """The plane of a row, and its first cell."""
        style = tokens_for(self.app).style
        if at_cursor and self.has_focus:
            return "raised", (UNICODE.cursor, style("you", "raised"))
        return PLANE, (" ", style("", PLANE))

    @property
    def at_cursor(self) -> AtCursor:
        """What Enter does in the row with the cursor."""
        return "open" if self.count else ""

    def move_to(self, index: int) -> None:
        """Mark a row and bring it into sight."""
        super().move_to(index)
        self._does.tell(self.at_cursor)

    def rows_changed(self) -> None:
        """Rows came, went or moved."""
        super().rows_changed()
        self._does.tell(self.at_cursor)

    def on_focus(self) -> None:
        """The cursor shows."""
        self.refresh()

    def on_blur(self) -> None:
        """The cursor hides."""
        self.refresh()


class FileTree(FilesRows):
    """The tree. Folders are read when they are unfolded."""

    DEFAULT_CSS = """
    FileTree { height: 1fr; background: $panel-plane; scrollbar-background: $panel-plane; }
    """
    BINDINGS: ClassVar = [
        Binding("right", "unfold", "Unfold", show=False),
        Binding("left", "fold", "Fold", show=False),
    ]

    def __init__(self, load: Load, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._load = load
        self.model = FileTreeModel()
        self._marks = Marks()
        self._touched: frozenset[str] = frozenset()
        self._opened = ""
        """The folder that was unfolded last: what is in it comes into sight once it is read."""

    @property
    def count(self) -> int:
        """Visible entries."""
        return len(self.model.rows)

    @property
    def at_cursor(self) -> AtCursor:
        """What Enter does in the row with the cursor."""
        row = self.model.rows[self.cursor] if self.cursor < self.count else None
        if row is None or row.note:
            return ""
        return "open" if not row.is_dir else "fold" if row.unfolded else "unfold"

    def on_mount(self) -> None:
        """Read the root."""
        self.load_missing()

    def load_missing(self) -> None:
        """Read what is unfolded and not known yet, without holding up the screen."""
        if self.model.missing():
            self._load_missing()

    @work(group="tree", exclusive=True)
    async def _load_missing(self) -> None:
        while missing := self.model.missing():
            for path in missing:
                await self._read(path)

    async def _read(self, path: str) -> None:
        at = self._path_at_cursor()
        try:
            entries = await asyncio.to_thread(self._load, path)
        except OSError as error:
            self.model.fail(path, error.strerror or str(error))
        else:
            self.model.fill(path, entries)
        self._settle(at)
        if path == self._opened:
            self._show_content()

    async def reload(self, folders: Iterable[str]) -> None:
        """Read folders again whose entries changed on disk; those never shown are left alone."""
        for path in sorted(set(folders) & self.model.loaded):
            if path in self.model.loaded:  # not gone with a folder above it
                await self._read(path)
        self.load_missing()

    def _path_at_cursor(self) -> str:
        rows = self.model.rows
        return rows[self.cursor].path if self.cursor < len(rows) else ""

    def _settle(self, path: str) -> None:
        """Rows moved: the cursor stays on its entry."""
        index = self.model.index_of(path) if path else None
        self.rows_changed()
        if index is not None:
            self.move_to(index)

    def mark(self, marks: Marks, *, reveal: Iterable[str] = ()) -> None:
        """Show these marks.

        Args:
            marks: of all files.
            reveal: files whose folders are unfolded.
        """
        at = self._path_at_cursor()
        self._marks, self._touched = marks, marks.touched
        self.model.set_gone(marks.gone)
        for path in reveal:
            self.model.reveal(path)
        self._settle(at)
        self.load_missing()

    def action_unfold(self) -> None:
        """Unfold a folder; on an unfolded one, go into it."""
        if not self.count:
            return
        row = self.model.rows[self.cursor]
        if row.is_dir and not row.unfolded:
            self.toggle(self.cursor)
        elif row.is_dir:
            self.move_to(self.cursor + 1)

    def action_fold(self) -> None:
        """Fold a folder; elsewhere, go to the folder that it is in."""
        if not self.count:
            return
        row = self.model.rows[self.cursor]
        if row.is_dir and row.unfolded:
            self.toggle(self.cursor)
        elif above := parents(row.path):
            self.move_to(self.model.index_of(above[-1]) or 0)

    def toggle(self, index: int) -> None:
        """Fold or unfold the folder of a row."""
        row = self.model.rows[index]
        if row.unfolded:
            self.model.fold(row.path)
        else:
            self.model.unfold(row.path)
            self._opened = row.path
        self.rows_changed()
        self._show_content()
        self.load_missing()

    def _show_content(self) -> None:
        """Bring what is in the folder that was unfolded last into sight, as much as there is room for below its row."""
        opened, self._opened = self._opened, ""
        at = self.model.index_of(opened) if opened else None
        if at is None:
            return
        if (last := self.model.last_within(at)) == at:
            self._opened = opened  # not read yet
        elif last >= self.scroll_offset.y + self.size.height:
            self.scroll_to(y=min(at, last + 1 - self.size.height), animate=False)

    def paint(self, index: int, width: int, at_cursor: bool) -> Strip:
        """Indent, name; letter and figures at the right edge."""
        row = self.model.rows[index]
        plane, first = self._start(at_cursor)
        style = tokens_for(self.app).style
        ground = style("", plane)
        before: Cell = (indent(row.depth, width), ground)
        if row.note:
            why = f"{UNICODE.bad} {clean_line(row.note)}"
            return row_of([first, before, (why, style("bad", plane))], width, ground)
        if row.is_dir:
            return self._folder(row, [first, before], width, plane)
        letter = self._marks.letter(row.path)
        # A name with a dot in front is of less interest, but it is there.
        ink = INKS.get(letter, "muted" if row.name.startswith(".") else "ink")
        right: list[Cell] = [(f" {letter}", style(ink, plane))] if letter else []
        if change := self._marks.figures(row.path):
            right += figure_cells(change, plane, tokens_for(self.app))
        right.append((" ", ground))
        left = [first, before, ("  ", ground)]
        room = width - sum(cell_len(text) for text, _ in (*left, *right))
        name = middle(clean_line(row.name), room)
        look = style(ink, plane, bold=plane == "raised")
        return spread([*left, (name, look + _STRUCK if row.gone else look)], right, width, ground)

    def _folder(self, row: TreeRow, left: list[Cell], width: int, plane: str) -> Strip:
        style = tokens_for(self.app).style
        changed = not row.unfolded and row.path in self._touched
        right = [(f"{UNICODE.running} ", style("warn", plane))] if changed else []
        sign = UNICODE.unfolded if row.unfolded else UNICODE.folded
        left.append((f"{sign} ", style("muted", plane)))
        room = width - sum(cell_len(text) for text, _ in (*left, *right))
        ink = "ink" if plane == "raised" else "muted"
        left.append((middle(clean_line(row.name), room), style(ink, plane, bold=True)))
        return spread(left, right, width, style("", plane))

    def paint_empty(self, line: int, width: int) -> Strip:
        """What will stand here."""
        style = tokens_for(self.app).style
        text = ""
        if not self.count and line == 0:
            text = " No files yet." if "" in self.model.loaded else " Reading…"
        return row_of([(text, style("muted", PLANE))], width, style("", PLANE))
