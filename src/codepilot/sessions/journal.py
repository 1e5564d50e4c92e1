"""A session as a journal: every word and result is written as it comes, and none is lost when the program is killed."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar

from codepilot.errors import UsageError
from codepilot.journal.branches import saved_of
from codepilot.journal.disk import Disk
from codepilot.journal.fold import Saved
from codepilot.journal.log import JournalLog
from codepilot.journal.place import TEXTS, folder_of
from codepilot.paths import expanded
from codepilot.sessions.base import BaseSession, Messages


class JournalSession(BaseSession):
    """``<folder>/<id>/journal.jsonl``, one record a line, each written before anybody is told of it.

    The runtime records into its `log`; `load`, `save` and `reset` are for programs that have no runtime.

    Args:
        session_id: any text; see `codepilot.journal.place.folder_of`.
        agent_name: noted in the journal.
        session_dir: the folder that holds the folders of the sessions; default: `sessions` in the state folder.
        work_dir: where the agent works, noted in the journal: by it a session is found again.
        disk: how it is written, for tests.

    Raises:
        SessionBusy: another program has the session.
        SessionError: it cannot be opened.
        UsageError: `session_dir` is no path, or the id too long.
    """

    keeps_events: ClassVar[bool] = True
    """The runtime records its events in `log`, instead of saving messages after each task."""

    def __init__(
        self,
        session_id: str,
        agent_name: str = "agent",
        session_dir: Path | str | None = None,
        *,
        work_dir: Path | str = "",
        disk: Disk | None = None,
    ) -> None:
        super().__init__(session_id)
        try:
            self._root = None if session_dir is None else expanded(session_dir)
        except ValueError as error:
            raise UsageError(f"session_dir: {error}.") from None
        self._told = {"agent": agent_name, "folder": str(work_dir)}
        self._disk = disk
        self.log = self._log_of(session_id)
        """What is recorded."""

    def _log_of(self, session_id: str) -> JournalLog:
        return JournalLog(folder_of(session_id, self._root), {"id": session_id, **self._told}, self._disk)

    def move_to(self, session_id: str) -> None:
        """Record in another session from now on; the one that was recorded in stays as it is.

        Raises:
            SessionBusy, SessionError, UsageError: as the constructor; then nothing has changed.
        """
        log, self.log = self.log, self._log_of(session_id)
        self._session_id = session_id
        log.close()

    @property
    def path(self) -> Path:
        """The journal's file, whether it is there or not."""
        return self.log.path

    @property
    def saved(self) -> Saved:
        """What the session held when it was opened."""
        return self.log.saved

    def load(self) -> Messages:
        """The messages that the session holds now."""
        return saved_of(self.log.lines, self.log.folder / TEXTS).messages

    def save(self, messages: Messages) -> None:
        """Record that the conversation consists of these messages from now on."""
        self.log.append("messages_replaced", {"messages": messages})

    def reset(self) -> None:
        """Begin anew: what was said stays in the journal, but no longer in the conversation."""
        if self.log.opened:
            self.log.append("session_cleared", {})

    def close(self) -> None:
        """Let go of the session, so that another program can have it."""
        self.log.close()
