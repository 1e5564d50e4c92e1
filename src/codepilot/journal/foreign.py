"""Saved sessions of other programs, read: codepilot-ai's files and databases, pyopencode's and pygent's histories."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import field
from pathlib import Path
from typing import Any, Final

from codepilot.errors import SessionError, UsageError
from codepilot.journal.record import LAST_TIME
from codepilot.values import dataclass

_SQLITE: Final = b"SQLite format 3\0"
_MOST = 512 * 1024 * 1024
"""Bytes of a file that is read."""
_ARCHIVED = "[ARCHIVED TASK "
EXPORTED: Final = "codepilot-session"
"""What `format` says in a session that was exported as JSON."""


@dataclass(slots=True)
class Foreign:
    """A session of another program."""

    program: str
    """codepilot-ai, pyopencode or pygent; `codepilot`: one that was exported as JSON."""
    id: str
    """What that program calls it."""
    source: Path
    messages: list[dict[str, Any]] = field(default_factory=list)
    """Dicts with `role` and `content`; those of pyopencode and pygent may have `tool_calls` and `tool_call_id`."""
    agent: str = ""
    created: float | None = None
    """Seconds since 1970; so is the next."""
    updated: float | None = None
    folder: Path | None = None
    """Where its agent worked, if it says so."""
    records: list[dict[str, Any]] = field(default_factory=list)
    """Of an export, instead of messages."""


def read_foreign(path: Path) -> list[Foreign]:
    """The sessions in a file or a folder.

    Args:
        path: a file of one of those programs, or a folder with such files: ``~/.codepilot/sessions``, the data folder
            of pyopencode, a folder that pygent saved.

    Raises:
        UsageError: there is nothing at that path, or nothing that is a session.
        SessionError: it cannot be read.
    """
    try:
        found = list(_in_folder(path) if path.is_dir() else _in_file(path))
    except FileNotFoundError:
        raise UsageError(f"There is no file {path}.") from None
    except OSError as error:
        raise SessionError(f"{path} cannot be read: {error.strerror or error}.") from error
    if not found:
        raise UsageError(
            f"{path} holds no session of codepilot-ai, pyopencode or pygent.",
            hint="Name a session's .json or .jsonl file, a codepilot.db, or the folder that has them.",
        )
    return found


def _in_folder(folder: Path) -> Iterator[Foreign]:
    if (history := folder / "history.json").is_file():  # as pygent saves: its workspace lies beside
        for each in _in_file(history):
            work = folder / "workspace"
            each.id, each.folder = folder.resolve().name, work.resolve() if work.is_dir() else None
            yield each
        return
    inner = folder / "sessions"
    for place in (folder, inner) if inner.is_dir() else (folder,):
        for file in sorted(place.iterdir()):
            if file.suffix in (".json", ".jsonl", ".db") and file.is_file() and not _is_log(file):
                yield from _in_file(file)


def _is_log(file: Path) -> bool:
    """What we keep of a task beside a file, until it is in there."""
    return file.name.endswith(".log.jsonl")


def _in_file(file: Path) -> Iterator[Foreign]:
    with file.open("rb") as stream:
        head = stream.read(len(_SQLITE))
    if head == _SQLITE:
        yield from _in_database(file)
        return
    if file.stat().st_size > _MOST:
        raise SessionError(f"{file} is too large to be read as a session.")
    data = file.read_bytes()
    if file.suffix == ".jsonl":
        messages = [each for line in data.split(b"\n") if _is_message(each := _json(line))]
        if messages:
            yield _dated(Foreign("pyopencode", file.stem, file, messages))
        return
    document = _json(data)
    if isinstance(document, list):
        messages = [each for each in document if _is_message(each)]
        if messages:
            yield _dated(Foreign("pygent", file.stem, file, messages))
    elif isinstance(document, dict):
        yield from _document(document, file)


def _document(document: dict[str, Any], file: Path) -> Iterator[Foreign]:
    if document.get("format") == EXPORTED and isinstance(document.get("records"), list):
        records = [each for each in document["records"] if isinstance(each, dict)]
        yield _dated(Foreign("codepilot", file.stem, file, records=records))
    elif isinstance(document.get("messages"), list):
        found = Foreign("codepilot-ai", str(document.get("session_id") or file.stem), file)
        found.agent = str(document.get("agent_name") or "")
        found.created, found.updated = (
            time_of(document.get("created_at")),
            time_of(document.get("updated_at")),
        )
        found.messages = _whole(document["messages"], document.get("extra"))
        if found.messages:
            yield _dated(found)


def _in_database(file: Path) -> Iterator[Foreign]:
    import sqlite3

    query = "SELECT session_id, agent_name, messages, created_at, updated_at FROM codepilot_sessions"
    try:
        with closing(sqlite3.connect(f"{file.resolve().as_uri()}?mode=ro", uri=True)) as base:
            rows = base.execute(f"{query} ORDER BY created_at").fetchall()
    except sqlite3.Error:
        return  # another database
    for session_id, agent, text, created, updated in rows:
        held = _json(str(text).encode("utf-8", "replace"))
        given, extra = (held.get("messages"), held.get("extra")) if isinstance(held, dict) else (held, None)
        messages = _whole(given if isinstance(given, list) else [], extra)
        if messages:
            yield Foreign(
                "codepilot-ai",
                str(session_id),
                file,
                messages,
                agent=str(agent),
                created=time_of(created),
                updated=time_of(updated),
            )


def _whole(messages: list[Any], extra: Any) -> list[dict[str, Any]]:
    """The messages, with those of archived tasks back in the places of their summaries."""
    kept = extra.get("memory_state") if isinstance(extra, Mapping) else None
    archive = kept.get("archive") if isinstance(kept, Mapping) else None
    store = archive.get("store") if isinstance(archive, Mapping) else None
    found: list[dict[str, Any]] = []
    for each in filter(_is_message, messages):
        number = _archived(each["content"]) if isinstance(store, Mapping) else ""
        originals = store.get(number) if number and isinstance(store, Mapping) else None
        if isinstance(originals, list) and originals:
            found += [dict(message) for message in originals if _is_message(message)]
        else:
            found.append(dict(each))
    return found


def _archived(content: Any) -> str:
    if not isinstance(content, str) or not content.startswith(_ARCHIVED):
        return ""
    return content[len(_ARCHIVED) :].partition("]")[0].strip()


def _is_message(each: Any) -> bool:
    return isinstance(each, dict) and isinstance(each.get("role"), str) and "content" in each


def _json(data: bytes) -> Any:
    try:
        return json.loads(data)
    except (ValueError, RecursionError):
        return None


def time_of(value: Any) -> float | None:
    """A time as another program wrote it, in seconds since 1970; None: it is none, in other units for instance."""
    return float(value) if isinstance(value, int | float) and 0 < value < LAST_TIME else None


def _dated(found: Foreign) -> Foreign:
    """Programs that note no time have that of their file."""
    found.updated = found.updated or found.source.stat().st_mtime
    found.created = found.created or found.updated
    return found
