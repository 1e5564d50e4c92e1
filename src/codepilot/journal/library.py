"""What a person does with sessions as a whole: find one, search them, name one, fork one. `bin.py` deletes them."""

from __future__ import annotations

import os
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from codepilot import paths
from codepilot.errors import SessionError, UsageError
from codepilot.journal.blobs import pass_on
from codepilot.journal.fold import Saved, fold
from codepilot.journal.forking import end_of
from codepilot.journal.holder import holder_of
from codepilot.journal.lease import Lease
from codepilot.journal.listing import SessionInfo, look_at, sessions_of
from codepilot.journal.log import lines_of, open_log
from codepilot.journal.making import session_made
from codepilot.journal.place import JOURNAL, LOCK, TEXTS, folder_of, new_session_id
from codepilot.journal.record import decode, is_newer, of_event, type_of
from codepilot.journal.texts import is_name
from codepilot.journal.writer import JournalWriter
from codepilot.secrets import book_of
from codepilot.text import clean_line, several

if TYPE_CHECKING:
    from codepilot.journal.index import Hit

LONGEST_TITLE = 200
"""Characters of a title."""


def find_session(
    session_id: str, work_dir: Path | str | None = None, root: Path | None = None
) -> SessionInfo:
    """The session that is meant by an id or its beginning: one of a folder first, then any.

    Args:
        session_id: its id, or so much of its beginning that it means one.
        work_dir: the folder whose sessions are meant first.
        root: the folder that holds those of the sessions; default `sessions_root()`.

    Raises:
        UsageError: there is none, or it may be one of several.
    """
    everywhere = sessions_of(None, root)
    groups: Sequence[Sequence[SessionInfo]] = (everywhere,)
    if work_dir is not None:
        groups = (sessions_of(work_dir, root), everywhere)
    for found in groups:
        fitting = [info for info in found if info.id == session_id]
        fitting = fitting or [info for info in found if session_id and info.id.startswith(session_id)]
        if len(fitting) > 1:
            names = several([info.id for info in fitting])
            raise UsageError(f"{session_id} may be one of {len(fitting)} sessions: {names}.")
        if fitting:
            return fitting[0]
    raise UsageError(f"There is no session {session_id!r}.", hint="codepilot sessions list --all names them.")


def _meant(session: SessionInfo | str) -> SessionInfo:
    return find_session(session) if isinstance(session, str) else session


def search_sessions(
    words: str, work_dir: Path | str | None = None, *, most: int = 20, root: Path | None = None
) -> list[Hit]:
    """The messages and titles that hold all of these words, the best first.

    Args:
        words: whole ones, in any order.
        work_dir: the folder whose sessions are searched; None: all.
        most: hits that are given.
        root: the folder that holds those of the sessions; default `sessions_root()`.

    Raises:
        SessionError: SQLite has no full text here, or the index cannot be written.
    """
    from codepilot.journal.index import search  # SQLite is for this only

    return search(words, sessions_of(work_dir, root), most)


def rename_session(session: SessionInfo | str, title: str) -> str:
    """Give a session a title; also one that a runtime of this process has open.

    Args:
        session: which; an id as in `find_session`.
        title: its new name; the blanks around it do not count.

    Returns:
        The title, as it was written.

    Raises:
        UsageError: the title is empty or too long.
        SessionBusy: another program has the session.
        SessionError: it cannot be written.
    """
    info, title = _meant(session), clean_line(" ".join(title.split()))
    if not title or len(title) > LONGEST_TITLE:
        raise UsageError(f"The title of a session has 1 to {LONGEST_TITLE} characters.")
    title = book_of(os.environ).replaced(title)
    log = open_log(info.path)
    if log is not None:
        log.append("title_changed", {"title": title})
        return title
    lease = Lease(info.path.with_name(LOCK))
    try:
        check_format(info)
        writer = JournalWriter(info.path)
        try:
            writer.append("title_changed", {"title": title})
            if not writer.sync():
                raise SessionError(f"The session {info.id} cannot be written: {writer.trouble}.")
        finally:
            writer.close()
    finally:
        lease.release()
    return title


