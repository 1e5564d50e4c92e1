"""Markdown drawn as lines: one renderer per message, its finished blocks drawn once per width."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from rich.style import Style

from codepilot.text import clean
from codepilot_tui.highlight import SourceLine, highlight_line, highlight_lines
from codepilot_tui.theme import Tokens
from codepilot_tui.widgets.chat.blocks import Block, Document, end_of, language_of
from codepilot_tui.widgets.chat.glyphs import UNICODE
from codepilot_tui.widgets.chat.lines import Line, Span, cells, cut, fold, line, prefixed, wrap

if TYPE_CHECKING:
    from markdown_it.token import Token

_BLANK = line(())


class MarkdownText:
    """One message. `draw` gives its lines; what did not change since the last time is not drawn again."""

    def __init__(self) -> None:
        self._document = Document()
        self._key: tuple[int, str, int] = (0, "", 0)
        self._lines: list[Line] = []
        self._drawn = 0
        self._last_kind = ""
        self._fence: list[Line] = []
        self._fence_at = (-1, 0)

    def draw(self, text: str, ended: bool, pen: Pen, ahead: Sequence[Span] = ()) -> list[Line]:
        """The lines of `text`, each with `ahead` before it. The list is the caller's to read, not to change."""
        document = self._document
        document.grow(text, ended)
        key = (pen.width, pen.tokens.name, document.generation)
        if key != self._key:
            self._key, self._lines, self._drawn, self._last_kind = key, [], 0, ""
            self._fence_at = (-1, 0)
        for block in document.done[self._drawn :]:
            _append(self._lines, self._last_kind, block.kind, prefixed(pen.block(block), ahead), ahead)
            self._last_kind = block.kind
        self._drawn = len(document.done)
        if not document.tail:
            return self._lines
        lines, last_kind = list(self._lines), self._last_kind
        for block in document.tail:
            drawn = self._open_fence(block, pen, ahead) if block.open else prefixed(pen.block(block), ahead)
            _append(lines, last_kind, block.kind, drawn, ahead)
            last_kind = block.kind
        return lines

    def _open_fence(self, block: Block, pen: Pen, ahead: Sequence[Span]) -> list[Line]:
        """Each finished line is drawn once; only the line that is being written is drawn again."""
        number, offset = self._fence_at
        if number != self._drawn or offset > len(block.source):
            self._fence, offset = [], 0
        end = block.source.rfind("\n") + 1
        if end > offset:
            for row in block.source[offset : end - 1].split("\n"):
                drawn = pen.source_line(highlight_line(row.expandtabs(4), block.language))
                self._fence.extend(prefixed(drawn, ahead))
            offset = end
        self._fence_at = (self._drawn, offset)
        rest = block.source[offset:]
        if not rest:
            return self._fence
        growing = pen.source_line(highlight_line(rest.expandtabs(4), block.language))
        return self._fence + prefixed(growing, ahead)


def _append(lines: list[Line], before: str, kind: str, drawn: list[Line], ahead: Sequence[Span]) -> None:
    if lines and _apart(before, kind):
        lines.extend(prefixed([_BLANK], ahead))
    lines.extend(drawn)


def _apart(before: str, after: str) -> bool:
    """Whether a blank row stands between two blocks: not inside a list, nor under what introduces it."""
    if after == "fence" or before == "fence":
        return False  # a fence stands on its own plane
    return not (after == "item" or before == "heading_open")


