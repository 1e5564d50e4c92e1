"""Find in the conversation: what was said, called and answered, line by line; Enter goes there."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import ClassVar

from textual.strip import Strip
from textual.widget import Widget

from codepilot_tui.glyphs import UNICODE
from codepilot_tui.pages.base import Page
from codepilot_tui.theme import Tokens, tokens_for
from codepilot_tui.transcript.finding import MOST, Hit
from codepilot_tui.widgets.painted import spread
from codepilot_tui.widgets.row_list import Rows, lit

_PLANE = "panel-plane"
_WHO = 10
"""Columns of whose words they are."""


class HitRows(Rows, can_focus=False):
    """The lines found."""

    DEFAULT_CSS = "HitRows { height: 1fr; background: $panel-plane; scrollbar-background: $panel-plane; }"

    def __init__(self) -> None:
        super().__init__(classes="page-body")
        self.hits: Sequence[Hit] = ()
        self.wanted = ""

    @property
    def count(self) -> int:
        """How many lines."""
        return len(self.hits)

    def paint(self, index: int, width: int, at_cursor: bool) -> Strip:
        """Whose words, and the line."""
        return hit_row(self.hits[index], width, tokens_for(self.app), self.wanted, at_cursor)

    def paint_empty(self, line: int, width: int) -> Strip:
        """What will be here, or that nothing is."""
        style = tokens_for(self.app).style
        said = "No line contains these words." if self.wanted else "Type to search the conversation."
        text = f"   {said}" if not self.count and line == 0 else ""
        return spread([(text, style("muted", _PLANE))], [], width, style("", _PLANE))


def hit_row(hit: Hit, width: int, tokens: Tokens, wanted: str, at_cursor: bool) -> Strip:
    """One row, exactly `width` columns."""
    style = tokens.style
    plane = "line" if at_cursor else _PLANE
    bar = (UNICODE.cursor if at_cursor else " ", style("you", plane))
    who = (f" {hit.who:<{_WHO}}", style("muted", plane))
    found = style("you", plane, bold=True)
    return spread([bar, who, *lit(hit.text, wanted, style("ink", plane), found)], [], width, style("", plane))


class FindPage(Page[Hit]):
    """The page; its result is the line to go to.

    Args:
        find: the lines that hold the words, newest first.
    """

    title = "Find in the conversation"
    kind = "search"
    placeholder: ClassVar[str] = "Words"

    def __init__(self, find: Callable[[str], list[Hit]]) -> None:
        self._find = find
        self.list = HitRows()
        super().__init__()

    def body(self) -> Iterable[Widget]:
        """The list."""
        yield self.list

    def keys(self) -> Sequence[tuple[str, str]]:
        """What the keys do."""
        return (("↑ ↓", "move"), ("Enter", "go there"), ("Esc", "clear" if self.field.words else "back"))

    def searched(self, words: str) -> None:
        """Show what holds the words, the newest first."""
        self.list.wanted = words
        self.list.hits = self._find(words)
        self.list.move_to(0)
        self.list.rows_changed()
        self.keys_changed()
        count = self.list.count
        self.say(
            ""
            if not words
            else f"{count} line{'' if count == 1 else 's'}{' or more' if count == MOST else ''}"
        )

    def press(self, key: str) -> bool:
        """Move, go there."""
        if key == "enter":
            self._choose()
            return True
        return self.list.press(key)

    def on_rows_chosen(self, event: Rows.Chosen) -> None:
        """A click is Enter."""
        event.stop()
        self._choose()

    def _choose(self) -> None:
        if self.list.hits:
            self.finish(self.list.hits[self.list.cursor])
