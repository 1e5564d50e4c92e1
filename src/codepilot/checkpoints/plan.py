"""What a restore would do, for the person to see before it is done."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import field, replace

from codepilot.checkpoints.replacing import State
from codepilot.events import RestoreStarted
from codepilot.values import dataclass

LEFT = "its restore was cut, and it was left as it is"


@dataclass(frozen=True, slots=True, kw_only=True)
class RestoreRow:
    """One file of a plan."""

    path: str
    """As in `FileChanged`: relative to the work folder where it is inside."""
    now: State | None
    """What stands there; None: nothing."""
    then: State | None
    """What shall stand there; None: nothing. The same as `now` where the file is `kept`."""
    added: int = 0
    """Lines that the restore adds."""
    removed: int = 0
    merged: bool = False
    """The person changed the file, too, and those lines stay."""
    kept: str = ""
    """Why the file stays as it is, in words for the person; empty: it is restored."""
    overwritten: str = ""
    """What of the person goes although the file would have been kept for it, in words; empty: nothing does."""
    folders: int = 0
    """How many of the folders above it go with it, if they are empty then."""

    @property
    def action(self) -> str:
        """``keep``, ``create``, ``delete`` or ``write``."""
        if self.kept:
            return "keep"
        return "create" if self.now is None else "delete" if self.then is None else "write"


@dataclass(frozen=True, slots=True, kw_only=True)
class RestorePlan:
    """How files are brought back to what they were at a record of the journal. `apply_restore()` does it."""

    to: int
    """The record."""
    rows: tuple[RestoreRow, ...]
    """The files that are not as they were: first those that go, each in the order of their paths."""
    commands: tuple[str, ...] = ()
    """Commands that ran since: what they did beside files of the work folder stays."""
    unseen: tuple[str, ...] = ()
    """Those of them during which the program ended: which files they changed is not known, and those stay."""
    head: str = ""
    """The command that would bring git's HEAD back, which a restore leaves where it is; empty: it did not move."""
    left_out: dict[str, str] = field(default_factory=dict)
    """Files and folders whose changes by commands are not known, each with the reason."""
    finishes: int = 0
    """The record of the restore that it finishes; 0: none."""
    rewinds: int = 0
    """Behind which record the conversation shall go on afterwards; 0: it stays.

    Only noted, for a program that finishes this restore: `rewind()` does it.
    """
    folders: dict[str, int] = field(default_factory=dict)
    """Of files that are gone already, how many of the folders above them go, if they are empty then."""
    joined: bool = False
    """A command before that record may have changed some of these files, too: it was not looked in between."""

    @property
    def changes(self) -> tuple[RestoreRow, ...]:
        """The files that are restored."""
        return tuple(row for row in self.rows if not row.kept)

    @property
    def kept(self) -> tuple[RestoreRow, ...]:
        """The files that stay as they are, each with its reason."""
        return tuple(row for row in self.rows if row.kept)

    @property
    def started(self) -> RestoreStarted:
        """The event that goes before its carrying out."""
        rows = tuple(
            {"path": row.path, **_told("now", row.now), **_told("then", row.then)} for row in self.changes
        )
        going = {row.path: row.folders for row in self.changes if row.then is None and row.folders}
        folders = {**self.folders, **going}
        return RestoreStarted(
            to=self.to, rows=rows, folders=folders, finishes=self.finishes, rewinds=self.rewinds
        )

    @property
    def left(self) -> RestorePlan:
        """The plan that ends an unfinished restore with all files as they are now."""
        rows = (replace(row, then=row.now, kept=row.kept or LEFT) for row in self.rows)
        return replace(self, rows=tuple(rows), folders={}, rewinds=0)

    def without(self, paths: Collection[str]) -> RestorePlan:
        """The plan for the other files only."""
        return replace(self, rows=tuple(row for row in self.rows if row.path not in paths))


def _told(when: str, state: State | None) -> dict[str, str | int | None]:
    return {
        f"{when}_id": state.id if state is not None else None,
        f"{when}_mode": state.mode if state is not None else 0,
    }


@dataclass(frozen=True, slots=True, kw_only=True)
class Restored:
    """What came of a restore."""

    record: int
    """Its own place in the journal: ``plan_restore(record=…)`` undoes it. 0: nothing was to do."""
    done: tuple[str, ...]
    """The files that were restored."""
    kept: dict[str, str]
    """Those that stayed as they are, each with the reason."""
