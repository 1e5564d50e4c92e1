"""The chat before anything was said."""

from __future__ import annotations

from collections.abc import Sequence

from codepilot.values import dataclass
from codepilot_tui.theme import Tokens
from codepilot_tui.widgets.chat.items.look import INDENT
from codepilot_tui.widgets.chat.lines import Line, Span, cells, prefixed, wrap


@dataclass(frozen=True, slots=True)
class Empty:
    """What is said where nothing stands yet."""

    keys: Sequence[tuple[str, str]] = ()
    """The keys to begin with, each with its word."""
    words: Sequence[str] = ()
    """A sentence, and more of them; none: what an agent says that is ready."""


def empty_state(width: int, tokens: Tokens, agent: str, empty: Empty) -> list[Line]:
    """What will appear here, and how to begin.

    Args:
        width: columns.
        tokens: the colours.
        agent: its name.
        empty: what is to be said.
    """
    style = tokens.style
    column = max((cells(key) for key, _ in empty.keys), default=0) + 3
    ready: list[list[Span]] = [
        [(agent, style("agent", bold=True)), (" is ready.", style("ink"))],
        [],
        [("Its words, its commands and its edits appear here.", style("muted"))],
        [("Say below what you want done, for example", style("muted"))],
        [("  Find out why the tests fail, and fix it", style("ink"))],
    ]
    said: list[list[Span]] = [
        [(words, style("muted" if at else "ink"))] for at, words in enumerate(empty.words)
    ]
    keys: list[list[Span]] = [
        [(key.ljust(column), style("ink", bold=True)), (word, style("muted"))] for key, word in empty.keys
    ]
    rows = [*(said or ready), *([[], *keys] if keys else [])]
    lines: list[Line] = []
    for row in rows:
        lines.extend(prefixed(wrap(row, max(8, width - 4)), [INDENT]))
    return lines
