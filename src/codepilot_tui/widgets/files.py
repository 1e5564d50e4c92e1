"""The files of the workspace and what the agent changed in them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Self

from textual.app import ComposeResult
from textual.containers import Vertical
from textual.content import Content
from textual.message import Message
from textual.widgets import Static

from codepilot_tui.widgets.change_list import ChangeList
from codepilot_tui.widgets.files_marks import Change, Marks
from codepilot_tui.widgets.files_rows import FileTree, Load
from codepilot_tui.widgets.row_list import Rows

__all__ = ["Change", "ChangeList", "FileTree", "FilesPane", "Load"]


class FilesPane(Vertical):
    """Files above, changes below.

    Args:
        load: reads one folder of the workspace.
    """

    DEFAULT_CSS = """
    FilesPane { width: 32; background: $panel-plane; }
    FilesPane .pane-title { height: 1; padding: 0 1; color: $muted; }
    FilesPane .pane-title.-focused { color: $you; text-style: bold; }
    FilesPane > #changes-title { margin-top: 1; }
    FilesPane > ChangeList { margin-bottom: 1; }
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
        self.marks = Marks()
        """What stands beside the names."""

    def compose(self) -> ComposeResult:
        """Two titles, two lists."""
        yield Static("FILES", id="files-title", classes="pane-title", markup=False)
        yield FileTree(self._load, id="file-tree")
        yield Static("CHANGES", id="changes-title", classes="pane-title", markup=False)
        yield ChangeList(id="change-list")

    def on_mount(self) -> None:
        """Show what was set before."""
        self._show_changes()
        self.file_tree.mark(self.marks, reveal=self.marks.changes)

    @property
    def file_tree(self) -> FileTree:
        """The upper list."""
        return self.query_one(FileTree)

    @property
    def change_list(self) -> ChangeList:
        """The lower list."""
        return self.query_one(ChangeList)

    @property
    def changes(self) -> tuple[Change, ...]:
        """What the agent changed."""
        return tuple(self.marks.changes.values())

    def focus(self, scroll_visible: bool = True) -> Self:
        """The tree takes the keyboard."""
        self.file_tree.focus(scroll_visible)
        return self

    def set_changes(self, changes: Sequence[Change]) -> None:
        """Show these changes, in the tree and below it."""
        self.marks = self.marks.with_changes(changes)
        if self.is_mounted:
            self._show_changes()
            self.file_tree.mark(self.marks, reveal=self.marks.changes)

    def set_git(self, letters: Mapping[str, str], tracked: frozenset[str] | None) -> None:
        """Show how files stand against the last commit, whoever changed them.

        Args:
            letters: path → `M`, `A`, `D`, `U`.
            tracked: what git knows; None without a repository.
        """
        self.marks = self.marks.with_git(letters, tracked)
        if self.is_mounted:
            self.file_tree.mark(self.marks)

    async def reload(self, folders: Iterable[str]) -> None:
        """Read folders again; see `FileTree.reload`."""
        await self.file_tree.reload(folders)

    def _show_changes(self) -> None:
        changes = self.changes
        self.change_list.show(changes)
        count = f" · {len(changes)}" if changes else ""
        self.query_one("#changes-title", Static).update(Content(f"CHANGES{count}"))
        self._fit()

    def _fit(self) -> None:
        """The changes take the rows that they need, and a third of the column at most."""
        listed = self.change_list
        listed.styles.height = max(1, min(listed.rows_wanted(self.size.width), self.size.height // 3))

    def on_resize(self) -> None:
        """Another width wraps the words otherwise."""
        self._fit()

    def on_descendant_focus(self) -> None:
        """The title of what has the keyboard is lit."""
        # Asked of the screen: what one list says of its loss may come behind what the other says of its gain.
        focused = self.screen.focused
        self.query_one("#files-title").set_class(isinstance(focused, FileTree), "-focused")
        self.query_one("#changes-title").set_class(isinstance(focused, ChangeList), "-focused")

    on_descendant_blur = on_descendant_focus

    def on_rows_chosen(self, event: Rows.Chosen) -> None:
        """A folder folds; a file or a change is handed on."""
        event.stop()
        if isinstance(event.rows, ChangeList):
            self.post_message(self.ChangeChosen(event.rows.changes[event.index].path))
            return
        tree = self.file_tree
        row = tree.model.rows[event.index]
        if row.is_dir:
            tree.toggle(event.index)
        elif not row.note:
            self.post_message(self.FileChosen(row.path))
