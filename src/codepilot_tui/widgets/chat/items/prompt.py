"""What the person said."""

from __future__ import annotations

import time

from codepilot_tui.glyphs import UNICODE
from codepilot_tui.transcript import UserTurn
from codepilot_tui.widgets.chat.items.look import Look, bar, head, paragraphs
from codepilot_tui.widgets.chat.lines import Line, prefixed


def draw(item: UserTurn, look: Look) -> list[Line]:
    """The message with a blue bar; one sent while the agent worked says at which step it was delivered."""
    clock = time.strftime("%H:%M", time.localtime(item.at))
    right = f"delivered at step {item.step} {UNICODE.dot} {clock}" if item.step else clock
    body = paragraphs(item.text, look.tokens.style("ink"), look.text_width)
    return [head("You", right, "you", look), *prefixed(body, bar(look, "you"))]
