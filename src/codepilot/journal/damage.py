"""What a journal has lost: lines that are no records, and numbers that no record has."""

from __future__ import annotations

from codepilot.text import counted
from codepilot.values import dataclass


@dataclass(slots=True)
class Gaps:
    """Counts the records that are missing before and between others, by their numbers."""

    last: int | None = 0
    """The number of the record before; None: of which it was is not known."""
    missing: int = 0
    _unread: int = 0
    """Lines since then that are no records: each may be one of those that seem to be missing."""

    def look_at(self, n: int) -> None:
        """The next line has this number; 0: it is no record, or an empty line that a writer put."""
        if n == 0:
            self._unread += 1
            return
        if self.last is not None and n != self.last + 1:
            self.missing += max(0, n - self.last - 1 - self._unread)
        self.last, self._unread = n, 0


def damage_told(skipped: int, missing: int) -> str:
    """What is lost as sentences; empty: nothing.

    Args:
        skipped: lines that are no records.
        missing: numbers before others that no record has.
    """
    told = []
    if skipped:
        told.append(f"{counted(skipped, 'line')} of it could not be read.")
    if missing:
        told.append(f"{counted(missing, 'record')} of it {'is' if missing == 1 else 'are'} missing.")
    return " ".join(told)
