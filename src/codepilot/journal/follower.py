"""A journal read as it grows, by whoever does not hold it."""

from __future__ import annotations

from pathlib import Path

from codepilot.errors import SessionError
from codepilot.journal.damage import Gaps
from codepilot.journal.place import TEXTS
from codepilot.journal.record import Record, decode


class Follower:
    """Gives what was written to a journal since it was asked last; the first time all that is there.

    Args:
        path: of the journal.
        after: the number of the last record that is known already.
        at: bytes from the beginning that need not be read; a record begins there.
    """

    def __init__(self, path: Path, after: int = 0, at: int = 0) -> None:
        self._path = path
        self._after = after
        self._at = at
        self._texts = path.with_name(TEXTS)
        self._gaps = Gaps(None if at else 0)

    @property
    def missing(self) -> int:
        """Records between those that were read that are not there: the journal is damaged."""
        return self._gaps.missing

    def news(self) -> list[Record]:
        """The whole records that came; a line that is being written comes with the next ones.

        Raises:
            SessionError: it cannot be read.
        """
        try:
            with self._path.open("rb") as stream:
                if (
                    stream.seek(0, 2) < self._at
                ):  # its torn end was cut off: what was whole stays where it was
                    return []
                stream.seek(self._at)
                data = stream.read()
        except OSError as error:
            raise SessionError(
                f"The journal {self._path} cannot be read: {error.strerror or error}."
            ) from error
        data = data[: data.rfind(b"\n") + 1]
        self._at += len(data)
        found = []
        for line in filter(None, data.split(b"\n")):
            if (record := decode(line, self._texts)) is None:
                continue  # the number that is missing with it tells of it
            self._gaps.look_at(record.n)
            if record.n > self._after:
                found.append(record)
        return found
