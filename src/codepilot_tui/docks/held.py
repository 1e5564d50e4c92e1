"""The session is open in another program: read along there, or go another way from here?"""

from __future__ import annotations

import time
from collections.abc import Sequence

from codepilot.journal.holder import Holder
from codepilot.text import clean_line, shorten
from codepilot_tui.docks.arming import DEAF_SECONDS
from codepilot_tui.docks.paint import Choice
from codepilot_tui.docks.words import WordsDock

_NAME = 60
"""Columns of the title."""
_ANSWERS = {"r": "read", "f": "fork"}


class HeldDock(WordsDock[str]):
    """Read along or fork; Esc: neither.

    Args:
        session: its id.
        title: its name, or its first words; empty: it has none.
        holder: who has it.
        deaf: for how many quiet seconds the answers are deaf.
    """

    kind = "confirm"

    def __init__(self, session: str, holder: Holder, *, title: str = "", deaf: float = DEAF_SECONDS) -> None:
        since = time.strftime(", since %H:%M", time.localtime(holder.since)) if holder.since else ""
        program = f"{clean_line(holder.program)}, process {holder.pid}{since}"
        name = clean_line(" ".join(title.split()))
        lines = [
            [
                *([(f"{shorten(name, _NAME)}  ", "ink")] if name else []),
                (clean_line(session), "code"),
                (" is open in another program (", "ink"),
                (program, "code"),
                (").", "ink"),
            ],
            [("A fork is a new session that starts as a copy of this one.", "ink")],
        ]
        choices = (Choice("r", "read along", "ok"), Choice("f", "fork"))
        super().__init__("Read along, or fork?", lines, choices, deaf=deaf)

    def tail(self) -> Sequence[tuple[str, str]]:
        """Esc opens nothing."""
        return (("Esc", "leave it"),)

    def choose(self, key: str) -> None:
        """Answer."""
        self.finish(_ANSWERS[key])

    def leave(self) -> None:
        """Neither."""
        self.finish(None)
