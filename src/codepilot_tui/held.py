"""A session that another program works in is not opened: it is read along, or forked."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING

from codepilot.errors import SessionBusy
from codepilot.journal.holder import Holder, holder_of
from codepilot.journal.library import find_session, fork_session
from codepilot.journal.place import JOURNAL, LOCK, folder_of
from codepilot_tui.docks.held import HeldDock
from codepilot_tui.pages.reading import ReadingPage
from codepilot_tui.screens.overlays import ask, look

if TYPE_CHECKING:
    from codepilot_tui.screens.session import SessionScreen


async def free_session(screen: SessionScreen, session_id: str, agent: str) -> str:
    """The id of a session to work in: this one, or a fork of it.

    Args:
        screen: where it asks.
        session_id: of the session that is wanted.
        agent: the agent's name.

    Raises:
        SessionBusy: another program works in it, and the person wants no fork.
    """
    path = folder_of(session_id) / JOURNAL
    while (holder := await asyncio.to_thread(_holder, path)) is not None:
        answer = await ask(screen, HeldDock(session_id, holder))
        if answer == "fork":
            return (await asyncio.to_thread(lambda: fork_session(find_session(session_id)))).id
        if answer is None:
            raise SessionBusy(
                f"The session {session_id} is open in another program ({holder.program}, process {holder.pid}).",
                hint="End that program, or work in another session.",
            )
        await look(screen, ReadingPage(session_id, path, agent))
    return session_id


def _holder(path: Path) -> Holder | None:
    holder = holder_of(path.with_name(LOCK)) if path.exists() else None
    return None if holder is None or holder.here else holder
