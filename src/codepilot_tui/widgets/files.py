"""The files of the workspace and what the agent changed in them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar, Literal, Self

from textual import work
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Vertical
from textual.content import Content
from textual.message import Message
from textual.strip import Strip
from textual.widgets import Static

from codepilot.text import clean_line
from codepilot_tui.theme import Tokens, tokens_for
from codepilot_tui.widgets.files_tree import Entry, FileTreeModel, parents, short_names
from codepilot_tui.widgets.painted import Cell, spread
from codepilot_tui.widgets.rows import Rows

__all__ = ["Change", "ChangeList", "ChangeState", "Entry", "FileTree", "FilesPane", "Load"]

Load = Callable[[str], Sequence[Entry]]
"""The entries of a folder, given by its path from the root (`""` is the root). Runs in a thread; may raise OSError."""

ChangeState = Literal["applied", "waiting", "refused"]
_PLANE = "panel-plane"
_STATE_INKS = {"applied": "muted", "waiting": "warn", "refused": "bad"}


@dataclass(frozen=True, slots=True)
class Change:
    """What the agent did to a file, or wants to do."""

    path: str
    added: int
    removed: int
    state: ChangeState = "applied"
    created: bool = False

    @property
    def letter(self) -> str:
        """`A` for a new file, else `M`."""
        return "A" if self.created else "M"


class FileTree(Rows):
    """The tree. Folders are read when they are unfolded."""

    DEFAULT_CSS = """
    FileTree { height: 1fr; background: $panel-plane; scrollbar-background: $panel-plane; }
    """
    BINDINGS: ClassVar = [
        Binding("right,l", "unfold", "Unfold", show=False),
        Binding("left,h", "fold", "Fold", show=False),
    ]

    def __init__(self, load: Load, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._load = load
        self.model = FileTreeModel()
        self._changes: dict[str, Change] = {}
        self._letters: dict[str, str] = {}
        self._touched: set[str] = set()

    @property
    def count(self) -> int:
        """Visible entries."""
        return len(self.model.rows)

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

    async def reload(self, folders: Iterable[str]) -> None:
        """Read folders again whose entries changed on disk; those never shown are left alone."""
        for path in sorted(set(folders) & self.model.loaded):
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

    def mark(self, changes: Sequence[Change], letters: Mapping[str, str]) -> None:
        """Show these changes of the agent, and letters (of git) for other files."""
        self._changes = {change.path: change for change in changes}
        self._letters = dict(letters)
        self._touched = {folder for path in (*self._changes, *self._letters) for folder in parents(path)}
        at = self._path_at_cursor()
        for change in changes:
            self.model.reveal(change.path)
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
        self.rows_changed()
        self.load_missing()

    def paint(self, index: int, width: int, at_cursor: bool) -> Strip:
        """Indent, name; letter and figures at the right edge."""
        style = tokens_for(self.app).style
        row = self.model.rows[index]
        plane = "raised" if at_cursor else _PLANE
        ground = style("", plane)
        indent = " " * (1 + 2 * row.depth)
        if row.note:
            why = f"{indent}✗ {clean_line(row.note)}"
            return spread([(why, style("bad", plane))], [], width, ground)
        name = clean_line(row.name)
        if row.is_dir:
            left: list[Cell] = [
                (indent, ground),
                ("▾ " if row.unfolded else "▸ ", style("muted", plane)),
                (name, style("ink" if at_cursor else "muted", plane, bold=True)),
            ]
            hidden_change = not row.unfolded and row.path in self._touched
            return spread(left, [("● ", style("warn", plane))] if hidden_change else [], width, ground)
        change = self._changes.get(row.path)
        letter = change.letter if change else self._letters.get(row.path, "")
        ink = {"M": "warn", "A": "ok", "?": "ok", "D": "bad"}.get(letter, "ink")
        right: list[Cell] = [(f" {clean_line(letter)}", style(ink, plane))] if letter else []
        if change:
            right.extend(_figures(change, plane, tokens_for(self.app)))
        right.append((" ", ground))
        left = [(f"{indent}  ", ground), (name, style(ink, plane, bold=at_cursor))]
        return spread(left, right, width, ground)

    def paint_empty(self, line: int, width: int) -> Strip:
        """What will stand here."""
        style = tokens_for(self.app).style
        text = ""
        if not self.count and line == 0:
            text = " No files yet." if "" in self.model.loaded else " Reading…"
        return spread([(text, style("muted", _PLANE))], [], width, style("", _PLANE))


class ChangeList(Rows):
    """The changes of the agent, latest last."""

    DEFAULT_CSS = """
    ChangeList { height: 2; background: $panel-plane; scrollbar-background: $panel-plane; }
    """

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.changes: tuple[Change, ...] = ()
        self._names: dict[str, str] = {}
        self._widest = 0

    @property
    def count(self) -> int:
        """Changed files."""
        return len(self.changes)

    def show(self, changes: Sequence[Change]) -> None:
        """Show these."""
        self.changes = tuple(changes)
        self._names = short_names([change.path for change in changes])
        tokens = tokens_for(self.app)
        figures = [_figures(change, _PLANE, tokens) for change in changes]
        self._widest = max((len("".join(text for text, _ in cells)) for cells in figures), default=0)
        self.styles.height = max(2, min(12, len(self.changes)))
        self.rows_changed()

    def paint(self, index: int, width: int, at_cursor: bool) -> Strip:
        """Name, figures, state."""
        style = tokens_for(self.app).style
        change = self.changes[index]
        plane = "raised" if at_cursor and self.has_focus else _PLANE
        ground = style("", plane)
        figures = _figures(change, plane, tokens_for(self.app))
        widest = max(
            sum(len(text) for text, _ in _figures(other, plane, tokens_for(self.app)))
            for other in self.changes
        )
        pad = widest - sum(len(text) for text, _ in figures)
        state = (f"  {change.state:<8}", style(_STATE_INKS[change.state], plane))
        left = [("  ", ground), (clean_line(self._names[change.path]), style("ink", plane))]
        return spread(left, [*figures, (" " * pad, ground), state], width, ground)

    def paint_empty(self, line: int, width: int) -> Strip:
        """What will stand here."""
        style = tokens_for(self.app).style
        lines = ("  Files that the agent changes", "  will be listed here.")
        text = lines[line] if not self.count and line < len(lines) else ""
        return spread([(text, style("muted", _PLANE))], [], width, style("", _PLANE))


def _figures(change: Change, plane: str, tokens: Tokens) -> list[Cell]:
    cells: list[Cell] = []
    if change.added or not change.removed:
        cells.append((f" +{change.added}", tokens.style("ok", plane)))
    if change.removed:
        cells.append((f" −{change.removed}", tokens.style("bad", plane)))
    return cells


class FilesPane(Vertical):
    """Files above, changes below.

    Args:
        load: reads one folder of the workspace.
    """

    DEFAULT_CSS = """
    FilesPane { width: 32; background: $panel-plane; }
    FilesPane .pane-title { height: 1; padding: 0 1; color: $muted; }
    FilesPane > #changes-title { margin-top: 1; }
    FilesPane > ChangeList { margin-bottom: 1; }
    FilesPane:focus-within > #files-title { color: $you; text-style: bold; }
    """

    class FileChosen(Message):
        """A file of the tree was chosen."""

        def __init__(self, path: str) -> None:
            super().__init__()
            self.path = path

    class ChangeChosen(Message):
        """A change was chosen."""

        def __init__(self, path: str) -> None:
            super().__init__()
            self.path = path

    def __init__(self, load: Load, *, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(id=id, classes=classes)
        self._load = load
        self._letters: Mapping[str, str] = {}
        self._changes: tuple[Change, ...] = ()

    def compose(self) -> ComposeResult:
        """Two titles, two lists."""
        yield Static("FILES", id="files-title", classes="pane-title", markup=False)
        yield FileTree(self._load, id="file-tree")
        yield Static("CHANGES", id="changes-title", classes="pane-title", markup=False)
        yield ChangeList(id="change-list")

    def on_mount(self) -> None:
        """Show what was set before."""
        self._show()

    @property
    def file_tree(self) -> FileTree:
        """The upper list."""
        return self.query_one(FileTree)

    @property
    def changes(self) -> tuple[Change, ...]:
        """What the agent changed."""
        return self._changes

    def focus(self, scroll_visible: bool = True) -> Self:
        """The tree takes the keyboard."""
        self.file_tree.focus(scroll_visible)
        return self

    def set_changes(self, changes: Sequence[Change]) -> None:
        """Show these changes, in the tree and below it."""
        self._changes = tuple(changes)
        self._show()

    def set_letters(self, letters: Mapping[str, str]) -> None:
        """Show git's letters for files that the agent did not change."""
        self._letters = dict(letters)
        self._show()

    async def reload(self, folders: Iterable[str]) -> None:
        """Read folders again; see `FileTree.reload`."""
        await self.file_tree.reload(folders)

    def _show(self) -> None:
        if not self.is_mounted:
            return
        self.file_tree.mark(self._changes, self._letters)
        self.query_one(ChangeList).show(self._changes)
        count = f" · {len(self._changes)}" if self._changes else ""
        self.query_one("#changes-title", Static).update(Content(f"CHANGES{count}"))

    def on_rows_chosen(self, event: Rows.Chosen) -> None:
        """A folder folds; a file or a change is handed on."""
        event.stop()
        if isinstance(event.rows, ChangeList):
            self.post_message(self.ChangeChosen(event.rows.changes[event.index].path))
            return
        tree = self.file_tree
        row = tree.model.rows[event.index]
        if row.note:
            return
        if row.is_dir:
            tree.toggle(event.index)
        else:
            self.post_message(self.FileChosen(row.path))
