"""Which file a session has, and what it holds.

codepilot-ai puts `_` for every character that it does not like in a file's name, so that `a/b` and `a_b`, or any two
names in Japanese of the same length, are one conversation. Here a name that cannot stand as it is gets a hash.
"""

from __future__ import annotations

import json
import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from codepilot.errors import SessionBusy, SessionError

_LONGEST = 150
"""Characters of a file's name, which with all endings must not be longer than 255 bytes."""


Stamp = tuple[int, int, int]
"""By which it is known whether a file is the one that was read: its place on the disk, time and size."""


def stamp_of(path: Path) -> Stamp | None:
    """The stamp of a file as it is now, if there is one."""
    try:
        return _stamp(path.stat())
    except (FileNotFoundError, NotADirectoryError):
        return None


def read_stamped(path: Path) -> tuple[bytes, Stamp]:
    """A file's bytes, and the stamp of what was read.

    Raises:
        OSError: it cannot be read.
    """
    with path.open("rb") as stream:
        stamp = _stamp(os.fstat(stream.fileno()))
        return stream.read(), stamp


def _stamp(found: os.stat_result) -> Stamp:
    return found.st_ino, found.st_mtime_ns, found.st_size


@dataclass(frozen=True)
class Content:
    """What a file holds: read once, for the choice of the file and for its messages."""

    data: bytes
    stamp: Stamp
    document: dict[str, Any] | None
    """None: it is damaged."""

    @classmethod
    def of(cls, path: Path) -> Content:
        """Read a file.

        Raises:
            OSError: it cannot be read.
        """
        data, stamp = read_stamped(path)
        try:
            document = json.loads(data, parse_constant=_nothing)
        except (ValueError, RecursionError):
            document = None
        return cls(data, stamp, document if isinstance(document, dict) else None)

    @property
    def owner(self) -> str | None:
        """The id of the session that it says it is, if it says so."""
        owner = self.document.get("session_id") if self.document is not None else None
        return owner if isinstance(owner, str) else None


class FilePlace:
    """Where a session lies, and whether it is still as it was read there.

    Args:
        folder: of the sessions.
        session_id: whose file it is.
    """

    def __init__(self, folder: Path, session_id: str) -> None:
        self.folder = folder
        self._session_id = session_id
        self._path: Path | None = None
        self._seen: tuple[Stamp | None, Stamp | None] | None = None

    @property
    def path(self) -> Path:
        """The session's file; which one that is stays as it was when it was first asked."""
        if self._path is None:
            self._path, _ = choose(self.folder, self._session_id)
        return self._path

    @property
    def log(self) -> Path:
        """The log beside it."""
        return self.path.with_name(f"{self.path.stem}.log.jsonl")

    @property
    def lock(self) -> Path:
        """The lock beside it."""
        return self.path.with_name(f"{self.path.stem}.lock")

    def read(self) -> Content:
        """What the file holds; which file that is, is chosen by what it holds, so that it is read only once.

        Raises:
            OSError: it cannot be read.
        """
        if self._path is None:
            self._path, content = choose(self.folder, self._session_id)
            if content is not None:
                return content
        return Content.of(self._path)

    def make_folder(self) -> None:
        """For this user only, where it is missing."""
        self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)

    def note_read(self, file: Stamp | None, log: Stamp | None) -> None:
        """The session was read as these; `note_written` where it was written."""
        self._seen = (file, log)

    def note_written(self) -> None:
        """This session has written file or log."""
        self._seen = (stamp_of(self.path), stamp_of(self.log))

    def check_unchanged(self) -> None:
        """Refuse to write where somebody else has written since.

        Raises:
            SessionBusy: file or log are not as they were read or written here last.
        """
        if self._seen is not None and self._seen != (stamp_of(self.path), stamp_of(self.log)):
            raise SessionBusy(
                f"The session {self.path} was continued by another program since it was loaded here.",
                hint="Make a new runtime: it loads what is there. Or use another session_id.",
            )

    def failed(self, verb: str, error: OSError, hint: str = "") -> SessionError:
        """What to raise where the disk does."""
        return SessionError(
            f"The session {self.path} could not be {verb}: {error.strerror or error}.",
            hint=hint or "The conversation continues in memory; it is saved again after the next task.",
        )


def choose(folder: Path, session_id: str) -> tuple[Path, Content | None]:
    """The plain name or the one with a hash; the latter has a sign that no plain name has.

    With it comes what the file holds, where that had to be read in order to choose.
    """
    plain = folder / f"{_plain(session_id)}.json"
    hashed = folder / f"{_hashed(session_id)}.json"
    if hashed.exists():
        return hashed, None
    try:
        content = Content.of(plain)
    except OSError:
        content = None  # whoever reads it tells what is wrong with it
    owner = content.owner if content is not None else None
    if owner == session_id:  # also one that codepilot-ai wrote under a name that it changed
        return plain, content
    if plain.stem != session_id:
        return hashed, None
    # A file that was copied or renamed by hand tells another id, too, but not one that would be named like this.
    shared = owner is not None and _plain(owner).casefold() == plain.stem.casefold()
    return (hashed, None) if shared else (plain, content)


def _plain(session_id: str) -> str:
    """The name that codepilot-ai gives the file, but for names too long for a file system."""
    name = re.sub(r"[^A-Za-z0-9\-_.]", "_", session_id)[:_LONGEST]
    return name if name.strip(".") else "_" * max(1, len(name))


def _hashed(session_id: str) -> str:
    import hashlib

    digest = hashlib.sha256(session_id.encode("utf-8", "surrogatepass")).hexdigest()
    return f"{_plain(session_id)}~{digest[:16]}"


def _nothing(name: str) -> None:
    """NaN and Infinity are no JSON, though Python reads them: in a file that has them a save would fail for ever."""
    del name
