"""The two texts of a difference made safe to draw: nothing hidden, no line endless. Pure."""

from __future__ import annotations

from codepilot.text import clean
from codepilot_tui.glyphs import UNICODE

TAB = 4
"""Columns to which a tab goes on."""
MAX_LINE = 4_000
"""Characters of a line that are shown; what follows is told as a number."""


def line_ends(text: str | None) -> str:
    """How the lines of a text end: two that differ in this show it."""
    if not text or "\n" not in text:
        return "any"
    returns = text.count("\r\n")
    return "none" if not returns else "all" if returns == text.count("\n") else f"some {returns}"


def showable(text: str, show_returns: bool) -> str:
    """Safe to draw, with the same number of lines, none endless; carriage returns shown where both differ in them."""
    if show_returns and "\r\n" in text:
        text = text.replace("\r\n", "\r\r\n")
    lines = clean(text).split("\n")
    return "\n".join(_shortened(line.expandtabs(TAB) if "\t" in line else line) for line in lines)


def _shortened(line: str) -> str:
    if len(line) <= MAX_LINE:
        return line
    return f"{line[:MAX_LINE]} {UNICODE.gap} {len(line) - MAX_LINE:,} more characters"
