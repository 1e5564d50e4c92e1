"""What both engines share: limits, colours, and rows as plain text."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from codepilot.terminal.screen import Row

SCROLLBACK_BYTES = 10_000_000
REPLIES_MAX = 1 << 20
"""A program that asks without reading gets no more than this."""
HOLD_SECONDS = 1.0
"""How long synchronised output may keep the screen still."""
TITLE_MAX = 256
DEFAULT_FOREGROUND = (0xD5, 0xDB, 0xE3)
DEFAULT_BACKGROUND = (0x0C, 0x0F, 0x13)


def is_dark(colour: tuple[int, int, int]) -> bool:
    """Whether light text belongs on this background."""
    red, green, blue = colour
    return 299 * red + 587 * green + 114 * blue < 128_000


def lines_of(rows: Iterable[Row]) -> str:
    """Rows as they stand, blank ends and blank last lines cut."""
    return "\n".join(row.text.rstrip() for row in rows).rstrip("\n")


def logical_lines(rows: Sequence[Row], columns: int) -> str:
    """Rows joined where a line was only wrapped, blank ends and blank last lines cut."""
    lines: list[str] = []
    parts: list[str] = []
    for row in rows:
        parts.append(row.text)
        if not row.wrapped:
            lines.append("".join(parts).rstrip())
            parts.clear()
    if parts:
        lines.append("".join(parts).rstrip())
    return "\n".join(lines).rstrip("\n")
