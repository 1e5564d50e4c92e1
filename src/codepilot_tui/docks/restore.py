"""What becomes of files that an earlier program was bringing back when it ended?"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from codepilot.checkpoints.plan import RestorePlan
from codepilot_tui.docks.arming import DEAF_SECONDS
from codepilot_tui.docks.paint import Choice
from codepilot_tui.docks.words import OneRow, Said, WordsDock

Wanted = Literal["finish", "back", "leave"]
_NAMED = 5
"""Files that are named."""
_SIGNS = {"create": "+", "delete": "-", "write": "~", "keep": "="}


class RestoreDock(WordsDock[Wanted]):
    """Finish it, take back what was done of it, or leave the files as they are. Esc leaves them.

    Args:
        rest: what is still to do.
        deaf: for how many quiet seconds the answers are deaf.
    """

    kind = "confirm"

    def __init__(self, rest: RestorePlan, *, deaf: float = DEAF_SECONDS) -> None:
        choices = (Choice("y", "finish it", "ok"), Choice("b", "undo it"), Choice("n", "leave the files"))
        asked = "Finish restoring the files?" if rest.rows else "Finish the rewind?"
        super().__init__(asked, _lines(rest), choices, deaf=deaf)

    def tail(self) -> Sequence[tuple[str, str]]:
        """Esc leaves the files as they are."""
        return (("Esc", "leave the files"),)

    def choose(self, key: str) -> None:
        """Answer."""
        wanted: dict[str, Wanted] = {"y": "finish", "b": "back"}
        self.finish(wanted.get(key, "leave"))

    def leave(self) -> None:
        """Esc changes nothing."""
        self.finish("leave")


def _lines(rest: RestorePlan) -> list[Sequence[Said]]:
    many = len(rest.changes)
    left = (
        f"{many} file{' is' if many == 1 else 's are'} not restored yet."
        if many
        else "All files are restored."
    )
    lines: list[Sequence[Said]] = [[("The program ended during a rewind. ", "ink"), (left, "ink")]]
    rows = (*rest.changes, *rest.kept)
    for row in rows[:_NAMED]:
        why = f"  kept: {row.kept}" if row.kept else ""
        lines.append(OneRow(((f"{_SIGNS[row.action]} ", "muted"), (row.path, "code"), (why, "muted"))))
    if len(rows) > _NAMED:
        lines.append([(f"and {len(rows) - _NAMED} more", "muted")])
    if rest.rewinds:
        lines.append([("Finishing it rewinds the conversation, too, as you wanted.", "ink")])
    lines.append([("Undo: as it was before the rewind. Your changes since then are kept.", "ink")])
    return lines
