"""What a list says of a session: its title, how its last task stands, what it has cost so far.

A journal is read once; later only the bytes that came since. What was found is kept in the index (`index.py`), which
holds nothing that the journals have not.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from contextlib import closing
from dataclasses import asdict, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal

from codepilot.errors import SessionError
from codepilot.journal.holder import Holder, holder_of
from codepilot.journal.listing import SessionInfo, sessions_of
from codepilot.journal.place import LOCK
from codepilot.journal.record import decode, type_of
from codepilot.values import dataclass

if TYPE_CHECKING:
    import sqlite3

SessionState = Literal["new", "open", "cut", "asks", "done", "stopped", "failed"]
"""No task yet; a program works in it; its program ended in the middle of a task; the last task ended because nobody
answered; it is done; was stopped, or came to a limit; failed."""
_STATES: Final[dict[str, SessionState]] = {
    "done": "done",
    "replied": "done",
    "aborted": "stopped",
    "max_steps": "stopped",
    "max_cost": "stopped",
    "needs_person": "asks",
    "failed": "failed",
}
_PIECE = 1024 * 1024
_PATIENCE = 250
"""Milliseconds for which a list waits for another program to write."""
_VERSION = 2
"""Of what is kept: with another one everything is read again."""


@dataclass(slots=True)
class Figures:
    """What the records say, so far as they were read."""

    title: str = ""
    """Given by a person or a program; empty: it has none."""
    first: str = ""
    """The person's first words."""
    state: SessionState = "new"
    """Of its last task; `cut` while it runs."""
    tasks: int = 0
    steps: int = 0
    input_tokens: int = 0
    output_tokens: int = 0
    cached_tokens: int = 0
    cost: float | None = None
    """In dollars; None where no price is known."""
    model: str = ""
    """Of the last program that worked in it: `provider:name`."""
    parent: str = ""
    """The session that it was forked from."""
    parent_n: int = 0
    """The last record that it shares with that one."""
    imported: str = ""
    """The program that wrote it, if it was imported."""
    files: list[str] = field(default_factory=list)
    """Paths that its agent changed, in order; relative to the folder where they are in it."""


@dataclass(frozen=True, slots=True)
class Overview:
    """A session in a list."""

    info: SessionInfo
    figures: Figures
    holder: Holder | None
    """The program that works in it now."""

    @property
    def id(self) -> str:
        """Of the session."""
        return self.info.id

    @property
    def title(self) -> str:
        """Its name, or the first words of its first task."""
        return self.figures.title or self.figures.first

    @property
    def state(self) -> SessionState:
        """How it stands now."""
        return "open" if self.holder is not None else self.figures.state


_LONGEST_TITLE = 200
_MOST_FILES = 500


def _created(figures: Figures, data: dict[str, Any]) -> None:
    imported = data.get("imported")
    if isinstance(imported, dict):
        figures.imported = str(imported.get("program", ""))


def _forked(figures: Figures, data: dict[str, Any]) -> None:
    figures.parent, figures.parent_n = str(data["parent"]["id"]), int(data["parent"]["n"])


def _opened(figures: Figures, data: dict[str, Any]) -> None:
    figures.model = str(data.get("model", ""))


def _titled(figures: Figures, data: dict[str, Any]) -> None:
    figures.title = str(data["title"])


def _task_started(figures: Figures, data: dict[str, Any]) -> None:
    figures.first = figures.first or str(data["task"])[:_LONGEST_TITLE]
    figures.tasks += 1
    figures.state = "cut"


def _task_finished(figures: Figures, data: dict[str, Any]) -> None:
    figures.state = _STATES.get(data["status"], "done")


def _step_started(figures: Figures, data: dict[str, Any]) -> None:
    del data
    figures.steps += 1


def _used(figures: Figures, data: dict[str, Any]) -> None:
    figures.input_tokens += int(data.get("input_tokens", 0))
    figures.output_tokens += int(data.get("output_tokens", 0))
    figures.cached_tokens += int(data.get("cached_tokens", 0))
    if data.get("cost") is not None:
        figures.cost = float(data["cost"])


def _file_changed(figures: Figures, data: dict[str, Any]) -> None:
    path = str(data["path"])
    if path not in figures.files and len(figures.files) < _MOST_FILES:
        figures.files.append(path)