class Pen:
    """Draws blocks at one width with one theme."""

    def __init__(self, width: int, tokens: Tokens) -> None:
        self.width = max(4, width)
        self.tokens = tokens

    def block(self, block: Block) -> list[Line]:
        """The lines of one block."""
        if block.fence:
            return self.fence(block.source, block.language)
        if block.kind == "item":
            return self._item(block.tokens, 0)
        return self._blocks(block.tokens, "ink")

    def fence(self, source: str, language: str) -> list[Line]:
        """Source on its own plane."""
        lines: list[Line] = []
        for row in highlight_lines(source.expandtabs(4), language):
            lines.extend(self.source_line(row))
        return lines

    def source_line(self, row: SourceLine) -> list[Line]:
        """One line of a fence, as wide as the text."""
        style = self.tokens.style
        plane = style("ink", "raised")
        spans = [(text, style(kind or "ink", "raised")) for text, kind in row]
        made = []
        for each in fold(spans, self.width - 2):
            filled = each.width
            pad = " " * max(0, self.width - 1 - filled)
            body = [(segment.text, segment.style or plane) for segment in each.segments]
            drawn = line([(" ", plane), *body, (pad, plane)], 1, each.joint)
            drawn.pad = len(pad)
            made.append(drawn)
        return made

    # -- blocks --

    def _blocks(self, tokens: list[Token], ink: str) -> list[Line]:
        lines: list[Line] = []
        index = 0
        while index < len(tokens):
            token = tokens[index]
            end = end_of(tokens, index)
            inner = tokens[index + 1 : end - 1]
            kind = token.type
            if kind in ("paragraph_open", "heading_open"):
                style = self.tokens.style(ink, bold=kind == "heading_open")
                for each in inner:
                    lines.extend(wrap(self._inline(each, style), self.width))
            elif kind in ("bullet_list_open", "ordered_list_open"):
                lines.extend(self._list(inner))
            elif kind == "blockquote_open":
                bar = [(UNICODE.quote + " ", self.tokens.style("line"))]
                lines.extend(prefixed(self._narrower(2)._blocks(inner, "muted"), bar))
            elif kind == "table_open":
                lines.extend(self._table(inner))
            elif kind == "hr":
                lines.append(line([(" ".join(UNICODE.dot * 3), self.tokens.style("faint"))]))
            elif kind in ("fence", "code_block"):
                lines.extend(self.fence(token.content.removesuffix("\n"), language_of(token.info)))
            elif token.content:
                lines.extend(wrap([(_text(token.content), self.tokens.style(ink))], self.width))
            index = end
        return lines

    def _narrower(self, by: int) -> Pen:
        return Pen(self.width - by, self.tokens)

    def _list(self, tokens: list[Token]) -> list[Line]:
        lines: list[Line] = []
        index = 0
        while index < len(tokens):
            end = end_of(tokens, index)
            lines.extend(self._item(tokens[index:end], 1))
            index = end
        return lines

    def _item(self, tokens: list[Token], depth: int) -> list[Line]:
        opening = tokens[0]
        # An ordered list's number stands in `info`; a bullet has none there.
        sign = f"{opening.info}{opening.markup} " if opening.info else f"{UNICODE.bullet} "
        body = self._narrower(len(sign))._blocks(tokens[1:-1], "ink") or [_BLANK]
        return prefixed(body, [(sign, self.tokens.style("muted"))], [(" " * len(sign), Style.null())])

    def _table(self, tokens: list[Token]) -> list[Line]:
        rows: list[list[list[Span]]] = []
        right: list[bool] = []
        for at, token in enumerate(tokens):
            if token.type == "tr_open":
                rows.append([])
            elif token.type in ("th_open", "td_open"):
                head = token.type == "th_open"
                style = self.tokens.style("muted" if head else "ink", bold=head)
                rows[-1].append(self._inline(tokens[at + 1], style))
                if head:
                    right.append("right" in str(token.attrs.get("style", "")))
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
            drawn = [wrap(cell, width) for cell, width in zip(row, widths, strict=False)]
            for level in range(max((len(each) for each in drawn), default=0)):
                spans: list[Span] = []
                for at, width in enumerate(widths):
                    part = drawn[at][level] if at < len(drawn) and level < len(drawn[at]) else _BLANK
                    pad = (" " * max(0, width - part.width), Style.null())
                    body = [(segment.text, segment.style or Style.null()) for segment in part.segments]
                    spans.extend([pad, *body] if at < len(right) and right[at] else [*body, pad])
                    spans.append(("  ", Style.null()))
                lines.append(line(spans[:-1]))
        return lines

    # -- inside a line --

    def _inline(self, token: Token, base: Style) -> list[Span]:
        style = self.tokens.style
        spans: list[Span] = []
        stack = [base]
        target = ""
        written = ""
        for child in token.children or ():
            kind = child.type
            if kind in ("strong_open", "em_open", "s_open"):
                extra = {
                    "strong_open": Style(bold=True),
                    "em_open": Style(italic=True),
                    "s_open": Style(strike=True),
                }
                stack.append(stack[-1] + extra[kind])
            elif kind in ("strong_close", "em_close", "s_close"):
                stack.pop()
            elif kind == "code_inline":
                spans.append((_text(child.content), stack[-1] + style("code")))
                written += child.content
            elif kind == "link_open":
                target, written = _text(str(child.attrs.get("href", ""))), ""
                # Only what a browser opens looks like a link.
                stack.append(stack[-1] + Style(underline=target.startswith(("http://", "https://"))))
            elif kind == "link_close":
                stack.pop()
                if target and target not in (written, f"mailto:{written}"):
                    spans.append((f" ({cut(target, 200)})", style("muted")))
            elif kind == "image":
                spans.append((f"[image: {_text(child.content)}]", style("muted")))
            elif kind == "softbreak":
                spans.append((" ", stack[-1]))
            elif kind == "hardbreak":
                spans.append(("\n", stack[-1]))
            elif child.content:
                spans.append((_text(child.content), stack[-1]))
                written += child.content
        return spans


def _text(text: str) -> str:
    """Clean once more: a Markdown entity can name any character."""
    return clean(text).expandtabs(4)
