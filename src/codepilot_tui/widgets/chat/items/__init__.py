"""The items of a transcript drawn as lines: one module a kind, and the table that finds it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from codepilot_tui.transcript import (
    AgentTurn,
    CallLine,
    Completion,
    Item,
    Notice,
    Payload,
    Prose,
    Question,
    Thinking,
    UserTurn,
)
from codepilot_tui.widgets.chat.items import (
    call,
    completion,
    notice,
    payload,
    prompt,
    prose,
    question,
    step,
    thinking,
)
from codepilot_tui.widgets.chat.items.changes import DIFF_PREVIEW
from codepilot_tui.widgets.chat.items.empty import Empty, empty_state
from codepilot_tui.widgets.chat.items.look import PREVIEW, READABLE, Fold, Look
from codepilot_tui.widgets.chat.lines import Line
from codepilot_tui.widgets.chat.markdown import MarkdownText

__all__ = ["Empty", "Fold", "Look", "draw", "empty_state", "estimate", "foldable", "starts_turn"]


_DRAW: dict[type[Item], Callable[[Any, Look, Fold, MarkdownText], list[Line]]] = {
    UserTurn: lambda item, look, fold, markdown: prompt.draw(item, look),
    AgentTurn: lambda item, look, fold, markdown: step.draw(item, look),
    Prose: lambda item, look, fold, markdown: prose.draw(item, look, markdown),
    Thinking: lambda item, look, fold, markdown: thinking.draw(item, look, fold),
    Payload: lambda item, look, fold, markdown: payload.draw(item, look, fold),
    CallLine: lambda item, look, fold, markdown: call.draw(item, look, fold),
    Notice: lambda item, look, fold, markdown: notice.draw(item, look, fold),
    Completion: lambda item, look, fold, markdown: completion.draw(item, look, markdown),
    Question: lambda item, look, fold, markdown: question.draw(item, look, markdown),
}
"""How each kind of item is drawn."""


def draw(item: Item, look: Look, fold: Fold, markdown: MarkdownText) -> list[Line]:
    """The lines of one item."""
    return [] if item.hidden else _DRAW[type(item)](item, look, fold, markdown)


def foldable(item: Item) -> bool:
    """Whether Enter shows more of it."""
    match item:
        case CallLine():
            return bool(item.args or item.result or item.code or item.changes)
        case Thinking() | Payload():
            return bool(item.text.strip())
        case Notice():
            return bool(item.detail)
    return False


def starts_turn(item: Item) -> bool:
    """Whether it has a blank row above it."""
    return isinstance(item, UserTurn) or (isinstance(item, AgentTurn) and item.named)


def estimate(item: Item, width: int) -> int:
    """About how many rows an item takes, for items that have not been drawn yet."""
    if item.hidden:
        return 0
    gap = 1 if starts_turn(item) else 0
    match item:
        case UserTurn(text=text) | Prose(text=text) | Completion(text=text):
            room = max(8, min(width, READABLE) - 4)
            return 1 + gap + len(text) // room + text.count("\n")
        case CallLine(state="error", result=result):
            return 1 + min(PREVIEW, result.count("\n") + 1)
        case CallLine(changes=changes) if changes:
            return 1 + sum(min(DIFF_PREVIEW, change.added + change.removed + 6) for change in changes)
    return 1 + gap
