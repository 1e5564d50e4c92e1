"""The few signs that carry state, each with a twin for screens that know ASCII only."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Glyphs:
    """One cell wide each, so that the columns hold."""

    ok: str = "✓"
    bad: str = "✗"
    running: str = "●"
    asks: str = "?"
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
    branch: str = "✱"
    spinner: str = "⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏"


UNICODE = Glyphs()
ASCII = Glyphs(
    ok="+",
    bad="x",
    running="*",
    asks="?",
    stopped="o",
    partly="%",
    folded=">",
    unfolded="v",
    bar="|",
    cursor=">",
    quote="|",
    bullet="-",
    below="v",
    queued=">",
    drop="x",
    logo="#",
    full="#",
    empty="-",
    dot="-",
    more="~",
    branch="*",
    spinner="|/-\\",
)
