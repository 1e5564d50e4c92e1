"""Which sessions there are: by the first line of each journal and the time of its file, without reading the rest."""

from __future__ import annotations

import os
from pathlib import Path
from urllib.parse import unquote

from codepilot.journal.holder import holder_of
from codepilot.journal.place import JOURNAL, LOCK, sessions_root
from codepilot.journal.record import CREATED, decode, type_of
from codepilot.values import dataclass

_HEAD = 16 * 1024
"""Bytes in which the first record ends."""
_BEGINNING = 256 * 1024
"""Bytes in which the first task is looked for."""


@dataclass(frozen=True, slots=True)
class SessionInfo:
    """A session, as its first record tells it; where that is lost, folder and agent are not known."""

    id: str
    folder: str
    """Where its agent works; empty: not known."""
    agent: str
    created: float
    """Seconds since 1970; so is the next."""
    last: float
    """When something was written last."""
    path: Path
    """The journal."""

    def is_free(self) -> bool:
        """Whether no program works in it now."""
        return holder_of(self.path.with_name(LOCK)) is None

    def first_words(self) -> str:
        """The person's first words, as far as they stand near the beginning."""
        with self.path.open("rb") as stream:
            for line in stream.read(_BEGINNING).split(b"\n"):
                record = decode(line) if type_of(line) == "task_started" else None
                if record is not None:
                    return str(record.data.get("task", ""))
        return ""


def sessions_of(work_dir: Path | str | None = None, root: Path | None = None) -> list[SessionInfo]:
    """The sessions of a work folder, the one that was written to last first.

    Args:
        work_dir: where the agent works; None: wherever.
        root: the folder that holds those of the sessions; default `sessions_root()`.
    """
    wanted = None if work_dir is None else os.path.realpath(work_dir)
    found = []
    try:
        entries = list(os.scandir(root or sessions_root()))
    except OSError:
        return []
    for entry in entries:
        info = look_at(Path(entry.path) / JOURNAL)
        if info is not None and (wanted is None or (info.folder and os.path.realpath(info.folder) == wanted)):
            found.append(info)
    return sorted(found, key=lambda info: info.last, reverse=True)


def look_at(path: Path) -> SessionInfo | None:
    """The session of a journal; None where none can be seen: one that cannot be read must not hide the others.

    Args:
        path: of the journal.
    """
    try:
        if not path.is_file():  # to open a pipe would wait for its writer
            return None
        with path.open("rb") as stream:
            record = decode(stream.readline(_HEAD))
            if record is None or record.type != CREATED:  # lost: what follows it is a session all the same
                stream.seek(0)
                lines = stream.read(_BEGINNING).split(b"\n")
                record = next((found for line in lines if (found := decode(line)) is not None), None)
            last = os.fstat(stream.fileno()).st_mtime
    except OSError:
        return None
    if record is None:
        return None
    header = record.data if record.type == CREATED else {}
    told = {key: str(header.get(key, "")) for key in ("folder", "agent")}
    # By its folder: a fork begins with the record of its parent.
    return SessionInfo(id=unquote(path.parent.name), created=record.time, last=last, path=path, **told)
