"""What was said in the session before: read from its journal from the end, a page at a time."""

from __future__ import annotations

import asyncio
import json
import logging
from typing import TYPE_CHECKING, Any

from codepilot import events as e
from codepilot import paths
from codepilot.journal.blobs import store_of
from codepilot.journal.expand import Content, expand
from codepilot.journal.listing import look_at
from codepilot.journal.log import lines_of
from codepilot.journal.overview import overview_of
from codepilot.journal.pages import page_before
from codepilot.journal.place import DRAFT, WAITING
from codepilot.journal.record import Record, decode, type_of
from codepilot.sessions.journal import JournalSession

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

    from codepilot.runtime import AsyncRuntime


log = logging.getLogger(__name__)


class Pages:
    """The pages of a journal, from its end.

    Args:
        path: of the journal; None: there is none.
        content: gives the texts of changed files.
    """

    def __init__(self, path: Path | None, content: Content) -> None:
        self._path = path
        self._end: int | None = path.stat().st_size if path is not None else None
        self._content = content
        self._asked = object()
        """For the page that is being read: where the conversation goes back meanwhile, that page is none of it."""
        self.more = path is not None
        """There is a page that was not read yet."""

    @property
    def at(self) -> int:
        """Bytes before the page that was read last."""
        return self._end or 0

    def go_back_to(self, end: int, path: Path | None = None) -> None:
        """The conversation went back: what is before it ends at this byte of the journal.

        Args:
            end: bytes from its beginning.
            path: of the journal, if it is another one now.
        """
        self._path = path or self._path
        self._end, self.more, self._asked = end, end > 0, object()

    def begin_anew(self) -> None:
        """The conversation begins anew: what is above is another one."""
        self.more, self._asked = False, object()

    async def before(self) -> tuple[Record, ...]:
        """The records of the page before the one that was read last; none if there is none.

        Raises:
            SessionError: the journal cannot be read.
        """
        if not self.more or self._path is None:
            return ()
        self.more, asked = False, self._asked  # until it is known
        page = await asyncio.to_thread(page_before, self._path, self._end)
        if asked is not self._asked:
            return ()
        self._end, self.more = page.start, page.more
        return page.records

    async def older(self) -> list[e.Stamped]:
        """The events of that page.

        Raises:
            SessionError: the journal cannot be read.
        """
        records = await self.before()
        return await asyncio.to_thread(lambda: list(expand(records, self._content)))


class Past:
    """The pages of one session. One that keeps no journal has none.

    Args:
        runtime: whose session it is, as it was when the runtime was made.
    """

    def __init__(self, runtime: AsyncRuntime) -> None:
        self.unfinished = runtime.unfinished
        """The task that was cut."""
        self.queued = runtime.queued_messages
        """Words that no step has read."""
        self.title = ""
        """The name that the session was given; empty: none, or it is not known yet."""
        self.first = ""
        """The person's first words, of which the newest page may hold nothing."""
        self.restoring = False
        """A restore did not come to its end; known when `changes` has read."""
        self._runtime = runtime
        path = self._journal
        self._path = path if path is not None and path.exists() else None
        """As it was when the runtime was made."""
        self.pages = Pages(self._path, store_of(runtime.work_dir).get)

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
    def large(self) -> bool:
        """The journal has become so large that a new session had better go on."""
        session = self._runtime.session
        return isinstance(session, JournalSession) and session.log.large

    @property
    def draft(self) -> str:
        """What was written and not sent when the program ended."""
        if (path := self._journal) is None:
            return ""
        try:
            return path.with_name(DRAFT).read_text(encoding="utf-8")
        except (OSError, ValueError):
            return ""  # there is none, or it is damaged: then it is gone

    def _there(self, path: Path) -> bool:
        """Whether there is a journal; one that was taken away while it is open is made again."""
        if not path.exists() and isinstance(session := self._runtime.session, JournalSession):
            session.log.put_back()
        return path.exists()

    def keep_draft(self, text: str) -> None:
        """Keep what is written and not sent yet; nothing is kept of a session in which nothing was said."""
        path = self._journal
        if path is None or not self._there(path):
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
        if path is None or not self._there(path):
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
            found, self.restoring = _whole_changes(lines_of(path))
            return [each.event for each in expand(found, get)]

        return await asyncio.to_thread(read)

    def go_back_to(self, end: int) -> None:
        """The conversation went back: what is before it ends at this byte of the journal."""
        self.pages.go_back_to(end, self._journal)

    def cleared(self) -> None:
        """The conversation begins anew: what is above is another one."""
        self.pages.begin_anew()
        self.first = ""

    async def read_name(self) -> None:
        """Find out what the session is called.

        Raises:
            SessionError: it cannot be read.
        """
        if (path := self._path) is None:
            return
        info = await asyncio.to_thread(look_at, path)
        if info is not None:
            figures = (await asyncio.to_thread(overview_of, info)).figures
            self.title, self.first = figures.title, figures.first


def _whole_changes(lines: Iterable[bytes]) -> tuple[list[Record], bool]:
    """The changes of each file, with those made one that follow each other directly; and whether a restore did not come
    to its end, or the rewind of the conversation that belongs to it, and no task began after it.
    """
    found: dict[str, list[Record]] = {}
    doing, rewinds = "", False
    for line in lines:
        kind = type_of(line)
        if kind == "restore_started":
            doing = "files"
            rewinds = (started := decode(line)) is not None and bool(started.data.get("rewinds"))
        elif kind == "restore_finished":
            doing = "conversation" if doing and rewinds else ""
        elif kind in ("task_started", "task_resumed") or (
            kind in ("rewound", "session_cleared") and doing == "conversation"
        ):
            doing = ""
        if kind == "session_cleared":
            found.clear()
        if kind != "file_changed" or (record := decode(line)) is None or "path" not in record.data:
            continue
        chain = found.setdefault(str(record.data["path"]), [])
        if chain and _follows(chain[-1].data, record.data):
            record = _joined(chain.pop(), record)
        chain.append(record)
    return [each for chain in found.values() for each in chain], bool(doing)


def _follows(first: Mapping[str, Any], second: Mapping[str, Any]) -> bool:
    """Whether nobody else changed the file in between, as far as is known."""
    return first.get("after_id") == second.get("before_id") or "" in (
        first.get("after_id", ""),
        second.get("before_id", ""),
    )


def _joined(first: Record, second: Record) -> Record:
    before = {key: value for key, value in first.data.items() if key.startswith("before")}
    summed = {key: first.data.get(key, 0) + second.data.get(key, 0) for key in ("added", "removed")}
    return Record(second.n, second.time, second.type, {**second.data, **before, **summed})
