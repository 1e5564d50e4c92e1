"""Painting rows of the chat: a line on the pane's background, plus cursor, selection and marker."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

from codepilot_tui.glyphs import UNICODE
from codepilot_tui.theme import Tokens
from codepilot_tui.widgets.chat.lines import Line, cells
from codepilot_tui.widgets.chat.selection import lit


@dataclass(frozen=True, slots=True)
class Over:
    """What is drawn over a row."""

    cursor: Literal["", "first", "further"] = ""
    """Whether the row belongs to the item under the cursor, as its first row or a later one."""
    span: tuple[int, int] | None = None
    """The selected characters."""
    unseen: int = 0
    """The number of new items below, shown on the last row of the pane; 0 on all others."""
    found: tuple[tuple[int, int], ...] = ()
    """The characters that were looked for, as starts and ends."""


PLAIN = Over()


def marker(unseen: int) -> str:
    """The marker that leads to the end."""
    return f" {UNICODE.below} {unseen} new "


class Painter:
    """Paints rows. Most rows do not change from frame to frame, so their strips are cached.

    Args:
        kept: the most rows that are cached; beyond that, the cache is emptied.
    """

    def __init__(self, kept: int = 400) -> None:
        self._most = kept
        self._painted: set[Line] = set()
        self._base = self._lit = Style.null()
        self._tokens: Tokens | None = None

    def begin(self, base: Style, tokens: Tokens) -> None:
        """Begin a frame on this background."""
        lit_base = base + tokens.style("", "raised")
        self._base, self._tokens = base, tokens
        if lit_base != self._lit:
            self._lit = lit_base
        if len(self._painted) > self._most:
            for line in self._painted:
                line.forget()
            self._painted.clear()

    def blank(self, line: Line | None, width: int) -> Strip:
        """A row that belongs to no item."""
        strip = Strip([]) if line is None else line.strip
        return strip.crop_extend(0, width, None).apply_style(self._base)

    def paint(self, line: Line, row: int, width: int, over: Over, selected: Style) -> Strip:
        """One row.

        Args:
            line: its content.
            row: its number in the whole chat, for the mouse.
            width: columns of the pane.
            over: what is drawn over it.
            selected: the style of selected text.
        """
        if over == PLAIN or self._tokens is None:
            self._painted.add(line)
            return line.painted(row, width, self._base)
        strip, style = line.strip, self._tokens.style
        if over.cursor:
            strip = Strip([Segment(UNICODE.cursor, style("you")), *strip.crop(1)])
        for found in over.found:
            strip = lit(strip, line, found, style("ground", "warn", bold=True))
        if over.span is not None:
            strip = lit(strip, line, over.span, selected)
        strip = strip.crop_extend(0, width, None)
        if over.unseen and (size := cells(marker(over.unseen)) + 2) <= width:
            mark = Segment(marker(over.unseen), style("you", "raised", bold=True))
            strip = Strip.join([strip.crop(0, width - size), Strip([mark]), Strip.blank(2)])
        # Only the first row lies on the cursor's plane: code and diffs below it keep their own.
        base = self._lit if over.cursor == "first" else self._base
        return strip.apply_style(base).apply_offsets(0, row)
