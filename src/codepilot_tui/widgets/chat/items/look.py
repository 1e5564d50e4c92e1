"""Shared by all kinds of items: width and colours, bars, columns, excerpts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from rich.style import Style

from codepilot_tui.glyphs import UNICODE
from codepilot_tui.theme import Tokens
from codepilot_tui.widgets.chat.inline import addresses
from codepilot_tui.widgets.chat.lines import Line, Span, cut, halves, label, line, prefixed, wrap

Fold = Literal["auto", "folded", "open"]
"""`auto`: failures and edits show a part of what is in them, everything else its one line."""

READABLE = 100
"""The widest that prose is set: longer lines are hard to follow."""
VERB = 12
"""The column of verbs, as wide as the longest common one (`run_command`) and a blank."""
PREVIEW = 12
"""Rows of an error that are shown at once."""
HEAD, TAIL = 80, 120
"""Rows shown of a long unfolded text: its beginning and its end."""
INDENT: Span = ("   ", Style.null())
INSIDE: Span = ("     ", Style.null())


@dataclass(frozen=True, slots=True)
class Look:
    """How to draw: width and colours. There is no clock: nothing in the chat changes by itself."""

    width: int
    tokens: Tokens

    @property
    def text_width(self) -> int:
        """Columns for prose."""
        return min(self.width - 4, READABLE)


def bar(look: Look, who: str) -> list[Span]:
    """The bar before words: blue yours, lavender the agent's."""
    return [(f" {UNICODE.bar} ", look.tokens.style(who))]


def head(name: str, right: str, who: str, look: Look) -> Line:
    """The first row of a turn. A long name is cut, never the time or step beside it."""
    style = look.tokens.style
    shown = cut(name, max(4, look.width - 4 - len(right) - 2))
    row = halves([(shown, style(who, bold=True))], [(right, style("muted"))], look.width - 4)
    return prefixed([line(row)], bar(look, who))[0]


def row(left: Sequence[Span], right: Sequence[Span], look: Look) -> Line:
    """A row with a state sign, aligned with prose on the left and with the times on the right."""
    return line([INDENT, *halves(left, right, look.width - 4)], 3)


def note(text: str, look: Look) -> Line:
    """A muted word under a row."""
    return line([INSIDE, (cut(text, look.width - 6), look.tokens.style("muted"))], 5)


def more(count: int, look: Look, *, key: bool) -> Line:
    """Says how many rows are omitted; with `key`, Enter or a click shows them."""
    style = look.tokens.style
    words = f"{UNICODE.more} {count} more {'line' if count == 1 else 'lines'}"
    spans = [INSIDE, (cut(words, look.width - 6), style("muted"))]
    if key and len(words) + 17 <= look.width:
        spans += [("  Enter", style("ink", bold=True)), (" all", style("muted"))]
    made = label(spans)
    made.opens = key
    return made


def source_rows(text: str) -> list[str]:
    """The lines of a text, tabs expanded, without blank lines at either end."""
    return text.strip("\n").expandtabs(4).split("\n")


def block(rows: Sequence[str], ink: str, look: Look) -> list[Line]:
    """Rows under a call, wrapped where they are too long."""
    style, width = look.tokens.style(ink), max(8, look.width - 6)
    body: list[Line] = []
    for each in rows:
        body.extend(wrap(list(addresses(each, style)), width))
    return prefixed(body, [INSIDE])


def tail(text: str, ink: str, look: Look, most: int = PREVIEW) -> list[Line]:
    """The end of a text, which is where failures are explained; all of it if it fits."""
    rows = source_rows(text)
    hidden = max(0, len(rows) - most)
    above = [more(hidden, look, key=True)] if hidden else []
    return above + block(rows[hidden:], ink, look)


def whole(text: str, ink: str, look: Look) -> list[Line]:
    """An unfolded text; of a very long one, the beginning and the end."""
    rows = source_rows(text)
    if len(rows) <= HEAD + TAIL:
        return block(rows, ink, look)
    left_out = len(rows) - HEAD - TAIL
    return [
        *block(rows[:HEAD], ink, look),
        more(left_out, look, key=False),
        *block(rows[-TAIL:], ink, look),
    ]


def paragraphs(text: str, style: Style, width: int) -> list[Line]:
    """Text in which each line is a paragraph."""
    lines: list[Line] = []
    for each in text.strip("\n").expandtabs(4).split("\n"):
        lines.extend(wrap(list(addresses(each, style)), width))
    return lines
