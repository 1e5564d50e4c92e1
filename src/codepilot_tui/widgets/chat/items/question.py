"""What the agent asked, and the answer."""

from __future__ import annotations

from rich.style import Style

from codepilot_tui.glyphs import UNICODE
from codepilot_tui.transcript import Question
from codepilot_tui.widgets.chat.items.look import INDENT, INSIDE, Look, note, paragraphs
from codepilot_tui.widgets.chat.lines import Line, prefixed


def draw(item: Question, look: Look) -> list[Line]:
    """The question, then `asks`, your words, or that nobody answered."""
    style = look.tokens.style
    sign = (f"{UNICODE.asks} ", style("warn" if item.open else "muted", bold=True))
    body = paragraphs(item.question, style("ink"), look.text_width - 2)
    lines = prefixed(body, [INDENT, sign], [INSIDE])
    if item.open:
        return [*lines, *prefixed(paragraphs("asks", style("warn"), 4), [INSIDE])]
    if item.answer is None:
        return [*lines, note("no answer", look)]
    answer = paragraphs(item.answer, style("ink"), look.text_width - 7)
    you = [INSIDE, ("You: ", style("you", bold=True))]
    return lines + prefixed(answer, you, [(" " * 10, Style.null())])
