"""The cells of a run: which characters stand in how many columns, and what of them may reach a person's terminal."""

from __future__ import annotations

from collections.abc import Iterator

from codepilot.terminal.screen import Run
from codepilot.text import visible

_SOFT_HYPHEN = "\u00ad"
_NON_JOINER = "\u200c"


def cell_texts(run: Run) -> Iterator[tuple[str, int]]:
    """The characters of a run, or its one cluster, each with its cells."""
    if not run.text:
        return
    each, rest = divmod(run.width, len(run.text))
    if rest or each not in (1, 2):
        yield run.text, run.width
        return
    for character in run.text:
        yield character, each


def drawn(cell: str) -> str:
    """What is drawn of a cell's characters: nothing that steers a terminal, turns a line round or cannot be seen."""
    if cell == _SOFT_HYPHEN:
        return "-"  # it has a cell of its own, as in any terminal
    if cell.endswith(_NON_JOINER):
        # It parts the last letter from one of the same script in the next cell.
        return visible(cell + cell[0])[:-1]
    return visible(cell)
