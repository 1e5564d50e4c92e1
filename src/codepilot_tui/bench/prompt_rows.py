"""The tree of prompts as rows: the branch that goes on stands at the left, those that were left above it, moved in."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from codepilot.checkpoints.plan import RestorePlan
from codepilot.journal.branches import Prompt, PromptTree

What = Literal["both", "conversation", "files"]
"""What goes back."""
WHATS: tuple[What, ...] = ("both", "conversation", "files")


@dataclass(frozen=True, slots=True)
class PromptRow:
    """One prompt."""

    prompt: Prompt
    depth: int
    """How many branches it is away from the one that goes on."""
    last: bool
    """It is the last prompt of the conversation as it is now."""


def prompt_rows(tree: PromptTree) -> list[PromptRow]:
    """The rows, those of each branch in the order in which they were said."""
    children: dict[int, list[Prompt]] = {}
    for prompt in tree.prompts:
        children.setdefault(prompt.parent, []).append(prompt)
    here = next((each.record for each in reversed(tree.prompts) if each.active), 0)
    rows: list[PromptRow] = []
    waiting: list[tuple[Prompt, int]] = _next(children.get(0, ()), 0, left=False)
    while waiting:
        prompt, depth = waiting.pop(0)
        rows.append(PromptRow(prompt, depth, prompt.record == here))
        waiting[:0] = _next(children.get(prompt.record, ()), depth, left=not prompt.active)
    return rows


def _next(following: Sequence[Prompt], depth: int, *, left: bool) -> list[tuple[Prompt, int]]:
    """What follows a prompt: first what was left, one column further in, then what goes on.

    Args:
        following: the prompts said next, on whichever branch.
        depth: of the prompt.
        left: it is on a branch that was left, which goes on with what was said last there.
    """
    goes_on = next((each for each in following if each.active), following[-1] if left and following else None)
    aside = [(each, depth + 1) for each in following if each is not goes_on]
    return [*aside, (goes_on, depth)] if goes_on is not None else aside


def count_words(number: int, one: str) -> str:
    """`1 file`, `3 files`."""
    return f"{number} {one}{'' if number == 1 else 's'}"


def _shared(prompt: Prompt, tree: PromptTree) -> int:
    """How many prompts of the conversation as it is now stand before this one, too."""
    known = {each.record: each for each in tree.prompts}
    shared, at = 0, known.get(prompt.parent)
    while at is not None:
        shared += at.active
        at = known.get(at.parent)
    return shared


def losses(row: PromptRow, tree: PromptTree, plan: RestorePlan | None, what: What) -> str:
    """What goes, in words: `2 prompts, 3 files`; empty: nothing."""
    parts = []
    if what != "files":
        gone = sum(each.active for each in tree.prompts) - _shared(row.prompt, tree)
        parts += [count_words(gone, "prompt")] if gone else []
    if what != "conversation" and plan is not None and plan.changes:
        parts.append(count_words(len(plan.changes), "file"))
    return ", ".join(parts)
