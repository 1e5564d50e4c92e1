"""The files' column of the session screen: tree and changes, and what is opened from them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from pathlib import Path

from textual import work
from textual.app import ComposeResult
from textual.containers import Vertical

from codepilot import events as ev
from codepilot.errors import CodepilotError
from codepilot.text import clean_line
from codepilot.workspace import Workspace, children
from codepilot.workspace.git import GitReader
from codepilot_tui.bench.changes import FileChange
from codepilot_tui.figures import change_text
from codepilot_tui.pages.change import ChangePage, StreamPage
from codepilot_tui.pages.file import FilePage
from codepilot_tui.screens.agent_control import AgentControl
from codepilot_tui.screens.contracts import Host
from codepilot_tui.screens.reverts import AgentReverts, ListReverts
from codepilot_tui.watcher import DiskChange, FolderWatcher
from codepilot_tui.widgets.edit_list import file_edits
from codepilot_tui.widgets.files import Change, ChangeList, FilesPane, FileTree
from codepilot_tui.widgets.files_tree import Entry
from codepilot_tui.widgets.stream_rows import FileDiff

_TOLD = 0.2
"""Seconds in which the screen has been told what a restore did."""


class FilesColumn(Vertical):
    """Files above, changes below.

    Args:
        host: the session screen.
        workspace: what the tree shows.
        agent: whose changes they are.
    """

    DEFAULT_CSS = """
    FilesColumn { width: 1fr; height: 1fr; }
    FilesColumn > FilesPane { width: 1fr; height: 1fr; }
    """

    def __init__(self, host: Host, workspace: Workspace, agent: AgentControl) -> None:
        super().__init__()
        self._host = host
        self._workspace = workspace
        self._changes = agent.changes
        self._reverts = AgentReverts(agent)
        self._list_reverts = ListReverts(host, self._reverts)
        self._git = GitReader(workspace.root)
        self.branch = ("", False)
        """The branch that is checked out, empty without a repository, and whether a tracked file differs."""
        self.followers: list[Callable[[DiskChange], None]] = []
        """Told what changed on the disk."""
        self._written: set[str] = set()
        """Folders with files that the agent changed, to be shown in a moment."""
        self._taken = False
        self._stale: set[str] = set()
        """Folders to be read again."""
        self._reloads = False
        self._watcher = FolderWatcher(Path(workspace.root), self.disk_changed)
        self.pane = FilesPane(self._entries, id="files")

    @property
    def undoable(self) -> bool:
        """A change was reverted here, and that can be taken back now."""
        return self._reverts.undoable and self._reverts.possible

    def compose(self) -> ComposeResult:
        """The pane fills it."""
        yield self.pane

    def read(self, path: str) -> str | None:
        """The text of a file as it is now; None: there is none that can be read."""
        try:
            return self._workspace.read_text(path).text
        except (CodepilotError, OSError):
            return None

    def follow(self) -> None:
        """Follow the folder on disk from now on, whoever changes it."""
        self.look_at_git()
        self._watcher.start()

    async def leave(self) -> None:
        """The program ends: the watcher must not outlive it."""
        self._watcher.stop()
        await asyncio.to_thread(self._watcher.join)

    def disk_changed(self, change: DiskChange) -> None:
        """Files came, went or were written, or git's own state is another."""
        for follow in self.followers:
            follow(change)
        self.look_at_git()
        if change.everything or any(path in change.paths for path in self._changes.written):
            self.look_at_changes()
        loaded = self.pane.file_tree.model.loaded
        self._reload(set(loaded) if change.everything else set(change.folders))

    @work(group="git", exclusive=True)
    async def look_at_git(self) -> None:
        """Read branch and letters anew, on a thread."""
        status = await asyncio.to_thread(self._git.status)
        if status is None:
            self.branch = ("", False)
            self.pane.set_git({}, None)
            self._host.changed()
            return
        self.branch = (status.branch, status.dirty is True)
        self.pane.set_git(status.letters, status.tracked)
        self._host.changed()

    @work(group="changes", exclusive=True)
    async def look_at_changes(self) -> None:
        """What is on the disk again as it was before the agent wrote it is no change, whoever put it back."""
        if self._changes.found(await asyncio.to_thread(self._on_disk, self._changes.written)):
            self._show_changes()
            self._host.changed()

    def _on_disk(self, paths: Sequence[str]) -> dict[str, str | None]:
        now: dict[str, str | None] = {}
        for path in paths:
            try:
                now[path] = self._workspace.read_text(path).text
            except FileNotFoundError:
                now[path] = None
            except (CodepilotError, OSError):
                continue  # nobody knows what it holds: it stays as it is in the list
        return now

    def _show_changes(self) -> None:
        self.pane.set_changes(tuple(_shown(each) for each in self._changes.files))

    def take(self, event: ev.Event) -> None:
        """What of the agent's facts is about files."""
        if not isinstance(event, ev.FileChanged | ev.SessionCleared):
            return
        if isinstance(event, ev.FileChanged):
            self._written.add(event.path.rpartition("/")[0])
        if not self._taken:  # a command, or a session that comes back, tells thousands at once
            self._taken = True
            self.call_next(self._show_taken)

    def _show_taken(self) -> None:
        self._taken = False
        self._show_changes()
        folders, self._written = self._written, set()
        self._reload(folders)

    def _reload(self, folders: set[str]) -> None:
        self._stale |= folders
        if not self._reloads:
            self._reloads = True
            self._reload_stale()

    @work(group="tree-reload")
    async def _reload_stale(self) -> None:
        try:
            while self._stale:
                folders, self._stale = self._stale, set()
                for tree in self.pane.query(FileTree):  # there is none where the screen goes in this moment
                    await tree.reload(folders)
        finally:
            self._reloads = False

    def _entries(self, path: str) -> list[Entry]:
        return [Entry(each.name, each.folder) for each in children(self._workspace, path) if not each.ignored]

    def on_files_pane_change_chosen(self, event: FilesPane.ChangeChosen) -> None:
        """Look at what became of a file."""
        event.stop()
        change = self._changes.get(event.path)
        if change is not None:
            self._open_change(change)

    def on_change_list_all_wanted(self, event: ChangeList.AllWanted) -> None:
        """Look at all changes, this one first."""
        event.stop()
        self._open_stream(event.path)

    def on_change_list_revert_wanted(self, event: ChangeList.RevertWanted) -> None:
        """Revert a file, or take the last revert back."""
        event.stop()
        self._revert(event.path)

    @work(group="revert", exclusive=True)
    async def _revert(self, path: str) -> None:
        await (self._list_reverts.ask(path) if path else self._list_reverts.undo())

    def _open_stream(self, path: str) -> None:
        files = [_differs(each) for each in self._changes.files]
        if files:
            at = next((at for at, each in enumerate(files) if each.path == path), 0)
            self._host.open_page(StreamPage(files, at, reverts=self._reverts), self._reverted_in_stream)

    def _reverted_in_stream(self, path: str | None) -> None:
        if path is not None:
            self._reverted(path, self._open_stream)

    def on_files_pane_file_chosen(self, event: FilesPane.FileChosen) -> None:
        """Look at a file."""
        event.stop()
        self._open_file(event.path)

    @work(group="preview", exclusive=True)
    async def _open_change(self, change: FileChange) -> None:
        if not change.coarse:
            self._open_changes(change.path)
            return
        figures = f"{change.path} {change_text(change.added, change.removed)}"
        text = await self._text(change.path)
        if text is None:
            return
        if change.before_known:
            # The first text is known, and the last one is what is on the disk.
            writes = [(change.path, change.before, text)]
            self._host.open_page(ChangePage(await asyncio.to_thread(file_edits, writes)))
            return
        self._host.tell(
            f"{figures}: over 256 KB, so the earlier text was not kept. This is the file as it is now."
        )
        self._host.open_page(FilePage(change.path, text))

    def _open_changes(self, path: str) -> None:
        """All changes that can be laid side by side, this one first."""
        writes = [(each.path, each.before, each.after) for each in self._changes.files if not each.coarse]
        if not writes:
            return  # reverted as well, between the press and now
        edits = file_edits(writes)
        paths = [edit.path for edit in edits]
        page = ChangePage(edits, paths.index(path) if path in paths else 0, reverts=self._reverts)
        self._host.open_page(page, self._reverted)

    def _reverted(self, path: str | None, show: Callable[[str], None] | None = None) -> None:
        """A change was undone, or that was: show what is left of the changes, if there is anything."""
        if path is None:
            return
        show = show or self._open_changes
        more = " u on the page of changes undoes the last revert." if self._reverts.undoable else ""
        self._host.tell(f"{self._reverts.said}{more}")

        def again() -> None:  # what came of the revert may be told in this moment only
            if any(not each.coarse for each in self._changes.files):
                show(path)

        self.set_timer(_TOLD, again)

    @work(group="preview", exclusive=True)
    async def _open_file(self, path: str) -> None:
        text = await self._text(path)
        if text is not None:
            self._host.open_page(FilePage(path, text))

    async def _text(self, path: str) -> str | None:
        try:
            return (await asyncio.to_thread(self._workspace.read_text, path)).text
        except (CodepilotError, OSError) as error:
            leads_to = await asyncio.to_thread(_broken_link, Path(self._workspace.root, path))
            said = error.message if isinstance(error, CodepilotError) else error.strerror or str(error)
            self._host.tell(_why_not(path, said, leads_to), "error")
            return None


def _broken_link(file: Path) -> str:
    """Where a link leads that leads nowhere; empty: it is none."""
    try:
        file.stat()
    except FileNotFoundError:
        return str(file.readlink()) if file.is_symlink() else ""
    except OSError:
        return ""  # the error that it was opened with says it
    return ""


def _why_not(path: str, said: str, leads_to: str) -> str:
    """Why a file is not shown; its name stands in it once."""
    named = f"'{path}'"
    if leads_to:
        why = f"{path} is a link to {leads_to}, which does not exist"
    elif said.startswith(named):
        why = path + said.removeprefix(named)
    else:
        why = said[:1].upper() + said[1:] if named in said else f"{path} cannot be shown: {said}"
    return clean_line(f"{why.rstrip('.')}.")


def _differs(change: FileChange) -> FileDiff:
    note = "over 256 KB: the earlier text was not kept" if change.coarse else ""
    before, after = (None, None) if note else (change.before, None if change.deleted else change.after)
    return FileDiff(change.path, before, after, change.added, change.removed, note)


def _shown(change: FileChange) -> Change:
    return Change(change.path, change.added, change.removed, created=change.created)
