"""How many lines the agent has added to each file and taken from it, as a journal tells it."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from codepilot.journal.branches import left_ranges, outside
from codepilot.journal.record import decode, type_of


def lines_edited(lines: Callable[[], Iterable[bytes]]) -> dict[str, tuple[int, int]]:
    """Added and removed, by the path as in `FileChanged`; since the conversation began, on the way that it went.

    What the agent's commands changed counts, and what restores and the person did does not.

    Args:
        lines: gives those of a journal, from the first, each time anew.
    """
    found: dict[str, tuple[int, int]] = {}
    for line in outside(lines(), left_ranges(lines())):
        kind = type_of(line)
        if kind == "session_cleared":
            found.clear()
        if kind != "file_changed" or (record := decode(line)) is None:
            continue
        data = record.data
        path, added, removed = data.get("path"), data.get("added"), data.get("removed")
        if data.get("source", "tool") not in ("tool", "command"):
            continue
        if isinstance(path, str) and isinstance(added, int) and isinstance(removed, int):
            before = found.get(path, (0, 0))
            found[path] = before[0] + added, before[1] + removed
    return found
