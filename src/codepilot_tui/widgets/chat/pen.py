"""Blocks of Markdown drawn as lines, at one width with one theme."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from rich.style import Style

from codepilot_tui.glyphs import UNICODE
from codepilot_tui.highlight import SourceLine, highlight_lines
from codepilot_tui.theme import Tokens
from codepilot_tui.widgets.chat.blocks import Block, end_of, language_of
from codepilot_tui.widgets.chat.inline import inline_spans, safe
from codepilot_tui.widgets.chat.lines import Line, Span, cells, cut, fold, label, line, put_before, wrap

if TYPE_CHECKING:
    from markdown_it.token import Token

_TASK = re.compile(r"\[([ xX])\]\s+(?=\S)")
_AIRY = frozenset(("fence", "code_block", "table_open", "blockquote_open", "heading_open", "hr"))
"""Blocks that always have a blank row before and after them."""
_UNDERLINED = Style(underline=True)


class Pen:
    """Draws blocks.

    Args:
        width: columns.
        tokens: the colours.
    """

    def __init__(self, width: int, tokens: Tokens) -> None:
        self.width = max(4, width)
        self.tokens = tokens

    def block(self, block: Block) -> list[Line]:
        """The lines of one block."""
        if block.fence:
            return self.fence(block.source, block.language)
        if block.kind == "item":
            return self._item(block.tokens)
        return self._blocks(block.tokens, "ink")

    # -- source --

    def fence(self, source: str, language: str) -> list[Line]:
        """Source code on its own background, below the name of its language."""
        lines = self.fence_head(language)
        for row in highlight_lines(source.expandtabs(4), language):
            lines.extend(self.source_line(row, language))
        return lines

    def fence_head(self, language: str) -> list[Line]:
        """The row with the name of the language; empty if the fence names none."""
        if not language:
            return []
        shown = cut(language, self.width - 2)
        pad = " " * max(0, self.width - 1 - cells(shown))
        return [label([(f" {shown}{pad}", self.tokens.style("muted", "raised"))])]

    def source_line(self, row: SourceLine, language: str = "") -> list[Line]:
        """One line of a fence, filled to the full width. Added and removed lines of a diff are tinted."""
        style = self.tokens.style
        plane = _plane(row) if language in ("diff", "patch") else "raised"
        ground = style("ink", plane)
        spans = [(text, style(kind or "ink", plane)) for text, kind in row]
        made = []
        for each in fold(spans, self.width - 2):
            pad = " " * max(0, self.width - 1 - each.width)
            body = [(segment.text, segment.style or ground) for segment in each.segments]
            drawn = line([(" ", ground), *body, (pad, ground)], 1, each.joint)
            drawn.pad = len(pad)
            made.append(drawn)
        return made

    # -- blocks --

    def _blocks(self, tokens: list[Token], ink: str, skip: int = 0) -> list[Line]:
        """Blocks one below the other, with a blank row where the source has one and around `_AIRY` blocks."""
        lines: list[Line] = []
        index, former, last_row = 0, "", 0
        while index < len(tokens):
            token = tokens[index]
            end = end_of(tokens, index)
            apart = token.map is not None and token.map[0] > last_row
            if lines and (apart or token.type in _AIRY or former in _AIRY):
                lines.append(line(()))
            lines.extend(self._block(token, tokens[index + 1 : end - 1], ink, skip))
            former, last_row, skip = token.type, token.map[1] if token.map else last_row, 0
            index = end
        return lines

    def _block(self, token: Token, inner: list[Token], ink: str, skip: int) -> list[Line]:
        match token.type:
            case "paragraph_open":
                return self._words(inner, self.tokens.style(ink), skip)
            case "heading_open":
                return self._words(inner, self._heading(token.tag), 0)
            case "bullet_list_open" | "ordered_list_open":
                return self._list(inner)
            case "blockquote_open":
                mark = [(UNICODE.quote + " ", self.tokens.style("line"))]
                lines = self._narrower(2)._blocks(inner, "muted")
                put_before(lines, mark)
                return lines
            case "table_open":
                return self._table(inner)
            case "hr":
                return [line([(" ".join(UNICODE.dot * 3), self.tokens.style("faint"))])]
            case "fence" | "code_block":
                return self.fence(token.content.removesuffix("\n"), language_of(token.info))
        if not token.content:
            return []
        return wrap([(safe(token.content), self.tokens.style(ink))], self.width)

    def _words(self, inner: list[Token], style: Style, skip: int) -> list[Line]:
        lines: list[Line] = []
        for each in inner:
            lines.extend(wrap(inline_spans(each, style, self.tokens, skip), self.width))
        return lines

    def _heading(self, tag: str) -> Style:
        """Each of the first three levels has its own look; deeper ones are muted."""
        style = self.tokens.style
        levels = {"h1": style("ink", bold=True) + _UNDERLINED, "h2": style("ink", bold=True)}
        levels["h3"] = style("ink", bold=True, italic=True)
        return levels.get(tag, style("muted", bold=True))

    def _narrower(self, by: int) -> Pen:
        return Pen(self.width - by, self.tokens)

    def _list(self, tokens: list[Token]) -> list[Line]:
        lines: list[Line] = []
        index = 0
        last_row = 0
        while index < len(tokens):
            end = end_of(tokens, index)
            first = tokens[index].map
            if lines and first is not None and first[0] > last_row:
                lines.append(line(()))
            lines.extend(self._item(tokens[index:end]))
            last_row = _end_row(tokens[index:end])
            index = end
        return lines

    def _item(self, tokens: list[Token]) -> list[Line]:
        opening = tokens[0]
        # An ordered list has its number in `info`; a bullet list has none.
        sign = f"{opening.info}{opening.markup} " if opening.info else f"{UNICODE.bullet} "
        ink, skip = "muted", 0
        if not opening.info and (task := _task(tokens)):
            done = task[1] != " "
            sign = f"{UNICODE.ok if done else UNICODE.stopped} "
            ink, skip = "ok" if done else "muted", task.end()
        body = self._narrower(len(sign))._blocks(tokens[1:-1], "ink", skip) or [line(())]
        bare = [each for each in body if each.joint is None and not each.indent]
        put_before(body, [(sign, self.tokens.style(ink))], [(" " * len(sign), Style.null())])
        for each in bare:
            each.indent = 0  # the sign of an item and its place under another one are part of the text
        return body

    def _table(self, tokens: list[Token]) -> list[Line]:
        rows, right = self._cells(tokens)
        widths = [0] * max((len(row) for row in rows), default=0)
        for row in rows:
            for at, cell in enumerate(row):
                widths[at] = max(widths[at], sum(cells(text) for text, _ in cell))
        if not widths:
            return []
        room = self.width - 2 * (len(widths) - 1)
        while sum(widths) > room and max(widths) > 3:
            widths[widths.index(max(widths))] -= 1
        lines: list[Line] = []
        for row in rows:
            lines.extend(_table_row(row, widths, right))
        return lines

    def _cells(self, tokens: list[Token]) -> tuple[list[list[list[Span]]], list[bool]]:
        """The cells of each row, and which columns are right-aligned."""
        rows: list[list[list[Span]]] = []
        right: list[bool] = []
        for at, token in enumerate(tokens):
            if token.type == "tr_open":
                rows.append([])
            elif token.type in ("th_open", "td_open"):
                head = token.type == "th_open"
                style = self.tokens.style("muted" if head else "ink", bold=head)
                rows[-1].append(inline_spans(tokens[at + 1], style, self.tokens))
                if head:
                    right.append("right" in str(token.attrs.get("style", "")))
        return rows, right


def _table_row(row: list[list[Span]], widths: list[int], right: list[bool]) -> list[Line]:
    drawn = [wrap(cell, width) for cell, width in zip(row, widths, strict=False)]
    lines = []
    for level in range(max((len(each) for each in drawn), default=0)):
        spans: list[Span] = []
        for at, width in enumerate(widths):
            part = drawn[at][level] if at < len(drawn) and level < len(drawn[at]) else line(())
            pad = (" " * max(0, width - part.width), Style.null())
            body = [(segment.text, segment.style or Style.null()) for segment in part.segments]
            spans.extend([pad, *body] if at < len(right) and right[at] else [*body, pad])
            spans.append(("  ", Style.null()))
        lines.append(line(spans[:-1]))
    return lines


def _task(tokens: list[Token]) -> re.Match[str] | None:
    """The check box at the beginning of a list item."""
    words = tokens[2] if len(tokens) > 2 and tokens[1].type == "paragraph_open" else None
    if words is None or not words.children or words.children[0].type != "text":
        return None
    return _TASK.match(words.children[0].content)


def _end_row(tokens: list[Token]) -> int:
    """The source row after the item's last one."""
    return max((token.map[1] for token in tokens[1:] if token.map), default=0)


def _plane(row: SourceLine) -> str:
    text = row[0][0] if row else ""
    if text.startswith(("+++", "---")):
        return "raised"
    return {"+": "added", "-": "removed"}.get(text[:1], "raised")
