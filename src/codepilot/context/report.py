"""What fills the model's window, message by message, and what a compaction saved."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Literal

from codepilot.context.extract import facts_of
from codepilot.context.view import Message, Shown, is_from_person, is_result, text_of
from codepilot.messages import Usage
from codepilot.values import dataclass

EntryKind = Literal["summary", "words", "reply", "result"]
_FENCES = ("```", "~~~", "⟦")
"""What begins a line that says nothing by itself."""
_LABEL = 100
"""Characters of a label."""


@dataclass(frozen=True, slots=True)
class Compacted:
    """What a compaction saved, in tokens of the messages."""

    before: int
    after: int

    @property
    def freed(self) -> int:
        """So many fewer."""
        return max(0, self.before - self.after)


@dataclass(frozen=True, slots=True, kw_only=True)
class ContextEntry:
    """A message as the model gets it."""

    message: int
    """Its number, from 1: by `reveal_context("m17")` the model finds the 17th."""
    kind: EntryKind
    """A summary of what came before, words of the person, a reply, or what came of a step."""
    label: str
    """What it is about, in a few words; from outside, so not to be printed raw."""
    tokens: int
    left_out: bool = False
    """A shorter text stands for it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ContextReport:
    """What the next request holds, in tokens: counted by the service where it counts, else estimated."""

    window: int
    """Of the model; 0: not known."""
    room: int
    """What the messages may have; 0: any number."""
    used: int
    """By the messages."""
    system: int
    """By the rules and the tools, which stand before them."""
    tools: int
    """By the tools alone."""
    counted: bool
    """The service has counted; else all is estimated."""
    entries: tuple[ContextEntry, ...]
    summarised: int
    """So many messages stand in the summary only."""
    cut_at: float | None = None
    """When that summary was made, in seconds since 1970; None: there is none, or that is not known."""
    usage: Usage
    """Of the session so far."""
    cost: float | None
    """Dollars of the session so far; None: no price is known."""

    @property
    def total(self) -> int:
        """All of the next request."""
        return self.system + self.used

    def of(self, *kinds: EntryKind) -> int:
        """Tokens of some kinds."""
        return sum(entry.tokens for entry in self.entries if entry.kind in kinds)


def entries_of(
    shown: Sequence[Shown],
    messages: Sequence[Message],
    summary: int | None,
    left_out: Iterable[int],
    used: int,
) -> tuple[ContextEntry, ...]:
    """The messages that the model gets.

    Args:
        shown: them, as it gets them.
        messages: the whole conversation.
        summary: the place of the summary in force.
        left_out: places for which a shorter text stands.
        used: tokens of all of them.
    """
    total = max(1, sum(len(each.text) for each in shown))
    short = frozenset(left_out)
    return tuple(
        ContextEntry(
            message=each.index + 1,
            kind=_kind(messages[each.index], each.index == summary),
            label=_label(messages[each.index], each.index == summary),
            tokens=round(len(each.text) * used / total),
            left_out=each.index in short,
        )
        for each in shown
    )


def _kind(message: Message, is_summary: bool) -> EntryKind:
    if is_summary:
        return "summary"
    if message.get("role") == "assistant":
        return "reply"
    return "words" if is_from_person(message) else "result"


def _label(message: Message, is_summary: bool) -> str:
    text = text_of(message)
    if is_summary:
        return text.split("\n")[1] if "\n" in text else ""
    if is_result(message):
        facts = facts_of((message,))
        names = [*facts.files, *facts.commands]
        if names:
            return _cut(" · ".join(names))
        text = text.partition("\n")[2]
    elif is_from_person(message):
        text = text.partition("\n")[2]
    lines = (line.strip() for line in text.splitlines())
    return _cut(next((line for line in lines if line and not line.startswith(_FENCES)), ""))


def _cut(text: str) -> str:
    return text if len(text) <= _LABEL else f"{text[: _LABEL - 1]}…"
