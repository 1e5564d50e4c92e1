"""What the help of F1 lists, as rows: the keys of here, those of everywhere, the other places. Pure."""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from codepilot_tui.actions import Action
from codepilot_tui.facts import Facts, Kind, Place
from codepilot_tui.glyphs import UNICODE
from codepilot_tui.key_names import key_text
from codepilot_tui.keymap import Keymap

NAMES: dict[Place, str] = {
    "composer": "composer",
    "chat": "chat",
    "files": "files",
    "changes": "changes",
    "terminal": "terminal",
    "terminal-held": "your terminal",
    "question": "question",
    "page": "page",
    "popup": "list",
}
KINDS: dict[Kind, str] = {
    "walk": "selecting in the terminal",
    "find": "find bar",
    "command": "question about a command",
    "edits": "question about changes",
    "reason": "reason for the agent",
    "ask": "question",
    "trust": "trust question",
    "quit": "quit question",
    "clipboard": "clipboard question",
    "confirm": "question",
    "file": "file",
    "found": "file",
    "change": "changes",
    "stream": "all changes",
    "search": "find in the conversation",
    "keys": "keys",
    "welcome": "choosing a model",
    "sessions": "sessions",
    "rewind": "rewind",
    "reading": "reading along",
    "replay": "replay",
    "context": "the model's window",
}
"""What the heading calls a terminal, question or page that has keys of its own."""
EVERYWHERE = "Everywhere"
KEY, LEADER = 15, 14
"""Columns of a key, and of leader and letter."""
BOTH_FROM = 100
"""Columns from which both stand side by side; below, one of them."""
Sends = Callable[[str], bool]
"""Whether the terminal can send a key."""


@dataclass(frozen=True, slots=True)
class Line:
    """An action with the keys that run it."""

    action: Action
    key: str = ""
    """Of its own; empty: it has none, or the key means another thing here, or the terminal cannot send it."""
    leader: str = ""
    """Leader and letter; empty: they mean nothing here."""
    others: tuple[Action, ...] = ()
    """The further actions of a row that stands for several, told apart by a digit."""

    @property
    def actions(self) -> tuple[Action, ...]:
        """All that it stands for."""
        return (self.action, *self.others)

    @property
    def label(self) -> str:
        """What it does."""
        return "Go to that tab" if self.others else self.action.label


@dataclass(frozen=True, slots=True)
class Section:
    """A heading and its rows."""

    title: str
    lines: tuple[Line, ...]


@dataclass(frozen=True, slots=True)
class HelpRow:
    """A row of the page: a heading, or (`line`) a key with a row of what it does."""

    section: str
    line: Line | None = None
    folded: bool = False
    count: int = 0
    """How many rows a heading stands over."""
    text: str = ""
    """What is said in this row."""
    first: bool = True
    """It is the first row of its key; a long text takes more."""


def sections(keymap: Keymap, facts: Facts, sends: Sends = lambda key: True) -> tuple[Section, ...]:
    """All rows of the table, each under one heading: those of here, those that work everywhere, place by place.

    Args:
        keymap: the keys in force.
        facts: where the keyboard is, with what is offered there.
        sends: whether the terminal can send a key.
    """
    here = keymap.here(facts)
    leads = keymap["leader"].is_at(facts)

    def line(action: Action, *, elsewhere: bool = False) -> Line:
        key = key_text(action.key) if action.key and sends(action.key) else ""
        works = elsewhere or keymap.works(action, facts)
        return Line(action, key if works else "", keymap.leader_key(action) if leads or elsewhere else "")

    rest = [action for action in keymap.actions if action not in here and (action.key or action.leader)]
    common = [line(action) for action in rest if action.is_command or action.group == EVERYWHERE]
    works = [each for each in common if (each.key or each.leader) and not _is_moot(each.action, facts)]
    made = [Section(f"Here: {here_name(facts)}", tuple(map(line, here))), Section(EVERYWHERE, tuple(works))]
    shown = {each.action for each in works}
    groups: dict[str, list[Line]] = {}
    for action in rest:
        if action not in shown:
            # What works everywhere but here works in the panes.
            group = "Panes" if action.group == EVERYWHERE else action.group
            groups.setdefault(group, []).append(line(action, elsewhere=True))
    made += [Section(f"Elsewhere: {title.lower()}", tuple(lines)) for title, lines in groups.items()]
    return tuple(Section(each.title, _one_for_tabs(each.lines, facts)) for each in made if each.lines)


