"""Markdown drawn as lines: one renderer per message, its finished blocks drawn once per width."""

from __future__ import annotations

from collections.abc import Sequence

from codepilot_tui.highlight import highlight_line
from codepilot_tui.widgets.chat.blocks import Block, Document
from codepilot_tui.widgets.chat.lines import Line, Span, line, put_before
from codepilot_tui.widgets.chat.pen import Pen


def line_by_line(text: str) -> str:
    """Markdown in which each line stays one: choices below each other in a question are often no list."""
    return "  \n".join(text.rstrip().split("\n"))  # two blanks: the line ends here


class MarkdownText:
    """One message. `draw` gives its lines and redraws only what has changed since the last call."""

    def __init__(self) -> None:
        self._document = Document()
        self._key: tuple[int, str, int] = (0, "", 0)
        self._lines: list[Line] = []
        self._drawn = 0
        self._last: Block | None = None
        self._fence: list[Line] = []
        self._fence_at = (-1, 0)

    def draw(self, text: str, ended: bool, pen: Pen, ahead: Sequence[Span] = ()) -> list[Line]:
        """The lines of `text`, each with `ahead` before it. The list is the caller's to read, not to change."""
        document = self._document
        document.grow(text, ended)
        key = (pen.width, pen.tokens.name, document.generation)
        if key != self._key:
            self._key, self._lines, self._drawn, self._last = key, [], 0, None
            self._fence_at = (-1, 0)
        for block in document.done[self._drawn :]:
            _append(self._lines, self._last, block, _before(ahead, pen.block(block)), ahead)
            self._last = block
        self._drawn = len(document.done)
        if not document.tail:
            return self._lines
        lines, last = list(self._lines), self._last
        for block in document.tail:
            drawn = self._open_fence(block, pen, ahead) if block.open else _before(ahead, pen.block(block))
            _append(lines, last, block, drawn, ahead)
            last = block
        return lines

    def _open_fence(self, block: Block, pen: Pen, ahead: Sequence[Span]) -> list[Line]:
        """Each finished line is drawn once; only the line that is being written is drawn again."""
        number, offset = self._fence_at
        if number != self._drawn or offset > len(block.source):
            self._fence, offset = _before(ahead, pen.fence_head(block.language)), 0
        end = block.source.rfind("\n") + 1
        if end > offset:
            for row in block.source[offset : end - 1].split("\n"):
                drawn = pen.source_line(highlight_line(row.expandtabs(4), block.language), block.language)
                self._fence.extend(_before(ahead, drawn))
            offset = end
        self._fence_at = (self._drawn, offset)
        rest = block.source[offset:]
        if not rest:
            return self._fence
        growing = pen.source_line(highlight_line(rest.expandtabs(4), block.language), block.language)
        return self._fence + _before(ahead, growing)


def _before(ahead: Sequence[Span], lines: list[Line]) -> list[Line]:
    put_before(lines, ahead)
    return lines


def _append(
    lines: list[Line], before: Block | None, block: Block, drawn: list[Line], ahead: Sequence[Span]
) -> None:
    if before is not None and _apart(before, block):
        lines.extend(_before(ahead, [line(())]))
    lines.extend(drawn)


def _apart(before: Block, block: Block) -> bool:
    """Whether a blank row separates two blocks: always, except for items of a list without one between them."""
    same_list = before.kind == block.kind == "item" and before.mark == block.mark
    return not same_list or block.after_blank
