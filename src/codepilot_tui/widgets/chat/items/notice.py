"""Something to know, in the shape of a call: sign, what, where, and the key that mends it."""

from __future__ import annotations

from codepilot_tui.glyphs import UNICODE
from codepilot_tui.transcript import Notice
from codepilot_tui.widgets.chat.items.look import (
    INDENT,
    INSIDE,
    Fold,
    Look,
    block,
    more,
    paragraphs,
    row,
    source_rows,
)
from codepilot_tui.widgets.chat.lines import Line, Span, cells, prefixed

_SIGNS = {"error": (UNICODE.bad, "bad"), "warn": ("!", "warn"), "info": (UNICODE.dot, "muted")}


def draw(item: Notice, look: Look, fold: Fold) -> list[Line]:
    """One row where it fits, else a few; its details unfold."""
    lines = _one_row(item, look) or _rows(item, look)
    if not item.detail:
        return lines
    if fold == "open":
        return [*lines, *block(source_rows(item.detail), "muted", look)]
    return [*lines, more(len(source_rows(item.detail)), look, key=True)] if fold == "auto" else lines


def _one_row(item: Notice, look: Look) -> list[Line]:
    style = look.tokens.style
    if "\n" in item.what + item.where + item.next:
        return []
    left = [_sign(item, look), (item.what, style("ink"))]
    if item.where:
        left.append((f"  {item.where}", style("muted")))
    if sum(cells(text) for text, _ in left) + cells(item.next) + 4 > look.width - 4:
        return []
    return [row(left, [(item.next, style("muted"))] if item.next else [], look)]


def _rows(item: Notice, look: Look) -> list[Line]:
    style, width = look.tokens.style, look.text_width - 2
    body: list[Line] = []
    for text, ink in ((item.what, "ink"), (item.where, "muted"), (item.next, "muted")):
        if text:
            body.extend(paragraphs(text, style(ink), width))
    return prefixed(body, [INDENT, _sign(item, look)], [INSIDE])


def _sign(item: Notice, look: Look) -> Span:
    sign, ink = _SIGNS[item.kind]
    return f"{sign} ", look.tokens.style(ink)
