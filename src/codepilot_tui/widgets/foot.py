"""The last row of a page or a popup: its keys, each of which can be clicked."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from rich.cells import cell_len

from codepilot_tui.theme import Tokens
from codepilot_tui.widgets.painted import Cell, Painted, Picture, Place, row_of

Keys = Sequence[tuple[str, str]]
"""Keys as they are written, each with its word."""

_KEYS = {
    "↑ ↓": "down", "← →": "right", "→ ←": "right", "Home End": "end", "PgUp PgDn": "pagedown", ", .": "full_stop",
    "< >": "greater_than_sign", "Esc": "escape", "→": "right", "Del": "delete",
    "Ctrl+↓ Ctrl+↑": "ctrl+down", "Ctrl+↓": "ctrl+down", "Ctrl+↑": "ctrl+up", "←": "left", "+ -": "plus",
}  # fmt: skip


def key_of(label: str) -> str:
    """The key that is written like this; of a pair the one that goes on."""
    return _KEYS.get(label, label.lower())


def foot_row(keys: Keys, width: int, tokens: Tokens, *, plane: str, indent: int = 2) -> Picture:
    """Keys with their words in one row. Where it is narrow the last one stays and those before it go."""
    style = tokens.style
    kept = list(keys)
    while len(kept) > 1 and indent + sum(cell_len(f"{key} {word}   ") for key, word in kept) - 3 > width:
        del kept[-2]
    cells: list[Cell] = [(" " * indent, style("", plane))]
    places: list[Place] = []
    used = indent
    for key, word in kept:
        size = cell_len(f"{key} {word}")
        places.append(Place(0, used, used + size, key))
        gap = "   "[: max(0, width - used - size)]  # none behind a last one that just fits
        cells += [(key, style("ink", plane, bold=True)), (f" {word}{gap}", style("muted", plane))]
        used += size + 3
    return Picture((row_of(cells, width, style("", plane)),), tuple(places))


class Foot(Painted):
    """The keys.

    Args:
        keys: gives those of now.
        plane: the token of the plane behind them.
    """

    DEFAULT_CSS = "Foot { height: 1; }"

    def __init__(self, keys: Callable[[], Keys], plane: str, *, indent: int = 2) -> None:
        super().__init__()
        self._keys = keys
        self._plane = plane
        self._indent = indent

    def picture(self, width: int, tokens: Tokens) -> Picture:
        """Those that fit; the last one always."""
        return foot_row(self._keys(), width, tokens, plane=self._plane, indent=self._indent)