def check_format(info: SessionInfo) -> None:
    """Refuse a session that a newer program wrote.

    Raises:
        SessionError: it is one.
    """
    for line in lines_of(info.path):
        record = decode(line)
        if record is not None and is_newer(record.data):
            raise SessionError(
                f"The session {info.id} was written by a newer version of codepilot.",
                hint="Update codepilot to change it.",
            )
        return


def fork_session(
    session: SessionInfo | str,
    upto: int | None = None,
    *,
    session_id: str | None = None,
    title: str = "",
    root: Path | None = None,
) -> SessionInfo:
    """Make a session that begins as another one did and then goes its own way. The other one may be open.

    A task that the other one goes on with is over in the new one, and no block of it is run there.

    Args:
        session: which; an id as in `find_session`.
        upto: the number of the last record that both share; None: all that is written by now.
        session_id: of the new one; default: a new id.
        title: of the new one; empty: the parent's, with `(fork)`, if that has one.
        root: the folder that gets the new one's; default: the parent's.

    Raises:
        UsageError: there is no such record, or the id is taken.
        SessionError: the parent cannot be read, or the fork not be written.
    """
    info = _meant(session)
    check_format(info)
    lock = info.path.with_name(LOCK)
    held = holder_of(lock) is not None
    size, last = _size_upto(info, upto)
    worked_on = upto is None and (held or holder_of(lock) is not None)
    new_id = session_id if session_id is not None else new_session_id()
    folder = folder_of(new_id, root or info.path.parent.parent)
    if (folder / JOURNAL).exists():
        raise UsageError(f"There is a session {new_id!r} already.")
    try:
        # Until its end tells that the parent goes on with the task, nobody may take it for a session that was cut.
        with session_made(folder) as journal:
            _copy(info.path, journal, size)
            _link_texts(info.path.parent / TEXTS, folder / TEXTS)
            pass_on(info.path.parent.name, folder / JOURNAL)
            writer = JournalWriter(journal)
            try:
                shared = fold(lines_of(journal), folder / TEXTS) if upto is not None or worked_on else Saved()
                writer.append("session_forked", {"id": new_id, "parent": {"id": info.id, "n": last}})
                for record in filter(None, map(of_event, end_of(shared, worked_on=worked_on))):
                    writer.append(*record)
                named = book_of(os.environ).replaced(title) or _forked_title(info)
                if named:
                    writer.append("title_changed", {"title": named})
                if not writer.sync():
                    raise SessionError(f"The session {info.id} cannot be forked: {writer.trouble}.")
            finally:
                writer.close()
    except OSError as error:
        raise SessionError(f"The session {info.id} cannot be forked: {error.strerror or error}.") from error
    found = look_at(folder / JOURNAL)
    if found is None:
        raise SessionError(f"The fork of {info.id} cannot be read.")
    return found


def _forked_title(info: SessionInfo) -> str:
    from codepilot.journal.overview import overview_of

    title = overview_of(info).figures.title
    return f"{title} (fork)" if title else ""


def _size_upto(info: SessionInfo, upto: int | None) -> tuple[int, int]:
    """Bytes to the end of a record, and its number; without one of the last whole record."""
    at = size = last = end = 0
    for line in lines_of(info.path):
        if not line.endswith(b"\n"):
            break
        at += len(line)
        if type_of(line) and (record := decode(line)) is not None:
            end = record.n
            if upto is None or end <= upto:
                size, last = at, end
    if last == 0 or (upto is not None and upto != last):
        raise UsageError(f"The session {info.id} has no record {upto}; its last one is {end}.")
    return size, last


def _copy(source: Path, target: Path, size: int) -> None:
    handle = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_CLOEXEC", 0), 0o600)
    with os.fdopen(handle, "wb") as out, source.open("rb") as stream:
        while size and (piece := stream.read(min(size, 1024 * 1024))):
            out.write(piece)
            size -= len(piece)
        out.flush()
        os.fsync(out.fileno())


def _link_texts(source: Path, target: Path) -> None:
    """Both have the long texts, so that either may be deleted; a file system without links gets copies."""
    if not source.is_dir():
        return
    paths.private_dir(target)
    for text in source.iterdir():
        if not is_name(text.name):
            continue  # its program is just writing it
        try:
            (target / text.name).hardlink_to(text)
        except OSError:
            shutil.copyfile(text, target / text.name)
            (target / text.name).chmod(0o600)
