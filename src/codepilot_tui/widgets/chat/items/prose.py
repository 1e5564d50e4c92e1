"""The model's words."""

from __future__ import annotations

from codepilot_tui.transcript import Prose
from codepilot_tui.widgets.chat.items.look import Look, bar
from codepilot_tui.widgets.chat.lines import Line
from codepilot_tui.widgets.chat.markdown import MarkdownText
from codepilot_tui.widgets.chat.pen import Pen


def draw(item: Prose, look: Look, markdown: MarkdownText) -> list[Line]:
    """Markdown with a lavender bar."""
    return markdown.draw(item.text, not item.streaming, Pen(look.text_width, look.tokens), bar(look, "agent"))
