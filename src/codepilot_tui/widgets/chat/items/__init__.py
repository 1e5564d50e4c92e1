"""The items of a transcript drawn as lines: one module a kind, and the table that finds it."""

from __future__ import annotations

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
from codepilot_tui.widgets.chat.items.empty import empty_state
from codepilot_tui.widgets.chat.items.look import PREVIEW, READABLE, Fold, Look
from codepilot_tui.widgets.chat.lines import Line
from codepilot_tui.widgets.chat.markdown import MarkdownText

__all__ = ["Fold", "Look", "draw", "empty_state", "estimate", "foldable", "starts_turn"]


def draw(item: Item, look: Look, fold: Fold, markdown: MarkdownText) -> list[Line]:
    """The lines of one item."""
    if item.hidden:
        return []
    match item:
        case UserTurn():
            return prompt.draw(item, look)
        case AgentTurn():
            return step.draw(item, look)
        case Prose():
            return prose.draw(item, look, markdown)
        case Thinking():
            return thinking.draw(item, look, fold)
        case Payload():
            return payload.draw(item, look, fold)
        case CallLine():
            return call.draw(item, look, fold)
        case Notice():
            return notice.draw(item, look, fold)
        case Completion():
            return completion.draw(item, look, markdown)
        case Question():
            return question.draw(item, look)
    return []


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
