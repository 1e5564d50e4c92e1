"""What a list says of a session: its title, how its last task stands, what it has cost so far.

A journal is read once; later only the bytes that came since. What was found is kept in the index (`index.py`), which
holds nothing that the journals have not.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from contextlib import closing
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from codepilot.errors import SessionError
from codepilot.journal.figures import Figures, SessionState, read_on
from codepilot.journal.holder import Holder, holder_of
from codepilot.journal.listing import SessionInfo, sessions_of
from codepilot.journal.place import LOCK
from codepilot.values import dataclass

if TYPE_CHECKING:
    import sqlite3

_PATIENCE = 250
"""Milliseconds for which a list waits for another program to write."""
_VERSION = 3
"""Of what is kept: with another one everything is read again."""


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