_HANDLERS: Final[dict[str, Callable[[Figures, dict[str, Any]], None]]] = {
    "session_created": _created,
    "session_forked": _forked,
    "session_opened": _opened,
    "title_changed": _titled,
    "task_started": _task_started,
    "task_finished": _task_finished,
    "step_started": _step_started,
    "reply_finished": _used,
    "context_cut": _used,
    "file_changed": _file_changed,
}


def read_on(path: Path, figures: Figures, start: int = 0) -> int:
    """Take what was written since into the figures.

    Args:
        path: of the journal.
        figures: of what stands before.
        start: bytes that were read already.

    Returns:
        Bytes that are read now: up to the last whole line.

    Raises:
        OSError: it cannot be read.
    """
    with path.open("rb") as stream:
        stream.seek(start)
        held = b""
        while piece := stream.read(_PIECE):
            lines = (held + piece).split(b"\n")
            held = lines.pop()
            for line in lines:
                start += len(line) + 1
                _take(figures, line)
    return start


def _take(figures: Figures, line: bytes) -> None:
    if (handler := _HANDLERS.get(type_of(line))) is not None and (record := decode(line)) is not None:
        try:
            handler(figures, record.data)
        except (KeyError, TypeError, ValueError):
            pass  # a record of another program, or a damaged one: the rest still tells


def list_sessions(work_dir: Path | str | None = None, root: Path | None = None) -> list[Overview]:
    """The sessions of a work folder and how each stands, the one that was written to last first.

    Args:
        work_dir: where the agent works; None: wherever.
        root: the folder that holds those of the sessions; default `sessions_root()`.
    """
    return overviews(sessions_of(work_dir, root))


def overviews(sessions: Sequence[SessionInfo]) -> list[Overview]:
    """What a list says of these sessions, in their order.

    Args:
        sessions: of `sessions_of()`.
    """
    told = _kept(sessions)
    return [
        Overview(info, told[info.path], holder_of(info.path.with_name(LOCK)))
        for info in sessions
        if info.path in told
    ]


def overview_of(info: SessionInfo) -> Overview:
    """The same of one session.

    Raises:
        SessionError: it was deleted meanwhile, or cannot be read.
    """
    found = overviews([info])
    if not found:
        raise SessionError(f"The session {info.id} cannot be read.")
    return found[0]


def _kept(sessions: Iterable[SessionInfo]) -> dict[Path, Figures]:
    """The figures of all that can be read, by way of the index where there is one."""
    import sqlite3

    from codepilot.journal import index

    infos = list(sessions)
    try:
        with closing(index.opened()) as base:
            return _brought_up(base, infos)
    except sqlite3.OperationalError:  # locked, no place, a full disk: the journals have it all
        return _by_reading(infos)
    except (sqlite3.DatabaseError, ValueError, TypeError):  # damaged
        index.drop()
        return _by_reading(infos)


def _by_reading(infos: list[SessionInfo]) -> dict[Path, Figures]:
    found = {}
    for info in infos:
        figures = Figures()
        try:
            read_on(info.path, figures)
        except OSError:
            continue  # it was deleted meanwhile
        found[info.path] = figures
    return found


def _brought_up(base: sqlite3.Connection, infos: list[SessionInfo]) -> dict[Path, Figures]:
    rows = base.execute("SELECT path, created, upto, figures FROM overview WHERE version = ?", (_VERSION,))
    there = {(path, created): (upto, text) for path, created, upto, text in rows}
    found, news = {}, []
    for info in infos:
        key = str(info.path)
        upto, text = there.get((key, info.created), (0, ""))
        try:
            size = info.path.stat().st_size
            if size < upto:  # not the file that it was
                upto, text = 0, ""
            figures = Figures(**json.loads(text)) if text else Figures()
            if size > upto:
                now = read_on(info.path, figures, upto)
                if now != upto:
                    news.append((key, info.created, now, _VERSION, json.dumps(asdict(figures))))
        except OSError:
            continue  # it was deleted meanwhile
        found[info.path] = figures
    if news:
        _keep(base, news)
    return found


def _keep(base: sqlite3.Connection, news: list[tuple[Any, ...]]) -> None:
    """Keep what was found; where another program writes just now, it is found again the next time."""
    from sqlite3 import OperationalError

    base.execute(f"PRAGMA busy_timeout = {_PATIENCE}")
    try:
        with base:
            base.executemany("INSERT OR REPLACE INTO overview VALUES (?, ?, ?, ?, ?)", news)
    except OperationalError:
        pass
