"""The words of all sessions, to be searched: a SQLite file that holds nothing but what the journals have.

It is brought up to date when it is asked, by the bytes that came since; one that is missing, damaged or of another
version is made anew.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

from codepilot import paths
from codepilot.errors import SessionError
from codepilot.journal.listing import SessionInfo
from codepilot.journal.place import on_network
from codepilot.journal.record import decode, type_of
from codepilot.values import dataclass

_VERSION = 1
_LONGEST = 100_000
"""Characters of a message that are searched."""
_MADE = """
CREATE TABLE session (path TEXT PRIMARY KEY, indexed_to INTEGER NOT NULL);
CREATE VIRTUAL TABLE said USING fts5(text, path UNINDEXED, n UNINDEXED, kind UNINDEXED, time UNINDEXED);
"""
_FOUND = """
SELECT path, n, kind, time, snippet(said, 0, '', '', '…', 12) FROM said WHERE said MATCH ? ORDER BY rank LIMIT ?
"""


@dataclass(frozen=True, slots=True)
class Hit:
    """A message in which the words stand."""

    session: str
    """The id of the session."""
    n: int
    """The number of its record."""
    kind: str
    """As in `MessageStored`."""
    time: float
    """Seconds since 1970."""
    text: str
    """Some words around them."""


def search(
    words: str, sessions: Sequence[SessionInfo], most: int = 20, file: Path | None = None
) -> list[Hit]:
    """The messages that hold all of these words, the best first.

    Args:
        words: to be found, in any order; the beginning of a word is not enough.
        sessions: in which.
        most: hits that are given.
        file: of the index; default `index.sqlite3` in the state folder.

    Raises:
        SessionError: SQLite has no full text here, or the index cannot be written.
    """
    file = file or paths.state_dir() / "index.sqlite3"
    for attempt in (1, 2):
        try:
            with closing(_opened(file)) as base:
                _update(base, sessions)
                return _look(base, words, sessions, most)
        except sqlite3.DatabaseError as error:
            if attempt == 2:
                raise SessionError(f"The sessions cannot be searched: {error}.") from error
            file.unlink(missing_ok=True)  # it holds nothing that the journals have not
    raise AssertionError


def _opened(file: Path) -> sqlite3.Connection:
    try:
        paths.private_dir(file.parent)
        remote = on_network(file.parent)
    except OSError:
        remote = True
    # On a network file system SQLite's files are damaged sooner or later.
    base = sqlite3.connect(":memory:" if remote else file, timeout=10)
    try:
        if not remote:
            file.chmod(0o600)
        (version,) = base.execute("PRAGMA user_version").fetchone()
        if version not in (0, _VERSION):
            raise sqlite3.DatabaseError(f"the index is of version {version}")
        if version == 0:
            base.executescript(f"{_MADE}PRAGMA user_version = {_VERSION};")
    except BaseException:
        base.close()
        raise
    return base


def _update(base: sqlite3.Connection, sessions: Sequence[SessionInfo]) -> None:
    there = {str(info.path) for info in sessions}
    with base:
        for path, indexed_to in base.execute("SELECT path, indexed_to FROM session").fetchall():
            if path in there and Path(path).stat().st_size < indexed_to:
                there.discard(path)  # not the file that it was
                _forget(base, path)
            elif not Path(path).exists():
                _forget(base, path)
        for info in sessions:
            _add(base, info.path)


def _forget(base: sqlite3.Connection, path: str) -> None:
    base.execute("DELETE FROM said WHERE path = ?", (path,))
    base.execute("DELETE FROM session WHERE path = ?", (path,))


def _add(base: sqlite3.Connection, path: Path) -> None:
    """What was written since."""
    row = base.execute("SELECT indexed_to FROM session WHERE path = ?", (str(path),)).fetchone()
    start = row[0] if row else 0
    try:
        with path.open("rb") as stream:
            stream.seek(start)
            data = stream.read()
    except OSError:
        return  # it was deleted meanwhile
    data = data[: data.rfind(b"\n") + 1]
    rows: list[tuple[Any, ...]] = []
    for line in data.split(b"\n"):
        record = decode(line) if type_of(line) == "message_stored" else None
        if record is not None and record.data.get("kind") in ("task", "person", "reply"):
            text = str(record.data.get("text", ""))[:_LONGEST]
            rows.append((text, str(path), record.n, record.data["kind"], record.time))
    base.executemany("INSERT INTO said (text, path, n, kind, time) VALUES (?, ?, ?, ?, ?)", rows)
    base.execute("INSERT OR REPLACE INTO session VALUES (?, ?)", (str(path), start + len(data)))


def _look(base: sqlite3.Connection, words: str, sessions: Sequence[SessionInfo], most: int) -> list[Hit]:
    wanted = " ".join('"{}"'.format(word.replace('"', '""')) for word in words.split())
    if not wanted:
        return []
    ids = {str(info.path): info.id for info in sessions}
    found = base.execute(_FOUND, (wanted, 10 * most)).fetchall()
    return [Hit(ids[path], n, kind, time, text) for path, n, kind, time, text in found if path in ids][:most]
