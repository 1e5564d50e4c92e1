"""The body of a dock whose words come from the model: drawn as the chat draws Markdown, and scrolled if too long."""

from __future__ import annotations

from rich.style import Style

from codepilot.text import clean
from codepilot_tui.docks.paint import PLANE
from codepilot_tui.docks.words import INDENT, Laid, WordsBody
from codepilot_tui.theme import Tokens
from codepilot_tui.widgets.chat.markdown import MarkdownText, line_by_line
from codepilot_tui.widgets.chat.pen import Pen
from codepilot_tui.widgets.painted import Cell, row_of

_NOT_CLICKED = Style(underline=False)
"""Of a link: a click on it opens nothing here."""


class MarkedBody(WordsBody):
    """Markdown in which each line stays one.

    Args:
        text: as the model wrote it.
    """

    def __init__(self, text: str) -> None:
        text = clean(text).rstrip()
        super().__init__([[(line, "ink")] for line in text.split("\n")])
        self._text = line_by_line(text)
        self._markdown = MarkdownText()

    def rows(self, width: int, tokens: Tokens) -> list[Laid]:
        """All of it, on the plane of the dock; as it was written where Markdown shows nothing of it."""
        ground = tokens.style("", PLANE)
        pen = Pen(width - 2 * INDENT, tokens)
        made = []
        for line in self._markdown.draw(self._text, True, pen):
            cells: list[Cell] = [(" " * INDENT, ground)]
            for segment in line.segments:
                style = segment.style or ground
                cells.append(
                    (segment.text, ground + style + (_NOT_CLICKED if "href" in style.meta else Style.null()))
                )
            made.append((row_of(cells, width, ground), line.joint))
        return made or super().rows(width, tokens)
