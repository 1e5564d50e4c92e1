"""A growing Markdown text, cut into top-level blocks of which only the last can still change.

A message that streams is parsed from the start of its last block, never from its beginning; an open fence is not
parsed at all, its finished lines are final as they are. A list counts each of its items as a block.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from markdown_it import MarkdownIt
    from markdown_it.token import Token

_FENCE = re.compile(r" {0,3}(`{3,}(?=[^`\n]*(?:\n|$))|~{3,})([^\n]*)(?:\n|$)")


@dataclass(slots=True)
class Block:
    """One block of a message: Markdown tokens, or a fence."""

    tokens: list[Token] = field(default_factory=list)
    source: str = ""
    """Of a fence: its text, without the fence lines."""
    language: str = ""
    fence: bool = False
    open: bool = False
    """Its closing line has not come."""
    kind: str = ""
    """The first token's type, e.g. `paragraph_open`; `fence` for a fence; `item` for a list's item."""
    mark: str = ""
    """Of an item: what its list is written with (`-`, `*`, `.`); another mark is another list."""
    after_blank: bool = False
    """A blank line stands before it in the source."""


class Document:
    """The blocks of one message. `grow` takes the whole text so far and parses what is new."""

    def __init__(self) -> None:
        self.done: list[Block] = []
        """Blocks that will not change any more."""
        self.tail: list[Block] = []
        """What stands after them while the message grows: the last block, or two."""
        self.generation = 0
        """How often the text was another one altogether."""
        self._offset = 0
        self._length = -1
        self._scan = 0
        self._ended = False

    def grow(self, text: str, ended: bool) -> None:
        """The text is now this one; it begins with the former one. `ended`: nothing more will come."""
        if len(text) == self._length and ended == self._ended:
            return
        if len(text) < self._length or self._ended:  # another text: begin again
            self.done.clear()
            self.generation += 1
            self._offset = self._scan = 0
        self._length, self._ended = len(text), ended
        self.tail = []
        while self._offset < len(text) and self._advance(text):
            pass
        if ended:
            for block in self.tail:
                block.open = False
            self.done.extend(self.tail)
            self.tail = []
            self._offset = len(text)

    def _advance(self, text: str) -> bool:
        """Take one fence, or all blocks up to the last. False: the rest is the tail."""
        opened = _FENCE.match(text, self._offset)
        if opened is not None:
            return self._take_fence(text, opened)
        source = text[self._offset :]
        blocks = _parse(source, after_blank=_ends_blank(text, self._offset))
        if not blocks:
            return False
        # Until its first line has ended, a block may still turn out to go on the one before it.
        unsure = 0 if self._ended or "\n" in source[blocks[-1][0] :] else 1
        certain, tail = blocks[: -1 - unsure], blocks[-1 - unsure :]
        self.done.extend(block for _, block in certain)
        start, first = tail[0]
        self._offset += start
        self._scan = 0
        if first.fence and start > 0 and _FENCE.match(text, self._offset):
            return True  # a fence at the end has a rule of its own: it may be open
        self.tail = [block for _, block in tail]
        return False

    def _take_fence(self, text: str, opened: re.Match[str]) -> bool:
        marks, info = opened[1], opened[2].strip()
        begin = opened.end()
        found = _closing(marks[0], len(marks), self._ended).search(text, max(begin, self._scan))
        block = Block(language=language_of(info), fence=True, kind="fence")
        if found is None:
            # The last line may still become the closing one: it is looked at again, and not shown as source.
            self._scan = max(begin, text.rfind("\n", begin) + 1)
            growing = text[self._scan :].strip(" ")
            shown = text[begin : self._scan] if growing and not growing.strip(marks[0]) else text[begin:]
            block.source, block.open = shown, True
            self.tail = [block]
            return False
        block.source = text[begin : found.start()].removesuffix("\n")
        self.done.append(block)
        self._offset, self._scan = found.end(), 0
        return True


def language_of(info: str) -> str:
    """The language that a fence names: its first word."""
    words = info.split()
    return words[0].strip("{}.") if words else ""


@lru_cache(maxsize=64)
def _closing(mark: str, length: int, ended: bool) -> re.Pattern[str]:
    end = r"(?:\n|\Z)" if ended else r"\n"
    return re.compile(rf"^ {{0,3}}{re.escape(mark)}{{{length},}}[ \t]*{end}", re.MULTILINE)


@lru_cache(maxsize=1)
def _parser() -> MarkdownIt:
    from markdown_it import MarkdownIt

    return MarkdownIt("commonmark", {"html": False}).enable(["table", "strikethrough"]).disable("code")


def _parse(source: str, *, after_blank: bool = False) -> list[tuple[int, Block]]:
    """The top-level blocks, each with its offset in `source`; a list's items one by one."""
    source = source.replace(
        "\r", " "
    )  # the parser would count it as a line end, and offsets here would not fit
    tokens = _parser().parse(source)
    rows = source.split("\n")
    starts = [0]
    for row in rows:
        starts.append(starts[-1] + len(row) + 1)
    blocks: list[tuple[int, Block]] = []

    def add(opening: Token, block: Block) -> None:
        row = opening.map[0] if opening.map else 0
        block.after_blank = not rows[row - 1].strip() if row else after_blank
        blocks.append((starts[row], block))

    index = 0
    while index < len(tokens):
        token = tokens[index]
        end = end_of(tokens, index)
        if token.type in ("bullet_list_open", "ordered_list_open"):
            inner = index + 1
            while inner < end - 1:
                item_end = end_of(tokens, inner)
                item = tokens[inner]
                add(item, Block(tokens[inner:item_end], kind="item", mark=item.markup))
                inner = item_end
        else:
            block = Block(tokens[index:end], kind=token.type)
            if token.type == "fence":
                block.fence, block.language = True, language_of(token.info)
                block.source = token.content.removesuffix("\n")
            add(token, block)
        index = end
    return blocks


def _ends_blank(text: str, offset: int) -> bool:
    """Whether the line before an offset is blank."""
    if not offset:
        return False
    begin = text.rfind("\n", 0, offset - 1) + 1
    return not text[begin:offset].strip()


def end_of(tokens: list[Token], index: int) -> int:
    """The index after the token that closes this one."""
    depth = 0
    for at in range(index, len(tokens)):
        depth += tokens[at].nesting
        if depth == 0:
            return at + 1
    return len(tokens)
