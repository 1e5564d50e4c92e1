"""What is said of a session that could not be read whole."""

from __future__ import annotations

from pathlib import Path

from codepilot import events as e
from codepilot.journal.damage import damage_told
from codepilot.journal.fold import Saved
from codepilot.sessions import AsyncBaseSession, BaseSession, FileSession


class SessionDamage:
    """Tells each damage of a session once."""

    def __init__(self) -> None:
        self._log_told = False
        self._aside: set[Path | None] = set()

    def told(self, session: BaseSession | AsyncBaseSession, saved: Saved) -> list[e.RuntimeFailed]:
        """What is to be said of the session as it was loaded last."""
        told = []
        if (lost := damage_told(saved.skipped, saved.missing)) and not self._log_told:
            self._log_told = True
            told.append(_failed(f"The log of this session was damaged. {lost}", "The rest of it is there."))
        if not isinstance(session, FileSession):
            return told
        file, aside, log = session.path.name, session.set_aside, session.task_log.set_aside
        if aside is not None and aside not in self._aside:
            text = f"The session file {file} was damaged; it was renamed to {aside}."
            hint = (
                "The conversation continues with what could be read; repair that file to get the rest back."
            )
            told.append(_failed(text, hint))
        if log is not None and log not in self._aside:
            text = (
                f"Another program has written the session file {file}, so that its log does not fit any more."
            )
            told.append(_failed(text, f"What was said before that, and is not in the file, is in {log}."))
        self._aside = {aside, log}
        return told


def _failed(error: str, hint: str) -> e.RuntimeFailed:
    return e.RuntimeFailed(error=error, source="session", hint=hint)
