"""The few signs that carry state."""

from __future__ import annotations

from codepilot.values import dataclass


@dataclass(frozen=True, slots=True)
class Glyphs:
    """Each is one cell wide, so that the columns hold."""

    ok: str = "✓"
    bad: str = "✗"
    asks: str = "?"
    running: str = "●"
    stopped: str = "○"
    partly: str = "◐"
    folded: str = "▸"
    unfolded: str = "▾"
    bar: str = "▍"
    cursor: str = "▎"
    quote: str = "│"
    bullet: str = "•"
    below: str = "▼"
    queued: str = "↳"
    drop: str = "×"
    logo: str = "◆"
    full: str = "▰"
    empty: str = "▱"
    dot: str = "·"
    more: str = "…"
    gap: str = "⋯"
    branch: str = "✱"
    spinner: str = "⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏"


UNICODE = Glyphs()
