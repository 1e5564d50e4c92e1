"""The words of all sessions, to be searched, and what a list says of them: a SQLite file that holds nothing but what
the journals have.

It is brought up to date when it is asked, by the bytes that came since; one that is missing, damaged or of another
version is made anew.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Collection, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

from codepilot import paths
from codepilot.errors import SessionError
from codepilot.journal.listing import SessionInfo
from codepilot.journal.place import TEXTS, on_network
from codepilot.journal.record import decode, type_of
from codepilot.journal.words import phrases, snippet, weight
from codepilot.values import dataclass

_VERSION = 3
_LONGEST = 100_000
"""Characters of a message that are searched."""
_TABLES = (
    "CREATE TABLE session (path TEXT PRIMARY KEY, created REAL NOT NULL, indexed_to INTEGER NOT NULL)",
    "CREATE TABLE overview (path TEXT PRIMARY KEY, created REAL NOT NULL, upto INTEGER NOT NULL, "
    "version INTEGER NOT NULL, figures TEXT NOT NULL)",
    f"PRAGMA user_version = {_VERSION}",
)
FULL_TEXT = "fts5"
"""The module of SQLite that finds words; a SQLite that was built without it is met by its own error."""
_WITH_FULL_TEXT = (
    "CREATE VIRTUAL TABLE said USING fts5(text, path UNINDEXED, n UNINDEXED, kind UNINDEXED, time UNINDEXED)"
)
_WITHOUT = "CREATE TABLE said (text TEXT, path TEXT, n INTEGER, kind TEXT, time REAL)"
_FOUND = """
SELECT path, n, kind, time, snippet(said, 0, '', '', '…', 12) FROM said
  WHERE said MATCH ? AND path IN (SELECT path FROM temp.asked) ORDER BY rank LIMIT ?
"""


@dataclass(frozen=True, slots=True)
class Hit:
    """A message in which the words stand."""

    session: str
    """The id of the session."""
    n: int
    """The number of its record."""
    kind: str
    """As in `MessageStored`, or `title`."""
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
        file: of the index; default `index.sqlite3` in the state folder, or in the cache folder if that is on a network.

    Raises:
        SessionError: the index cannot be written.
    """
    for attempt in (1, 2):
        try:
            with closing(opened(file)) as base:
                _update(base, sessions)
                return _look(base, words, sessions, most)
        except sqlite3.DatabaseError as error:
            if attempt == 2 or isinstance(error, sqlite3.OperationalError):
                raise SessionError(f"The sessions cannot be searched: {error}.") from error
            drop(file)
    raise AssertionError


def opened(file: Path | None = None) -> sqlite3.Connection:
    """The index, made anew where it is damaged or of another version; in memory where there is no place for a file.

    Args:
        file: of the index; default as for `search`.

    Raises:
        sqlite3.Error: it cannot be made.
    """
    place = file or _place()
    if place is None:
        return _made(":memory:")
    try:
        return _made(place)
    except (
        sqlite3.OperationalError
    ):  # it is locked, or cannot be opened: that it is damaged is not said by this
        raise
    except sqlite3.DatabaseError:
        drop(place)
        return _made(place)


def drop(file: Path | None = None) -> None:
    """Take the index away; it holds nothing that the journals have not.

    Args:
        file: of the index; default as for `search`.
    """
    place = file or _place()
    if place is not None:
        for end in ("", "-wal", "-shm", "-journal"):
            place.with_name(f"{place.name}{end}").unlink(missing_ok=True)


def _place() -> Path | None:
    """On a network file system SQLite's files are damaged sooner or later."""
    for folder in (paths.state_dir, paths.cache_dir):
        try:
            if not on_network(paths.private_dir(folder())):
                return folder() / "index.sqlite3"
        except OSError:
            continue
    return None


def _made(place: Path | str) -> sqlite3.Connection:
    base = sqlite3.connect(place, timeout=10)
    try:
        if isinstance(place, Path):
            place.chmod(0o600)
            base.execute("PRAGMA journal_mode = WAL")  # who lists does not wait for who searches
            base.execute("PRAGMA synchronous = NORMAL")
        full_text = _has_full_text(base)
        if _version(base) == 0:
            _make(base, _WITH_FULL_TEXT if full_text else _WITHOUT)
        if (version := _version(base)) != _VERSION:
            raise sqlite3.DatabaseError(f"the index is of version {version}")
        if not full_text and _uses_full_text(base):
            raise sqlite3.DatabaseError("the index is of another SQLite, with full text")
    except BaseException:
        base.close()
        raise
    return base


