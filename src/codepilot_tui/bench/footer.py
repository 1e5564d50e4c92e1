"""The keys that matter now, for the status line: at most seven, none that would do nothing."""

from __future__ import annotations

from collections.abc import Callable

from codepilot.values import dataclass
from codepilot_tui.actions import Action
from codepilot_tui.bench.ladder import escape_word, interrupt_word
from codepilot_tui.facts import Facts
from codepilot_tui.keymap import Keymap

MOST = 7


@dataclass(frozen=True, slots=True)
class Hint:
    """A key and what it does now; `action` is run when it is clicked."""

    key: str
    word: str
    action: str


_WANTED = 98
"""Rank of the key that hands back what the agent waits for."""


def _holder(facts: Facts) -> str:
    if facts.wanted:
        return "hand back"
    if facts.place not in ("terminal", "terminal-held"):
        return ""
    return "hand back" if facts.holder == "person" else "take over"


def _find(facts: Facts) -> str:
    return "find" if facts.place in ("terminal", "terminal-held") and not facts.kind else ""


def _maximise(facts: Facts) -> str:
    if facts.maximised:
        return "restore"
    return "" if facts.place == "composer" else "full screen"


def _palette(facts: Facts) -> str:
    return "" if facts.place == "composer" and not facts.draft else "commands"  # there `/` offers the same


def _send(facts: Facts) -> str:
    if facts.command:
        return "run"
    return "next step" if facts.working else "send"


def _row(facts: Facts) -> str:
    return facts.at_cursor


WORDS: dict[str, Callable[[Facts], str]] = {
    "@holder": _holder,
    "@find": _find,
    "@maximise": _maximise,
    "@palette": _palette,
    "@send": _send,
    "@row": _row,
    "@escape": escape_word,
    "@interrupt": interrupt_word,
}
"""Words that depend on what is true; an empty one leaves the hint out."""


def word(action: Action, facts: Facts) -> str:
    """What the footer calls an action now; empty: it is not there."""
    if action.word.startswith("@"):
        return WORDS[action.word](facts)
    return action.word


def hints(
    keymap: Keymap, facts: Facts, *, sends: Callable[[str], bool] = lambda key: True
) -> tuple[Hint, ...]:
    """The hints, the most important first, the way to the help last.

    Args:
        keymap: the table.
        facts: what is true.
        sends: whether the terminal can send a key; else its twin by the leader is named.
    """
    place = facts.place
    found: list[tuple[int, Hint]] = []
    for action in keymap.actions:
        in_place = action.is_at(facts) and action.key
        by_letter = action.is_command and (place == "terminal-held" and action.held and not in_place)
        if not (in_place or by_letter) or not action.word or not action.available(facts):
            continue
        said = word(action, facts)
        if said:
            key = keymap.shown_key(action, place)
            if action.leader and action.key and not sends(action.key):
                key = keymap.leader_key(action)
            rank = _WANTED if facts.wanted and action.word == "@holder" else action.rank
            found.append((rank, Hint(key, said, action.name)))
    found.sort(key=lambda each: -each[0])
    last = [hint for _, hint in found if hint.action == "help"]
    rest = [hint for _, hint in found if hint.action != "help"]
    return (*rest[: MOST - len(last)], *last)
