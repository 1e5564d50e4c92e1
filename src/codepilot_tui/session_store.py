"""The sessions on the disk, as the browser asks for them; each call reads or writes on a thread of its own."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

from codepilot import events as e
from codepilot import paths
from codepilot.errors import SessionError
from codepilot.journal.bin import delete_session, undelete_session
from codepilot.journal.expand import expand
from codepilot.journal.export import Form, export_session
from codepilot.journal.library import fork_session, rename_session, search_sessions
from codepilot.journal.overview import Overview, list_sessions, overview_of
from codepilot.journal.pages import page_before
from codepilot.sessions.summarised import fork_with_summary
from codepilot_tui.bench.session_rows import Said

FORMS: dict[str, Form] = {".md": "markdown", ".html": "html", ".json": "json"}
"""What a file is written as, by the end of its name."""
_PREVIEWED = 6
"""Things said last that a preview shows."""


class SessionStore:
    """All sessions of this person.

    Args:
        work_dir: the folder of `this folder`.
    """

    def __init__(self, work_dir: Path) -> None:
        self.work_dir = work_dir

    async def listed(self, *, here: bool) -> list[Overview]:
        """The sessions, the one that was used last first.

        Args:
            here: those of the folder only.
        """
        return await asyncio.to_thread(list_sessions, self.work_dir if here else None)

    async def search(self, words: str, *, here: bool) -> dict[str, str]:
        """Some words of a message that holds these, by the ids of the sessions.

        Raises:
            SessionError: they cannot be searched.
        """
        hits = await asyncio.to_thread(search_sessions, words, self.work_dir if here else None, most=100)
        found: dict[str, str] = {}
        for hit in hits:
            found.setdefault(hit.session, hit.text)
        return found

    async def said_last(self, session: Overview) -> list[Said]:
        """What was said last in a session, in order.

        Raises:
            SessionError: it cannot be read.
        """

        def read() -> list[Said]:
            page = page_before(session.info.path, at_least=32 * 1024)
            return list(_said(stamped.event for stamped in expand(page.records)))[-_PREVIEWED:]

        return await asyncio.to_thread(read)

    async def rename(self, session: Overview, title: str) -> str:
        """Give it a title; returns the title as it was written.

        Raises:
            CodepilotError: the title is empty or too long, or it cannot be written.
        """
        return await asyncio.to_thread(rename_session, session.info, title)

    async def fork(self, session: Overview) -> Overview:
        """Make one that begins as this one did.

        Raises:
            CodepilotError: it cannot be read, or the fork not be written.
        """
        return await asyncio.to_thread(lambda: overview_of(fork_session(session.info)))

    async def fork_before(self, session_id: str, upto: int) -> Overview:
        """Make one that begins as another one did, up to a record.

        Raises:
            CodepilotError: as `fork`.
        """
        return await asyncio.to_thread(lambda: overview_of(fork_session(session_id, upto)))

    async def fork_with_summary(self, session_id: str) -> Overview:
        """Make one that begins with a summary of another one.

        Raises:
            CodepilotError: as `fork`.
        """
        return await asyncio.to_thread(lambda: overview_of(fork_with_summary(session_id)))

    async def delete(self, session: Overview) -> None:
        """Put it into the bin.

        Raises:
            CodepilotError: a program has it open, or it cannot be moved.
        """
        await asyncio.to_thread(delete_session, session.info)

    async def undelete(self, session_id: str) -> Overview:
        """Take it out of the bin.

        Raises:
            CodepilotError: it is not there any more, or cannot be moved.
        """
        return await asyncio.to_thread(lambda: overview_of(undelete_session(session_id)))

    def export_path(self, session: Overview) -> str:
        """Where an export goes, if the person says nothing else."""
        return str(self.work_dir / f"session-{session.id[:40]}.md")

    async def export(self, session: Overview, file: str) -> Path:
        """Write it to a file, as the end of the file's name says; returns the path.

        Raises:
            SessionError: the name ends otherwise, there is such a file, or it cannot be written.
        """

        def write() -> Path:
            path = self._meant(file)
            form = FORMS.get(path.suffix.lower())
            if form is None:
                raise SessionError(
                    f"A session is exported as {', '.join(FORMS)}: {path.name} is none of these."
                )
            text = export_session(session.info, form)
            try:
                with path.open("x", encoding="utf-8") as stream:  # never over a file of the person
                    stream.write(text)
            except FileExistsError:
                raise SessionError(f"Already exists: {path}.") from None
            except OSError as error:
                raise SessionError(f"{path} cannot be written: {error.strerror or error}.") from error
            return path

        return await asyncio.to_thread(write)

    def _meant(self, file: str) -> Path:
        try:
            return self.work_dir / paths.expanded(file)
        except ValueError as error:
            raise SessionError(f"{file}: {error}.") from None


def _said(found: Iterator[e.Event]) -> Iterator[Said]:
    """Words of the person and of the agent; each reply is one thing."""
    reply = ""
    for event in found:
        if isinstance(event, e.TextStreamed):
            reply += event.text
            continue
        if (
            isinstance(event, e.StepStarted | e.TaskFinished | e.TaskStarted | e.MessageInjected)
            and reply.strip()
        ):
            yield Said("Agent", reply.strip())
            reply = ""
        if isinstance(event, e.TaskStarted):
            yield Said("You", event.task)
        elif isinstance(event, e.MessageInjected):
            yield Said("You", event.message)
        elif isinstance(event, e.TaskFinished) and event.status == "done" and event.summary:
            yield Said("Agent", event.summary)
    if reply.strip():
        yield Said("Agent", reply.strip())
