"""The painted rows of every dock: its head and its answers."""

from __future__ import annotations

import re
from collections.abc import Callable

from codepilot_tui.docks.paint import Head, head_row, path_rows
from codepilot_tui.theme import Tokens
from codepilot_tui.widgets.painted import Painted, Picture
from codepilot_tui.widgets.row_selection import SelectableRows


class HeadRow(SelectableRows):
    """The first row; with it the whole path, where it was cut and all is to be shown."""

    def __init__(self, head: Head) -> None:
        super().__init__()
        self.head = head

    def picture(self, width: int, tokens: Tokens) -> Picture:
        """Title left, state right."""
        return Picture((head_row(self.head, width, tokens), *path_rows(self.head, width, tokens)))


class ChipRows(Painted):
    """The last rows: the answers, and the keys that are none.

    Args:
        chips: paints them.
    """

    def __init__(self, chips: Callable[[int, Tokens], Picture]) -> None:
        super().__init__()
        self._paint = chips

    def picture(self, width: int, tokens: Tokens) -> Picture:
        """Chips, wrapped where it is narrow."""
        return self._paint(width, tokens)


def is_chord(key: str) -> bool:
    """Whether a key is held with Ctrl or Alt, or is an F-key; Ctrl+J and Ctrl+M are Enter by another name."""
    if key in ("ctrl+j", "ctrl+m"):
        return False
    return key.startswith(("ctrl+", "alt+", "super+", "meta+")) or re.fullmatch(r"f\d+", key) is not None
