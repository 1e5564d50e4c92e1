"""The inline parts of Markdown: emphasis, code, links."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from rich.style import Style

from codepilot.text import clean
from codepilot_tui.theme import Tokens
from codepilot_tui.widgets.chat.lines import Span, cut

if TYPE_CHECKING:
    from markdown_it.token import Token

_WEB = ("http://", "https://")
_ADDRESS = re.compile(r"https?://[^\s<>\"'`]+")
_LONGEST_TARGET = 200
_STYLES = {"strong_open": Style(bold=True), "em_open": Style(italic=True), "s_open": Style(strike=True)}
_CLOSED = frozenset(("strong_close", "em_close", "s_close"))


def link_style(base: Style, target: str) -> Style:
    """The style of a clickable link: underlined, with the target in its `meta`.

    Only http and https targets become links, and only if the whole target is visible.
    """
    if not target.startswith(_WEB) or len(target) > _LONGEST_TARGET:
        return base
    return base + Style(underline=True, meta={"href": target})


def inline_spans(token: Token, base: Style, tokens: Tokens, skip: int = 0) -> list[Span]:
    """The spans of an inline token.

    Args:
        token: with its children.
        base: the style of plain words.
        tokens: the colours.
        skip: characters of its first text to leave out, because they are drawn separately.
    """
    return _Inline(base, tokens, skip).spans(token)


class _Inline:
    def __init__(self, base: Style, tokens: Tokens, skip: int) -> None:
        self._tokens = tokens
        self._stack = [base]
        self._skip = skip
        self._target = ""
        self._written = ""
        self._spans: list[Span] = []

    def spans(self, token: Token) -> list[Span]:
        for child in token.children or ():
            self._take(child)
        return self._spans

    def _take(self, child: Token) -> None:
        style, top = self._tokens.style, self._stack[-1]
        kind = child.type
        if kind in _STYLES:
            self._stack.append(top + _STYLES[kind])
        elif kind in _CLOSED:
            self._stack.pop()
        elif kind == "code_inline":
            self._spans.append((safe(child.content), top + style("code")))
            self._written += child.content
        elif kind == "link_open":
            self._target, self._written = safe(str(child.attrs.get("href", ""))), ""
            self._stack.append(link_style(top, self._target))
        elif kind == "link_close":
            self._stack.pop()
            self._end_link()
        elif kind == "image":
            self._spans.append((f"[image: {safe(child.content)}]", style("muted")))
        elif kind in ("softbreak", "hardbreak"):
            self._spans.append((" " if kind == "softbreak" else "\n", top))
        elif child.content:
            self._text(child.content[self._skip :], top)
            self._skip = 0

    def _text(self, text: str, style: Style) -> None:
        self._written += text
        self._spans.extend([(safe(text), style)] if self._target else addresses(safe(text), style))

    def _end_link(self) -> None:
        target, self._target = self._target, ""
        if target and target not in (self._written, f"mailto:{self._written}"):
            muted = self._tokens.style("muted")
            self._spans += [
                (" (", muted),
                (cut(target, _LONGEST_TARGET), _clicked(muted, target)),
                (")", muted),
            ]


def addresses(text: str, style: Style) -> Iterator[Span]:
    """The text with bare web addresses as links; punctuation that ends a sentence is not part of an address."""
    at = 0
    for found in _ADDRESS.finditer(text):
        address = _trimmed(found[0])
        if found.start() > at:
            yield text[at : found.start()], style
        yield address, link_style(style, address)
        at = found.start() + len(address)
    if at < len(text):
        yield text[at:], style


def safe(text: str) -> str:
    """Clean once more: a Markdown entity can name any character."""
    return clean(text).expandtabs(4)


def _clicked(style: Style, target: str) -> Style:
    linked = link_style(style, target)
    return style if linked is style else style + Style(meta={"href": target})


def _trimmed(address: str) -> str:
    while address:
        last = address[-1]
        closes = {")": "(", "]": "[", "}": "{"}.get(last)
        if last in ".,;:!?*_~" or (closes and address.count(last) > address.count(closes)):
            address = address[:-1]
        else:
            break
    return address
