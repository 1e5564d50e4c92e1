"""A session that another program works in is not opened: it is read along, or forked."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING

from codepilot.errors import SessionBusy
from codepilot.journal.holder import Holder, holder_of
from codepilot.journal.library import find_session, fork_session
from codepilot.journal.overview import Overview, overview_of
from codepilot.journal.place import JOURNAL, LOCK, folder_of
from codepilot_tui.docks.held import HeldDock
from codepilot_tui.pages.reading import ReadingPage
from codepilot_tui.screens.overlays import ask, look

if TYPE_CHECKING:
    from codepilot_tui.screens.session import SessionScreen


async def free_session(screen: SessionScreen, session_id: str) -> str:
    """The id of a session to work in: this one, or a fork of it.

    Args:
        screen: where it asks.
        session_id: of the session that is wanted.

    Raises:
        SessionBusy: another program works in it, and the person wants no fork.
    """
    path = folder_of(session_id) / JOURNAL
    while (holder := await asyncio.to_thread(_holder, path)) is not None:
        seen = await asyncio.to_thread(_overview, session_id)
        answer: str | None = await ask(screen, HeldDock(session_id, holder, title=seen.title))
        if answer == "read":
            answer = await look(screen, ReadingPage(seen), "reading along")
            if answer is None:
                continue
        if answer == "fork":
            return (await asyncio.to_thread(fork_session, seen.info)).id
        raise SessionBusy(
            f"The session {session_id} is open in another program ({holder.program}, process {holder.pid}).",
            hint="End that program, or work in another session.",
        )
    return session_id


def _overview(session_id: str) -> Overview:
    return overview_of(find_session(session_id))


def _holder(path: Path) -> Holder | None:
    holder = holder_of(path.with_name(LOCK)) if path.exists() else None
    return None if holder is None or holder.here else holder
