"""What was said in the session before: read from its journal from the end, a page at a time."""

from __future__ import annotations

import asyncio
import json
import logging
from typing import TYPE_CHECKING

from codepilot import events as e
from codepilot import paths
from codepilot.journal.blobs import store_of
from codepilot.journal.expand import expand
from codepilot.journal.log import lines_of
from codepilot.journal.pages import page_before
from codepilot.journal.place import DRAFT, WAITING
from codepilot.journal.record import Record, decode, type_of
from codepilot.sessions.journal import JournalSession

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from codepilot.runtime import AsyncRuntime


log = logging.getLogger(__name__)


class Past:
    """The pages of one session. One that keeps no journal has none.

    Args:
        runtime: whose session it is, as it was when the runtime was made.
    """

    def __init__(self, runtime: AsyncRuntime) -> None:
        self._path: Path | None = None
        self._end: int | None = None
        self.unfinished = runtime.unfinished
        """The task that was cut."""
        self.queued = runtime.queued_messages
        """Words that no step has read."""
        self._runtime = runtime
        path = self._journal
        if path is not None and path.exists():
            self._path, self._end = path, path.stat().st_size
        self.more = self._path is not None
        """There is a page that was not read yet."""

    @property
    def _journal(self) -> Path | None:
        """The file of the session now; another one after `/new`."""
        session = self._runtime.session
        return session.path if isinstance(session, JournalSession) else None

    @property
    def kept_as(self) -> str:
        """The id by which the session is opened again; empty: nothing of it is kept."""
        path = self._journal
        return self._runtime.session.session_id if path is not None and path.exists() else ""

    @property
    def draft(self) -> str:
        """What was written and not sent when the program ended."""
        if (path := self._journal) is None:
            return ""
        try:
            return path.with_name(DRAFT).read_text(encoding="utf-8")
        except (OSError, ValueError):
            return ""  # there is none, or it is damaged: then it is gone

    def keep_draft(self, text: str) -> None:
        """Keep what is written and not sent yet; nothing is kept of a session in which nothing was said."""
        path = self._journal
        if path is None or not path.exists():
            return
        try:
            if text.strip():
                paths.write_private(path.with_name(DRAFT), text)
            else:
                path.with_name(DRAFT).unlink(missing_ok=True)
        except OSError:
            log.warning("the draft cannot be kept", exc_info=True)

    @property
    def waiting(self) -> list[tuple[str, bool]]:
        """Messages that the runtime did not have yet: the text, and whether it waits for the end of a task."""
        if (path := self._journal) is None:
            return []
        try:
            found = json.loads(path.with_name(WAITING).read_text(encoding="utf-8"))
            return [(str(each["text"]), bool(each["after_task"])) for each in found]
        except FileNotFoundError:
            return []
        except (OSError, ValueError, TypeError, KeyError):
            log.warning("the messages that wait cannot be read", exc_info=True)
            return []

    def keep_waiting(self, messages: Sequence[tuple[str, bool]]) -> bool:
        """Keep the messages that the runtime does not have; see `waiting`.

        Returns:
            Whether they are kept: nothing is of a session in which nothing was said.
        """
        path = self._journal
        if path is None or not path.exists():
            return False
        file = path.with_name(WAITING)
        try:
            if messages:
                paths.write_private(
                    file, json.dumps([{"text": text, "after_task": later} for text, later in messages])
                )
            else:
                file.unlink(missing_ok=True)
        except OSError:
            log.warning("the messages that wait cannot be kept", exc_info=True)
            return False
        return True

    async def changes(self) -> list[e.Event]:
        """What became of each file since the conversation began, of which earlier programs have told, as one change.

        Raises:
            SessionError: the journal cannot be read.
        """
        path = self._path
        if path is None:
            return []
        get = store_of(self._runtime.work_dir).get

        def read() -> list[e.Event]:
            return [each.event for each in expand(_whole_changes(lines_of(path)), get)]

        return await asyncio.to_thread(read)

    def go_back_to(self, end: int) -> None:
        """The conversation went back: what is before it ends at this byte of the journal."""
        self._path, self._end = self._journal, end
        self.more = end > 0

    async def older(self) -> list[e.Stamped]:
        """The events of the page before the one that was read last; none if there is none.

        Raises:
            SessionError: the journal cannot be read.
        """
        if not self.more or self._path is None:
            return []
        self.more = False  # until it is known
        page = await asyncio.to_thread(page_before, self._path, self._end)
        self._end, self.more = page.start, page.more
        return await asyncio.to_thread(
            lambda: list(expand(page.records, store_of(self._runtime.work_dir).get))
        )


def _whole_changes(lines: Iterable[bytes]) -> list[Record]:
    """Of each file one record, from what it was before the first change to what it was after the last one."""
    found: dict[str, Record] = {}
    for line in lines:
        kind = type_of(line)
        if kind == "session_cleared":
            found.clear()
        if kind != "file_changed" or (record := decode(line)) is None or "path" not in record.data:
            continue
        data, path = record.data, str(record.data["path"])
        if (first := found.get(path)) is not None:
            before = {key: value for key, value in first.data.items() if key.startswith("before")}
            summed = {key: first.data.get(key, 0) + data.get(key, 0) for key in ("added", "removed")}
            data = {**data, **before, **summed}
        found[path] = Record(record.n, record.time, record.type, data)
    return list(found.values())
