"""A session that begins with the summary of another one, which became too large: words, files and commands, by code."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from codepilot import credentials
from codepilot import events as e
from codepilot.context.extract import Facts, Known, facts_of
from codepilot.context.summary import FileText, compose, shares, texts_now, used_last
from codepilot.context.view import opening_message
from codepilot.errors import CodepilotError, SessionError, UsageError
from codepilot.journal.branches import saved_of
from codepilot.journal.edits import lines_edited
from codepilot.journal.fold import Saved
from codepilot.journal.library import LONGEST_TITLE, check_format, find_session
from codepilot.journal.listing import SessionInfo, look_at
from codepilot.journal.log import lines_of
from codepilot.journal.making import session_made
from codepilot.journal.overview import overview_of
from codepilot.journal.place import JOURNAL, TEXTS, folder_of, new_session_id
from codepilot.journal.record import CREATED, FORMAT, of_event
from codepilot.journal.redaction import redacted
from codepilot.journal.writer import JournalWriter
from codepilot.secrets import book_of
from codepilot.text import clean_line, shorten
from codepilot.workspace import Workspace

_ROOM = 300_000
"""Characters that a window is taken to have: which model goes on is not known. In a smaller one it is cut again."""


def fork_with_summary(
    session: SessionInfo | str,
    *,
    session_id: str | None = None,
    title: str = "",
    root: Path | None = None,
) -> SessionInfo:
    """Make a session that begins with a summary of another one. That one stays as it is, and may be open.

    No model is asked: the summary has the person's words, the files and what was done to them, the commands and how
    they ended, the last reply, and the files that were used last as they are now. The agent knows the files that it
    knew there; one that was changed since is refused with the difference, as ever.

    Args:
        session: which; an id as in `find_session`.
        session_id: of the new one; default: a new id.
        title: of the new one; empty: the other one's, with `(continued)`, or its first words.
        root: the folder that gets the new one's; default: the other one's.

    Raises:
        UsageError: nothing was said in it, or the id is taken.
        SessionError: it cannot be read, or the new one not be written.
    """
    info = find_session(session) if isinstance(session, str) else session
    check_format(info)
    saved = saved_of(lambda: lines_of(info.path), info.path.with_name(TEXTS))
    if not saved.messages:
        raise UsageError(f"Nothing was said in the session {info.id}.", hint="Begin a new one.")
    new_id = session_id if session_id is not None else new_session_id()
    folder = folder_of(new_id, root or info.path.parent.parent)
    if (folder / JOURNAL).exists():
        raise UsageError(f"There is a session {new_id!r} already.")
    named = title or _title(info)
    records: list[tuple[str, dict[str, Any]]] = [
        (
            CREATED,
            {
                "format": FORMAT,
                "id": new_id,
                "agent": info.agent,
                "folder": info.folder,
                "summary_of": info.id,
            },
        ),
        *([("title_changed", {"title": named})] if named else []),
        *filter(None, [of_event(e.MessageStored(role="user", text=_summary(info, saved), kind="summary"))]),
        *([("files_seen", {"files": saved.seen})] if saved.seen else []),
    ]
    try:
        _write(folder, records)
    except OSError as error:
        raise SessionError(f"The session {new_id} cannot be written: {error.strerror or error}.") from error
    found = look_at(folder / JOURNAL)
    if found is None:
        raise SessionError(f"The session {new_id} cannot be read.")
    return found


def _title(info: SessionInfo) -> str:
    figures = overview_of(info).figures
    said = clean_line(" ".join((figures.title or figures.first).split()))
    return f"{shorten(said, LONGEST_TITLE - 20)} (continued)" if said else ""


def _write(folder: Path, records: list[tuple[str, dict[str, Any]]]) -> None:
    secrets = book_of(credentials.environment())  # the files as they are now may hold some
    with session_made(folder) as journal:
        writer = JournalWriter(journal)
        try:
            for kind, data in records:
                writer.append(kind, redacted(secrets, kind, data))
            if not writer.sync():
                raise SessionError(f"The session cannot be written: {writer.trouble}.")
        finally:
            writer.close()


def _summary(info: SessionInfo, saved: Saved) -> str:
    """The first message of the new session."""
    workspace = Workspace(info.folder) if Path(info.folder).is_dir() else None
    facts: Facts = facts_of(saved.messages)
    seen = {
        workspace.display(path) if workspace is not None else path: digest
        for path, digest in saved.seen.items()
    }
    edited = lines_edited(lambda: lines_of(info.path))
    facts.known = {
        path: Known(*edited.get(path, (0, 0)), seen=seen.get(path, "")) for path in {**edited, **seen}
    }
    reply = next((each["content"] for each in reversed(saved.messages) if each["role"] == "assistant"), "")
    room = shares(_ROOM, 0)
    texts = [] if workspace is None else [_text(workspace, path) for path in used_last(facts)]
    words = compose(facts, reply, (), room)
    if (task := saved.unfinished) is not None:
        words += f"\n\nIts last task had not come to its end {task.where}; what it did after that is not told here."
    return opening_message(info.id, words, texts_now(filter(None, texts), room.texts))


def _text(workspace: Workspace, path: str) -> FileText | None:
    try:
        return FileText(path, workspace.read_text(path).text)
    except (CodepilotError, OSError):  # gone, binary, too large, not to be opened
        return None
