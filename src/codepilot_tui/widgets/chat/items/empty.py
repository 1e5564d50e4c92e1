"""The chat before anything was said."""

from __future__ import annotations

from collections.abc import Sequence

from codepilot_tui.theme import Tokens
from codepilot_tui.widgets.chat.items.look import INDENT
from codepilot_tui.widgets.chat.lines import Line, Span, cells, prefixed, wrap


def empty_state(width: int, tokens: Tokens, agent: str, keys: Sequence[tuple[str, str]] = ()) -> list[Line]:
    """What will appear here, and how to begin.

    Args:
        width: columns.
        tokens: the colours.
        agent: its name.
        keys: the keys to begin with, each with its word.
    """
    style = tokens.style
    column = max((cells(key) for key, _ in keys), default=0) + 3
    rows: list[list[Span]] = [
        [(agent, style("agent", bold=True)), (" is ready.", style("ink"))],
        [],
        [("Its words, its commands and its edits appear here.", style("muted"))],
        [("Say below what you want done, for example", style("muted"))],
        [("  Find out why the tests fail, and fix it", style("ink"))],
        [],
        *([(key.ljust(column), style("ink", bold=True)), (word, style("muted"))] for key, word in keys),
    ]
    lines: list[Line] = []
    for row in rows:
        lines.extend(prefixed(wrap(row, max(8, width - 4)), [INDENT]))
    return lines
