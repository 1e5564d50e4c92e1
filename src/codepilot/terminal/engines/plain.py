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
_IN_ORDER = (
    b"\x1b[?2026;9;1000;1002;1003;1004;1005;1006;1015;1016;2004;2031;2048;1;5;45;66;69l\x1b[?7;25h"
    b"\x1b[4;20l\x1b>\x1b[<99u\x1b[>4m\x1b[m\x1b(B\x1b)B\x0f\x1b[0 q\x1b]8;;\x1b\\"
    b"\x1b]104\x1b\\\x1b]110\x1b\\\x1b]111\x1b\\\x1b[?6l\x1b[r"
)
DEFAULT_FOREGROUND = (0xD5, 0xDB, 0xE3)
DEFAULT_BACKGROUND = (0x0C, 0x0F, 0x13)


def reset_sequence(x: int, y: int) -> bytes:
    """What puts all modes in order and leaves the text, and the cursor at a cell counted from 0."""
    return _IN_ORDER + b"\x1b[%d;%dH" % (y + 1, x + 1)


def without_delete(data: bytes) -> bytes:
    """Output without DEL, which is passed over wherever it stands; no character of UTF-8 holds that byte."""
    return data.replace(b"\x7f", b"") if b"\x7f" in data else data


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
