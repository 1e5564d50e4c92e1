"""The bin: a session that was deleted stays there for a while, and can be taken out again."""

from __future__ import annotations

import shutil
import time
from pathlib import Path
from urllib.parse import unquote

from codepilot import paths
from codepilot.errors import SessionError, UsageError
from codepilot.journal.blobs import pass_on
from codepilot.journal.lease import Lease
from codepilot.journal.library import find_session
from codepilot.journal.listing import SessionInfo, look_at
from codepilot.journal.place import JOURNAL, LOCK, folder_of, sessions_root
from codepilot.text import several
from codepilot.values import dataclass

KEPT_DAYS = 30
"""Days for which a session that was deleted stays in the bin."""


@dataclass(frozen=True, slots=True)
class DeletedSession:
    """A session in the bin."""

    id: str
    deleted: float
    """Seconds since 1970."""
    path: Path
    """Its folder there."""
    info: SessionInfo
    """As it was; its `path` is the one in the bin."""


def bin_dir() -> Path:
    """The folder that holds what was deleted."""
    return paths.state_dir() / "bin"


def delete_session(session: SessionInfo | str, *, now: bool = False) -> None:
    """Put a session into the bin, where it stays for `KEPT_DAYS`; what lies there longer is deleted.

    Args:
        session: which; an id as in `find_session`.
        now: delete it at once instead.

    Raises:
        SessionBusy: a program has the session open.
        SessionError: it cannot be moved or deleted.
    """
    info = find_session(session) if isinstance(session, str) else session
    folder = info.path.parent
    lease = Lease(folder / LOCK, "codepilot sessions")
    try:
        if now:
            shutil.rmtree(folder)
        else:
            paths.private_dir(bin_dir())
            shutil.move(folder, _free_name(folder.name))
    except OSError as error:
        raise SessionError(f"The session {info.id} cannot be deleted: {error.strerror or error}.") from error
    finally:
        lease.release()
    empty_bin()


def _free_name(name: str) -> Path:
    when = int(time.time())
    while (place := bin_dir() / f"{when}-{name}").exists():
        when += 1
    return place


def deleted_sessions() -> list[DeletedSession]:
    """What lies in the bin, what was deleted last first."""
    found = []
    for each in bin_dir().iterdir() if bin_dir().is_dir() else ():
        since, _, name = each.name.partition("-")
        info = look_at(each / JOURNAL)
        if since.isdecimal() and info is not None:
            found.append(DeletedSession(unquote(name), float(since), each, info))
    return sorted(found, key=lambda each: each.deleted, reverse=True)


def journals_in_bin(session: str) -> list[Path]:
    """Where the journals of a deleted session lie.

    Args:
        session: the name of the folder that it had.
    """
    there = bin_dir().iterdir() if bin_dir().is_dir() else ()
    return [each / JOURNAL for each in there if each.name.partition("-")[2] == session]


def undelete_session(session: str | DeletedSession, root: Path | None = None) -> SessionInfo:
    """Take a session out of the bin; of several of an id the one that was deleted last.

    Args:
        session: its id, or the first characters of it; or itself, as `deleted_sessions` gives it.
        root: the folder that holds those of the sessions; default `sessions_root()`.

    Raises:
        UsageError: the bin has none, or it may be one of several, or there is one of that id again.
        SessionError: it cannot be moved.
    """
    there = deleted_sessions()
    if isinstance(session, DeletedSession):
        session_id = session.id
        fitting = [each for each in there if each.path == session.path]
    else:
        session_id = session
        fitting = [each for each in there if each.id == session_id]
        fitting = fitting or [each for each in there if session_id and each.id.startswith(session_id)]
    ids = list(dict.fromkeys(each.id for each in fitting))
    if not fitting:
        raise UsageError(f"There is no session {session_id!r} in the bin ({bin_dir()}).")
    if len(ids) > 1:
        raise UsageError(f"{session_id} may be one of {len(ids)} sessions: {several(ids)}.")
    folder = folder_of(ids[0], root)
    if folder.exists():
        raise UsageError(f"There is a session {ids[0]!r} again.", hint="Delete that one first.")
    try:
        paths.private_dir(root or sessions_root())
        shutil.move(fitting[0].path, folder)
        pass_on(folder.name, folder / JOURNAL)  # it may lie elsewhere than before
    except OSError as error:
        raise SessionError(f"The session {ids[0]} cannot be taken out: {error.strerror or error}.") from error
    found = look_at(folder / JOURNAL)
    if found is None:
        raise SessionError(f"The session {ids[0]} cannot be read.")
    return found


def empty_bin(days: float = KEPT_DAYS) -> int:
    """Delete for good what lies in the bin for too long; returns how many sessions that were.

    Args:
        days: how long they may lie there; 0: delete all.
    """
    limit, gone = time.time() - days * 86_400, 0
    for each in bin_dir().iterdir() if bin_dir().is_dir() else ():
        since = each.name.partition("-")[0]
        if since.isdecimal() and int(since) <= limit:
            shutil.rmtree(each, ignore_errors=True)
            gone += 1
    return gone
