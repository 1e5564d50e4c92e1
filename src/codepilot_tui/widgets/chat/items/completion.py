"""The agent's closing words."""

from __future__ import annotations

from codepilot_tui.glyphs import UNICODE
from codepilot_tui.state import seconds_text
from codepilot_tui.transcript import Completion
from codepilot_tui.widgets.chat.items.look import INSIDE, Look, row
from codepilot_tui.widgets.chat.lines import Line
from codepilot_tui.widgets.chat.markdown import MarkdownText
from codepilot_tui.widgets.chat.pen import Pen


def draw(item: Completion, look: Look, markdown: MarkdownText) -> list[Line]:
    """Markdown under a row that says done, how many steps, how long, what it cost."""
    style = look.tokens.style
    body = markdown.draw(item.text, item.done, Pen(look.text_width - 2, look.tokens), [INSIDE])
    if not item.done:
        return body
    steps = f"{item.steps} step{'' if item.steps == 1 else 's'} {UNICODE.dot} " if item.steps else ""
    cost = f" {UNICODE.dot} {item.cost}" if item.cost else ""
    right = steps + seconds_text(item.seconds) + cost
    return [row([(f"{UNICODE.ok} done", style("ok", bold=True))], [(right, style("muted"))], look), *body]