def _version(base: sqlite3.Connection) -> int:
    (version,) = base.execute("PRAGMA user_version").fetchone()
    return int(version)


def _make(base: sqlite3.Connection, said: str) -> None:
    """Make the tables, unless another program was quicker."""
    with base:
        base.execute("BEGIN IMMEDIATE")
        if _version(base) == 0:
            for statement in (said, *_TABLES):
                base.execute(statement)


def _has_full_text(base: sqlite3.Connection) -> bool:
    """Whether this SQLite has it: it says so only when it is asked for a table."""
    try:
        base.execute(f"CREATE VIRTUAL TABLE temp.probe USING {FULL_TEXT}(text)")
    except sqlite3.OperationalError:
        return False
    base.execute("DROP TABLE temp.probe")
    return True


def _uses_full_text(base: sqlite3.Connection) -> bool:
    (made,) = base.execute("SELECT sql FROM sqlite_master WHERE name = 'said'").fetchone()
    return "VIRTUAL" in made


def _update(base: sqlite3.Connection, sessions: Sequence[SessionInfo]) -> None:
    there = {str(info.path): info.created for info in sessions}
    with base:
        base.execute(
            "BEGIN IMMEDIATE"
        )  # who looked before it writes would add what another one adds meanwhile
        for path, created, indexed_to in base.execute(
            "SELECT path, created, indexed_to FROM session"
        ).fetchall():
            file = Path(path)
            # Not the file that it was: another session has its name now, or its end was healed.
            if not file.exists() or there.get(path, created) != created or file.stat().st_size < indexed_to:
                _forget(base, path)
        for info in sessions:
            _add(base, info)


def _forget(base: sqlite3.Connection, path: str) -> None:
    base.execute("DELETE FROM said WHERE path = ?", (path,))
    base.execute("DELETE FROM session WHERE path = ?", (path,))


def _add(base: sqlite3.Connection, info: SessionInfo) -> None:
    """What was written since."""
    path = info.path
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
        told = type_of(line) in ("message_stored", "title_changed")
        record = decode(line, path.with_name(TEXTS)) if told else None
        if record is None:
            continue
        if record.type == "title_changed":
            base.execute("DELETE FROM said WHERE path = ? AND kind = 'title'", (str(path),))
            rows = [row for row in rows if row[3] != "title"]
            rows.append((str(record.data.get("title", "")), str(path), record.n, "title", record.time))
        elif record.data.get("kind") in ("task", "person", "reply"):
            text = str(record.data.get("text", ""))[:_LONGEST]
            rows.append((text, str(path), record.n, record.data["kind"], record.time))
    base.executemany("INSERT INTO said (text, path, n, kind, time) VALUES (?, ?, ?, ?, ?)", rows)
    base.execute(
        "INSERT OR REPLACE INTO session VALUES (?, ?, ?)", (str(path), info.created, start + len(data))
    )


def _look(base: sqlite3.Connection, words: str, sessions: Sequence[SessionInfo], most: int) -> list[Hit]:
    wanted = " ".join('"{}"'.format(word.replace('"', '""')) for word in words.split())
    if not wanted:
        return []
    ids = {str(info.path): info.id for info in sessions}
    if _uses_full_text(base):
        base.execute("CREATE TEMP TABLE asked (path TEXT PRIMARY KEY)")
        base.executemany("INSERT INTO temp.asked VALUES (?)", ((path,) for path in ids))
        found = base.execute(_FOUND, (wanted, most)).fetchall()
    else:
        found = _looked_through(base, words, ids)[:most]
    return [Hit(ids[path], n, kind, time, text) for path, n, kind, time, text in found]


def _looked_through(base: sqlite3.Connection, words: str, ids: Collection[str]) -> list[tuple[Any, ...]]:
    """The same without full text: every message is read."""
    wanted = phrases(words)
    ranked = []
    for text, *where in base.execute("SELECT text, path, n, kind, time FROM said"):
        if where[0] not in ids:
            continue
        if found := weight(text, wanted):
            ranked.append((found, [*where, snippet(text, wanted)]))
    return [tuple(row) for _, row in sorted(ranked, key=lambda each: -each[0])]
