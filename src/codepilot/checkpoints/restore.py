"""A restore: its plan from the journal and the disk, and its carrying out, one file at a time.

Where the person changed a file since, both changes are kept if they do not touch; else the disk wins, and the plan says
so. What stands on the disk is kept before anything replaces it, so a restore is undone by the same functions.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping
from typing import Any

from codepilot import diff
from codepilot.checkpoints.heads import way_back
from codepilot.checkpoints.history import Change, History
from codepilot.checkpoints.plan import RestorePlan, RestoreRow
from codepilot.checkpoints.replacing import Changed, Found, State
from codepilot.checkpoints.states import WorkFiles
from codepilot.checkpoints.telling import change_of, text_of
from codepilot.checkpoints.undo import LOST, begin, joined, only_hunks
from codepilot.errors import UsageError, WorkspaceError
from codepilot.events import FileChanged
from codepilot.journal.blobs import BlobStore


class Restorer:
    """Plans and carries out. Its methods read and write files: call them in a thread.

    Args:
        files: of the work folder.
        store: what they were.
    """

    def __init__(self, files: WorkFiles, store: BlobStore) -> None:
        self._files = files
        self._store = store
        self.root = files.root
        """The work folder, without links."""

    def plan(
        self,
        history: History,
        to: int,
        paths: Collection[str] | None = None,
        hunks: Collection[int] | None = None,
        overwrite: Collection[str] = (),
    ) -> RestorePlan:
        """How files come back to what they were at a record. What the plan needs is kept from here on.

        Args:
            history: of the session.
            to: the record; of a restore: that one is undone, and not what came after it.
            paths: only these; None: all.
            hunks: of the one path: undo only these of its change.
            overwrite: bring these back also where others changed them.

        Raises:
            UsageError: the hunks cannot be undone one by one.
            OSError: the disk refuses to keep what stands there now.
        """
        last = to if to in history.restores else history.last
        by_path: dict[str, list[Change]] = defaultdict(list)
        for change in history.from_record(to):
            if paths is None or change.path in paths:
                by_path[change.path].append(change)
        rows = []
        for path, changes in sorted(by_path.items()):
            chain = joined(changes)
            if hunks is not None:
                chain = self._with_hunks(chain, hunks)
            if (row := self._row(path, chain, overwrite=path in overwrite)) is not None:
                rows.append(row)
        return RestorePlan(
            to=to,
            rows=_in_order(rows),
            commands=tuple(command for at, command in history.commands if to <= at <= last and command),
            unseen=tuple(command for at, command in history.unseen if to <= at <= last),
            head=way_back([data for at, data in history.heads if to <= at <= last]),
            left_out=dict(history.left_out),
            joined=any(change.joined for changes in by_path.values() for change in changes),
        )

    def rest_of(self, history: History) -> RestorePlan | None:
        """What a restore that did not come to its end had still to do; None: there is none."""
        if not history.open_restore:
            return None
        rows = []
        for path in {*history.open_rows, *history.open_folders}:
            self._files.sweep(path)
        for path, change in sorted(history.open_rows.items()):
            found, why = self._look(path)
            if found is not None and found.state != change.before:
                if found.state == change.after:
                    continue
                why = "it has changed since the restore began"
            rows.append(self._told(path, found, change.after, why))
        return RestorePlan(
            to=history.open_to,
            rows=_in_order(rows),
            left_out=dict(history.left_out),
            finishes=history.open_first,
            rewinds=history.open_rewinds,
            folders=dict(history.open_folders),
        )

    def carry_out(self, row: RestoreRow) -> FileChanged | str:
        """Bring one file back; returns what came of it, or why it stays as it is."""
        old = self._store.get(row.now.id) if row.now is not None else None
        new = self._store.get(row.then.id) if row.then is not None else None
        if row.then is not None and new is None:
            return LOST
        try:
            folders = self._files.missing_folders(row.path) if row.now is None else row.folders
            self._files.put(row.path, row.now, row.then, new or b"")
        except Changed:
            return "it has changed since the plan was made"
        except (WorkspaceError, OSError) as error:
            return str(error)
        return change_of(
            row.path, (row.now, old), (row.then, new), call_id="", source="restore", folders=folders
        )

    def remove_folders(self, folders: Mapping[str, int]) -> None:
        """Remove the folders that were made with files which are gone now, as far as they are empty.

        Args:
            folders: how many, by the path of each file.
        """
        for path, many in sorted(folders.items(), reverse=True):
            self._files.remove_empty(path, many)

    def texts(self, row: RestoreRow) -> tuple[str | None, str | None]:
        """What stands there now and what shall stand there; None: nothing, or no text."""
        now, then = (
            text_of(each, self._store.get(each.id)) if each is not None else None
            for each in (row.now, row.then)
        )
        return (now.text if now else None), (then.text if then else None)

    def _with_hunks(self, chain: list[Change], hunks: Collection[int]) -> list[Change]:
        if len(chain) != 1:
            raise UsageError(
                "This file was also changed by others, so its hunks cannot be undone one by one.",
                hint="Undo the whole change.",
            )
        return [only_hunks(chain[0], sorted(hunks), self._store)]

    def _row(self, path: str, chain: list[Change], *, overwrite: bool) -> RestoreRow | None:
        """The row of a file; None: it is as it was."""
        found, why = self._look(path)
        if found is None:
            return RestoreRow(path=path, now=None, then=None, kept=why)
        undoing = begin(found, self._store)
        gone = ""
        if why := undoing.undo(chain):
            if not overwrite or not undoing.become(chain[0].before):
                return self._told(path, found, None, why)
            gone = why
        if undoing.state == found.state:
            return None
        self._store.put(
            *(
                data
                for state, data in ((found.state, found.data), (undoing.state, undoing.data))
                if state is not None and data is not None
            )
        )
        folders = max((change.folders for change in chain), default=0) if undoing.state is None else 0
        more = {"merged": undoing.merged, "overwritten": gone}
        return self._told(path, found, undoing.state, "", folders=folders, **more)

    def _look(self, path: str) -> tuple[Found | None, str]:
        """What stands there; or None and why it cannot be looked at."""
        try:
            return self._files.look(path), ""
        except WorkspaceError as error:
            return None, error.message

    def _told(self, path: str, found: Found | None, then: State | None, why: str, **more: Any) -> RestoreRow:
        now = found.state if found is not None else None
        if why:
            return RestoreRow(path=path, now=now, then=now, kept=why)
        row = RestoreRow(path=path, now=now, then=then, **more)
        before, after = self.texts(row)
        added, removed = diff.counts(before or "", after or "")
        return RestoreRow(path=path, now=now, then=then, added=added, removed=removed, **more)


def _in_order(rows: list[RestoreRow]) -> tuple[RestoreRow, ...]:
    """What goes first makes room: where a file was there may be a folder now, and the other way round."""
    return tuple(sorted(rows, key=lambda row: row.action != "delete"))