def _one_for_tabs(lines: Sequence[Line], facts: Facts) -> tuple[Line, ...]:
    """One row for the tabs, where their keys differ only by the number; Enter there goes to one that there is."""
    tabs = [each for each in lines if each.action.target.startswith("tabs.go_")]
    shapes = {(_numbered(each, each.key), _numbered(each, each.leader)) for each in tabs}
    if len(tabs) < 2 or len(shapes) > 1:
        return tuple(lines)
    key, leader = shapes.pop()
    chosen = next((each for each in tabs if each.action.available(facts)), tabs[0]).action
    span = f"{_number(tabs[0])}{UNICODE.more}{_number(tabs[-1])}"
    others = tuple(each.action for each in tabs if each.action is not chosen)
    one = Line(chosen, key.replace("#", span), leader.replace("#", span), others)
    at = lines.index(tabs[0])
    rest = [each for each in lines if each not in tabs]
    return (*rest[:at], one, *rest[at:])


def _number(line: Line) -> str:
    return line.action.target.removeprefix("tabs.go_")


def _numbered(line: Line, key: str) -> str:
    """A key with `#` for the number of its tab."""
    number = _number(line)
    return key.removesuffix(number) + "#" if key.endswith(number) else key


def _is_moot(action: Action, facts: Facts) -> bool:
    """Where a question has the keyboard there is none to go to, and what needs an idle agent waits for the answer."""
    return facts.place == "question" and action.when in ("waiting", "idle") and not action.available(facts)


def here_name(facts: Facts) -> str:
    """What the heading calls the place."""
    return KINDS.get(facts.kind, NAMES[facts.place])


def help_rows(
    made: Sequence[Section],
    keymap: Keymap,
    unfolded: set[str],
    words: str,
    width: int = 160,
    sends: Sends = lambda key: True,
) -> list[HelpRow]:
    """What is to be seen of the sections.

    Args:
        made: the sections.
        keymap: the keys in force, which are searched too.
        unfolded: titles of those whose rows are shown.
        words: what is searched for; then every row that holds all of it is shown.
        width: in columns; a text that is longer goes on in the next row.
        sends: whether the terminal can send a key.
    """
    wanted = words.lower().split()
    rows: list[HelpRow] = []
    for section in made:
        fitting = [
            line
            for line in section.lines
            if all(
                any(word in _searched(each, section.title, keymap) for each in line.actions)
                or word in line.label.lower()
                for word in wanted
            )
        ]
        if not fitting:
            continue
        folded = not wanted and section.title not in unfolded
        rows.append(HelpRow(section.title, folded=folded, count=len(fitting)))
        for line in () if folded else fitting:
            texts = _texts(line, width, sends)
            rows += [HelpRow(section.title, line, text=text, first=not at) for at, text in enumerate(texts)]
    return rows


def _texts(line: Line, width: int, sends: Sends) -> list[str]:
    """What an action does, in rows that fit behind its keys and before its command."""
    action = line.action
    room = width - _indent(width) - 3 - (len(action.slash) + 3 if action.slash else 0)
    return textwrap.wrap(line.label if line.others else action.described(sends), max(16, room))


def _indent(width: int) -> int:
    return 4 + KEY + (LEADER if width >= BOTH_FROM else 0)


def _searched(action: Action, title: str, keymap: Keymap) -> str:
    keys = " ".join(map(key_text, action.keys))
    return f"{action.label} {action.slash} {keys} {keymap.leader_key(action)} {title}".lower()
