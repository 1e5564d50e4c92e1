"""The end of a journal: how much of it is whole, and what the next number is."""

from __future__ import annotations

from pathlib import Path

from codepilot.journal.record import decode
from codepilot.values import dataclass

_PIECE = 64 * 1024
"""Bytes that are read at once, from the end."""


@dataclass(frozen=True, slots=True)
class Tail:
    """Where a journal ends."""

    whole: int
    """Bytes up to the end of the last record that is whole."""
    torn: int
    """Bytes after it."""
    damaged: bool
    """What stands after it is more than a record that was cut: the disk lost something."""
    last: int
    """The number of that record; 0: there is none."""


def tail_of(path: Path) -> Tail:
    """Look at the end of a journal; one that is not there ends at 0.

    Raises:
        OSError: it cannot be read.
    """
    try:
        stream = path.open("rb")
    except FileNotFoundError:
        return Tail(0, 0, False, 0)
    with stream:
        size = stream.seek(0, 2)
        start, held = size, b""
        while start > 0:
            step = min(_PIECE, start)
            start -= step
            stream.seek(start)
            held = stream.read(step) + held
            if (found := _last_record(held, start)) is not None:
                end, n = found
                rest = held[end - start :]
                return Tail(end, size - end, b"\n" in rest or b"\0" in rest, n)
        return Tail(0, size, b"\n" in held or b"\0" in held, 0)


def _last_record(held: bytes, start: int) -> tuple[int, int] | None:
    """The end of the last whole record of these bytes, and its number; they begin at `start` in the file."""
    end = held.rfind(b"\n")
    while end >= 0:
        before = held.rfind(b"\n", 0, end)
        if before < 0 and start > 0:
            return None  # the line began earlier
        if (record := decode(held[before + 1 : end])) is not None:
            return start + end + 1, record.n
        end = before
    return None
