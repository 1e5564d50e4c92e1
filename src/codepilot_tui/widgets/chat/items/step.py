"""The head of a step."""

from __future__ import annotations

from codepilot_tui.transcript import AgentTurn
from codepilot_tui.widgets.chat.items.look import Look, head
from codepilot_tui.widgets.chat.lines import Line, label


def draw(item: AgentTurn, look: Look) -> list[Line]:
    """One row: the agent's name where its turn begins, then only the number, at the right edge."""
    if item.named:
        return [head(item.name, f"step {item.step}", "agent", look)]
    number = f"step {item.step}"
    return [label([(number.rjust(look.width - 1), look.tokens.style("muted"))])]
