"""A journal read from its end, a page at a time: what a screen shows of it, the newest first."""

from __future__ import annotations

from pathlib import Path

from codepilot.errors import SessionError
from codepilot.journal.place import TEXTS
from codepilot.journal.record import Record, decode, type_of
from codepilot.values import dataclass

AT_LEAST = 128 * 1024
"""Bytes of a page: some eighty items of a chat."""
_BORDERS = frozenset({"task_started", "step_started"})
"""Nothing that is shown goes over one of these."""


@dataclass(frozen=True, slots=True)
class Page:
    """Some records in a row."""

    records: tuple[Record, ...]
    start: int
    """Where it begins, in bytes: the end of the page before it."""
    more: bool
    """There are pages before it."""


def page_before(path: Path, end: int | None = None, at_least: int = AT_LEAST) -> Page:
    """The records up to a place, from the start of a task or a step on.

    What was said before the conversation was cleared is no part of it, nor what was left by going back.

    Args:
        path: of the journal.
        end: bytes from its beginning; None: all that is there.
        at_least: bytes that the page has, if there are so many.

    Raises:
        SessionError: it cannot be read.
    """
    try:
        with path.open("rb") as stream:
            size = stream.seek(0, 2)
            end = size if end is None else min(end, size)
            want = at_least
            while True:
                start = max(0, end - want)
                stream.seek(start)
                data = stream.read(end - start)
                if (page := _page(data, start, path.with_name(TEXTS))) is not None:
                    return page
                want *= 2
    except OSError as error:
        raise SessionError(f"The journal {path} cannot be read: {error.strerror or error}.") from error


def _page(data: bytes, start: int, texts: Path) -> Page | None:
    """The page in these bytes; None where no border is among them and there is more before them."""
    at, more = start, start > 0
    if more:
        skipped = data.find(b"\n") + 1  # the line that began earlier
        at, data = start + skipped, data[skipped:]
    lines = data.split(b"\n")[:-1]
    begun, begin = not more, at
    kept: list[bytes] = []
    for line in lines:
        kind = type_of(line)
        if kind == "session_cleared":
            begun, begin, more, kept = True, at + len(line) + 1, False, []
        elif kind == "rewound" and (jump := _jump(line, at)) is not None:
            begun, begin, more, kept = True, jump, jump > 0, [line]
        elif begun or kind in _BORDERS:
            if not begun:
                begun, begin = True, at
            kept.append(line)
        at += len(line) + 1
    if not begun:
        return None
    records = tuple(record for line in kept if (record := decode(line, texts)) is not None)
    return Page(records, begin, more)


def _jump(line: bytes, at: int) -> int | None:
    """Where the page before a `rewound` ends: what lies between was left; None if it does not say."""
    record = decode(line)
    to = record.data.get("to_offset") if record is not None else None
    return to if isinstance(to, int) and 0 <= to < at else None
