"""Which pastes are asked about, and how."""

from __future__ import annotations

from codepilot.text import clean_line, head_and_tail
from codepilot_tui.docks.confirm import ConfirmDock
from codepilot_tui.widgets.editing import pasted_text

LARGE_PASTE = 100_000
"""Characters from which a paste is asked about, whatever the program takes."""
_RUNS = "This program cannot tell pasted text from typed text, so each line runs as soon as it arrives.\n\n"


def paste_question(name: str, text: str, *, bracketed: bool) -> ConfirmDock | None:
    """The question that comes before a paste; None if it may go at once.

    Args:
        name: of the terminal.
        text: as it came.
        bracketed: the program can tell pasted text from typed text.
    """
    runs = not bracketed and any(end in text for end in "\r\n")
    if not runs and len(text) <= LARGE_PASTE:
        return None
    shown = pasted_text(text)
    lines = len(shown.removesuffix("\n").split("\n"))
    return ConfirmDock(
        f"Paste {lines:,} line{'s' if lines != 1 else ''} into {clean_line(name)}?",
        f"{_RUNS if runs else ''}{head_and_tail(shown, 400, note=lambda left: f'… {left:,} characters …')}",
        yes="paste",
    )
