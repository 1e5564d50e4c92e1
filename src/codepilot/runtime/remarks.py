"""What is said once of a journal that a task is begun in: that it was damaged, that it has become large."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from codepilot import events as e
from codepilot.journal.damage import damage_told
from codepilot.journal.log import JournalLog

LARGE = (
    "codepilot sessions fork {id} --summary begins a new one with a summary of it; this one stays as it is."
)
"""What to do about a journal that has become large."""


class Remarks:
    """Of the journals of one runtime, one after the other."""

    def __init__(self) -> None:
        self._folder: Path | None = None
        self._large_said = False

    def of(self, log: JournalLog, session_id: str) -> Iterator[e.RuntimeFailed]:
        """What was not said of it yet.

        Args:
            log: of the session.
            session_id: by which it is forked.
        """
        if log.folder != self._folder:
            self._folder, self._large_said = log.folder, False
            yield from _damage(log)
        if log.large and not self._large_said:
            self._large_said = True
            error = f"The journal of this session takes {log.size / 1e9:.1f} GB, and grows with each step."
            yield e.RuntimeFailed(error=error, source="session", hint=LARGE.format(id=session_id))


def _damage(log: JournalLog) -> Iterator[e.RuntimeFailed]:
    lost = damage_told(log.saved.skipped, log.saved.missing)
    if log.set_aside is not None or lost:
        aside = f"A copy of it is {log.set_aside}." if log.set_aside is not None else ""
        text = " ".join(filter(None, ("The journal of this session was damaged.", lost, aside)))
        yield e.RuntimeFailed(error=text, source="session", hint="The rest of it is there.")
