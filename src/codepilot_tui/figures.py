"""How many lines a change adds and removes, written the same everywhere."""

from __future__ import annotations


def signed(added: int, removed: int) -> tuple[str, str]:
    """`+1,204` and `−3`, empty where nothing is added or removed; of a change without lines, `+0`."""
    return f"+{added:,}" if added or not removed else "", f"−{removed:,}" if removed else ""


def change_text(added: int, removed: int) -> str:
    """Both, as one text."""
    return " ".join(part for part in signed(added, removed) if part)
