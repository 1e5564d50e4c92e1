"""A session that is written at one go, from a file or another session: it is there once it is whole, and not before.

Until then its journal has another name, so that nobody takes the folder for a session. A program that was killed leaves
such a folder; whoever makes a session next removes it.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from codepilot import paths
from codepilot.errors import SessionError
from codepilot.journal.holder import holder_of
from codepilot.journal.lease import Lease
from codepilot.journal.place import JOURNAL, LOCK, UNFINISHED, sessions_root
from codepilot.journal.texts import sync_folder


@contextmanager
def session_made(folder: Path) -> Iterator[Path]:
    """Make a session; gives the path at which its journal is to be written, synced and closed.

    If that raises anything, Ctrl+C included, the folder is removed.

    Args:
        folder: of the session; it is made.

    Raises:
        SessionBusy: another program has it, or makes it.
        SessionError: there is one already, or it cannot be locked.
        OSError: the disk refuses.
    """
    remove_unfinished(folder.parent)
    paths.private_dir(folder)
    lease = Lease(folder / LOCK)
    try:
        if (folder / JOURNAL).exists():
            raise SessionError(f"There is a session {folder.name} already.")
        try:
            unfinished = folder / UNFINISHED
            unfinished.unlink(missing_ok=True)
            yield unfinished
            unfinished.replace(folder / JOURNAL)
            with suppress(OSError):  # some systems cannot, and have nothing better
                sync_folder(folder)
        except BaseException:
            shutil.rmtree(folder, ignore_errors=True)
            raise
    finally:
        lease.release()


def remove_unfinished(root: Path | None = None) -> None:
    """Remove what programs left that were killed while they made a session; what one is making now stays.

    Args:
        root: the folder that holds those of the sessions; default `sessions_root()`.
    """
    for unfinished in (root or sessions_root()).glob(f"*/{UNFINISHED}"):
        lock = unfinished.with_name(LOCK)
        if holder_of(lock) is not None:
            continue
        with suppress(SessionError, OSError):  # another program removes it, or the disk refuses
            lease = Lease(lock)
            try:
                # Where there is a journal it is whole, or another session has the folder now.
                if unfinished.with_name(JOURNAL).exists():
                    unfinished.unlink(missing_ok=True)
                else:
                    shutil.rmtree(unfinished.parent, ignore_errors=True)
            finally:
                lease.release()
