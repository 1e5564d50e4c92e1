"""What a journal tells of files: each change, and at which record it belongs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import field
from pathlib import Path
from typing import Any

from codepilot.checkpoints.replacing import State
from codepilot.journal.record import Record, decode, type_of
from codepilot.values import dataclass


@dataclass(frozen=True, slots=True)
class Change:
    """A file became another."""

    at: int
    """The record from which on it may have been so: the one of the call's beginning, not of its telling."""
    path: str
    before: State | None
    after: State | None
    folders: int = 0
    """How many of the folders above it were made with it."""
    maybe: bool = False
    """The program ended before it told; whether it happened is to be seen on the disk."""
    joined: bool = False
    """Which of several commands did it is not known."""


@dataclass(slots=True)
class History:
    """The file changes of a session, oldest first."""

    changes: list[Change] = field(default_factory=list)
    tasks: dict[int, int] = field(default_factory=dict)
    """Of each task since the conversation began, by its number, the record of its start."""
    commands: list[tuple[int, str]] = field(default_factory=list)
    """What ran, each with the record of its start."""
    unseen: list[tuple[int, str]] = field(default_factory=list)
    """Those of them during or right behind which the program ended: what they changed is not known, or not whole."""
    heads: list[tuple[int, Mapping[str, Any]]] = field(default_factory=list)
    """Moves of git's HEAD, each with the record of the call's start."""
    left_out: dict[str, str] = field(default_factory=dict)
    """What is not covered, each with the reason."""
    last: int = 0
    """The number of the last record."""
    restores: dict[int, int] = field(default_factory=dict)
    """The records of restores, each with that of the cut restore which it ended; 0: none."""
    open_restore: int = 0
    """The record of a restore that did not come to its end, and after which no task began; 0: there is none.

    The rewind of the conversation that belongs to it is a part of it.
    """
    open_first: int = 0
    """The one that it finishes, if that is so; else the same."""
    open_to: int = 0
    """To which record it went."""
    open_rewinds: int = 0
    """Behind which record the conversation was to go on after it; 0: it was to stay."""
    open_folders: dict[str, int] = field(default_factory=dict)
    """How many folders above these files were to go at its end."""
    open_rows: dict[str, Change] = field(default_factory=dict)
    """What it was to change and did not tell."""

    def from_record(self, record: int) -> list[Change]:
        """The changes from a record on; of a restore, only its own and those of the restore that finished it."""
        if record not in self.restores:
            return [change for change in self.changes if change.at >= record]
        parts = {record}
        for later, ended in sorted(self.restores.items()):
            if ended in parts:
                parts.add(later)
        return [change for change in self.changes if change.at in parts]


_LOOKED_AT = frozenset({"done", "replied", "max_steps", "max_cost", "needs_person"})
"""How tasks end whose changes are all told by then."""
_OF_CALLS = frozenset({"tool_finished", "changes_told", "task_finished"})
"""Of interest only while a call may have changed what is not told."""
_OF_INTEREST = frozenset(
    {
        *("task_started", "task_resumed", "session_cleared", "effect_started", "file_changed"),
        *(
            "restore_started",
            "restore_finished",
            "rewound",
            "checkpoint_seeded",
            "head_moved",
            "session_opened",
        ),
    }
)


def read_history(lines: Iterable[bytes], root: str, texts: Path | None = None) -> History:
    """What the lines of a journal tell of files.

    Args:
        lines: of the journal, from the first.
        root: the work folder, without links.
        texts: the folder with the long texts of the session.
    """
    reading = _Reading(root.rstrip("/") + "/")
    for line in lines:
        kind = type_of(line)
        if (
            line.endswith(b"\n")
            and (kind in _OF_INTEREST or (kind in _OF_CALLS and reading.running))
            and (record := decode(line, texts)) is not None
        ):
            try:
                reading.take(record)
            except (KeyError, TypeError, ValueError, AttributeError):
                continue  # fields are missing, or of another type: what it told cannot be undone
    return reading.end()


