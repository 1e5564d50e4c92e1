"""What the status line says once, when a thing happens for the first time on this machine: its key.

The table is pure; which of its rows were said is kept in `seen.json` in the state folder.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Collection
from pathlib import Path

from codepilot import paths
from codepilot.values import dataclass
from codepilot_tui.facts import READING, Facts
from codepilot_tui.key_names import key_text
from codepilot_tui.keymap import Keymap

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class FirstTime:
    """One thing that happens."""

    name: str
    when: Callable[[Facts], bool]
    words: str
    """What is said; names of actions stand in braces where their keys belong."""


FIRST_TIMES: tuple[FirstTime, ...] = (
    FirstTime(
        "question",
        lambda facts: facts.place == "question" and facts.kind in ("command", "edits"),
        "{allow} {refuse} {refuse_why} answer · letters write",
    ),
    FirstTime(
        "held",
        lambda facts: facts.place == "terminal-held" and not facts.wanted,
        "You have this terminal · {take_over} hands it back",
    ),
    FirstTime(
        "queued",
        lambda facts: facts.place == "composer" and facts.working and facts.queued > 0 and not facts.draft,
        "Queued · {history} brings it back",
    ),
    FirstTime(
        "terminal",
        lambda facts: _elsewhere(facts) and facts.terminals > 0 and facts.holder == "agent",
        "The agent uses a terminal · {focus_terminal} goes there",
    ),
    FirstTime(
        "folded",
        lambda facts: _elsewhere(facts) and facts.place != "chat" and facts.folded,
        "Calls unfold · {focus_chat} goes to the chat, {unfold} unfolds one",
    ),
)


def _elsewhere(facts: Facts) -> bool:
    return facts.place == "composer" or facts.place in READING


def due(facts: Facts, seen: Collection[str]) -> FirstTime | None:
    """What happens now and was never said before."""
    return next((each for each in FIRST_TIMES if each.name not in seen and each.when(facts)), None)


def said(each: FirstTime, keymap: Keymap, sends: Callable[[str], bool] = lambda key: True) -> str:
    """The words with the keys in force.

    Args:
        each: what happens.
        keymap: the table.
        sends: whether the terminal can send a key; else its way by the leader is named.
    """

    def key(name: str) -> str:
        action = keymap[name]
        return keymap.sent_key(action, sends) if action.leader else key_text(action.key)

    return each.words.format_map({action.name: key(action.name) for action in keymap.actions})


def seen_file() -> Path:
    """Where it is kept what was said."""
    return paths.state_dir() / "seen.json"


def recall() -> frozenset[str]:
    """The names of what was said; none where nothing was, or where it cannot be read."""
    path = seen_file()
    try:
        names = json.loads(path.read_text("utf-8"))
    except FileNotFoundError:
        return frozenset()
    except (OSError, ValueError):
        log.warning("%s cannot be read; it is made anew", path, exc_info=True)
        return frozenset()
    if not isinstance(names, list):
        log.warning("%s holds no list; it is made anew", path)
        return frozenset()
    return frozenset(name for name in names if isinstance(name, str))


def keep(names: Collection[str]) -> None:
    """Write down that these were said, beside what another program wrote; a disk that refuses is logged."""
    try:
        paths.write_private(seen_file(), json.dumps(sorted({*recall(), *names})))
    except OSError:
        log.warning("%s cannot be written", seen_file(), exc_info=True)