class _Reading:
    def __init__(self, top: str) -> None:
        self._top = top
        self.history = History()
        self._began: dict[str, int] = {}
        """The record at which each call began to act."""
        self._open: dict[str, Change] = {}
        """Writes that were begun and not told, by their calls."""
        self._awaits = False
        """The open restore has only the rewind of the conversation to come."""
        self.running: dict[str, tuple[int, str]] = {}
        """Commands of which it is not told yet what they changed, by their calls."""
        self._covered = True
        """The folder is looked at behind commands."""

    def take(self, record: Record) -> None:
        history, data = self.history, record.data
        history.last = record.n
        match record.type:
            case "task_started" | "task_resumed":
                self._task(record)
            case "session_cleared":
                history.tasks.clear()
                self._rewound()
            case "rewound":
                self._rewound()
            case "effect_started":
                self._effect(record.n, data)
            case "file_changed":
                self._changed(record.n, data)
            case "restore_started":
                self._restore(record)
            case "restore_finished":
                self._restored()
            case "head_moved":
                history.heads.append((self._began.get(data["call_id"], record.n), data))
            case "checkpoint_seeded":
                history.left_out.update(data["left_out"])
                self._covered = data.get("method") != "none"
            case _:
                self._follow(record.type, data)

    def _follow(self, kind: str, data: Mapping[str, Any]) -> None:
        """Whether it is told what the commands changed that were begun."""
        match kind:
            case "session_opened":
                self._ended()
                self._covered = True
            case "tool_finished":
                self._finished(data)
            case "changes_told":
                self.running.pop(data["call_id"], None)
            case "task_finished" if data["status"] in _LOOKED_AT:
                self.running.clear()

    def end(self) -> History:
        self._ended()
        self.history.changes += [*self._open.values(), *self.history.open_rows.values()]
        self.history.changes.sort(
            key=lambda change: change.at
        )  # a stable sort: those of one call stay in order
        return self.history

    def _finished(self, data: Mapping[str, Any]) -> None:
        """A call is over; what it changed is told later, where anybody looks."""
        recovered = data.get("recovered")
        command = self.running.pop(data["call_id"], None) if recovered or not self._covered else None
        if command is not None and recovered:
            self.history.unseen.append(command)

    def _ended(self) -> None:
        """The program ended here: nobody looked at the folder behind what is not told, or not to the end."""
        self.history.unseen += self.running.values()
        self.running.clear()

    def _task(self, record: Record) -> None:
        self._ended()
        self._leave_restore()
        if record.type == "task_started":
            self.history.tasks[int(record.data["number"])] = record.n

    def _restore(self, record: Record) -> None:
        self._leave_restore()
        history, data = self.history, record.data
        history.restores[record.n] = int(data.get("finishes", 0))
        history.open_restore, history.open_to = record.n, int(data["to"])
        history.open_first = history.restores[record.n] or record.n
        history.open_rewinds = int(data.get("rewinds", 0))
        for row in data["rows"]:
            history.open_rows[row["path"]] = _of_row(record.n, row)
        history.open_folders = {str(path): int(n) for path, n in data.get("folders", {}).items()}

    def _restored(self) -> None:
        self.history.open_rows.clear()
        self.history.open_folders.clear()
        self._awaits = bool(self.history.open_restore and self.history.open_rewinds)
        if not self._awaits:
            self.history.open_restore = 0

    def _rewound(self) -> None:
        """The conversation followed the files, or there is none any more that could."""
        if self._awaits:
            self._awaits = False
            self.history.open_restore = 0

    def _leave_restore(self) -> None:
        """The person went on with something else; what it did not tell may have happened all the same."""
        self._awaits = False
        self.history.changes += self.history.open_rows.values()
        self.history.open_rows.clear()
        self.history.open_restore = 0

    def _effect(self, n: int, data: Mapping[str, Any]) -> None:
        call = data["call_id"]
        self._began[call] = n
        if data["effect"] == "write":
            # Its digests are the ids of the contents.
            before, after = (State(data[key], 0) if data.get(key) else None for key in ("before", "after"))
            path = str(data["path"]).removeprefix(self._top)
            self._open[call] = Change(n, path, before, after, maybe=True)
        elif data["effect"] in ("command", "outside"):
            command = (n, str(data.get("command") or data.get("terminal") or ""))
            self.history.commands.append(command)
            self.running[call] = command

    def _changed(self, n: int, data: Mapping[str, Any]) -> None:
        call, source = data["call_id"], data.get("source", "tool")
        at = self._began.get(call, n)
        if source == "restore" and self.history.open_restore:
            at = self.history.open_restore
            self.history.open_rows.pop(data["path"], None)
        elif source == "tool":
            self._open.pop(call, None)
        before, after = _state(data, "before"), _state(data, "after")
        self.history.changes.append(
            Change(
                at,
                str(data["path"]),
                before,
                after,
                int(data.get("folders", 0)),
                joined=bool(data.get("joined", False)),
            )
        )


def _state(data: Mapping[str, Any], which: str) -> State | None:
    """As a change tells it; a journal of an earlier program has no ids."""
    key = data.get(f"{which}_id", "")
    return None if key is None else State(str(key), int(data.get(f"{which}_mode", 0)))


def _of_row(n: int, row: Mapping[str, Any]) -> Change:
    """A row of a restore: from what stands there now to what stood there then."""
    now, then = (
        None if row[f"{which}_id"] is None else State(str(row[f"{which}_id"]), int(row[f"{which}_mode"]))
        for which in ("now", "then")
    )
    return Change(n, str(row["path"]), now, then, maybe=True)
