"""The help of F1: the keys of the place it was called from, those of everywhere, and the other places folded."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from textual.strip import Strip
from textual.widget import Widget

from codepilot_tui.actions import PRESS, Action, Keymap, key_text
from codepilot_tui.facts import Facts, Place
from codepilot_tui.pages.base import Page
from codepilot_tui.theme import Tokens, tokens_for
from codepilot_tui.widgets.painted import Cell, spread
from codepilot_tui.widgets.rows import Rows, lit

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
EVERYWHERE = "Everywhere"
_PLANE = "panel-plane"
_KEY, _LEADER = 15, 12
"""Columns of a key, and of leader and letter."""


@dataclass(frozen=True, slots=True)
class Section:
    """A heading and its rows."""

    title: str
    actions: tuple[Action, ...]


@dataclass(frozen=True, slots=True)
class HelpRow:
    """A row of the page: a heading, or (`action`) a key."""

    section: str
    action: Action | None = None
    folded: bool = False
    count: int = 0
    """How many rows a heading stands over."""


def sections(keymap: Keymap, place: Place) -> tuple[Section, ...]:
    """All rows of the table, each under one heading: here, everywhere, then place by place."""
    here = keymap.here(place)
    rest = [action for action in keymap.actions if action not in here]
    commands = [action for action in rest if action.is_command or action.group == EVERYWHERE]
    made = [Section(f"Here: {NAMES[place]}", here), Section(EVERYWHERE, tuple(commands))]
    groups: dict[str, list[Action]] = {}
    for action in rest:
        if action not in commands and (action.key or action.letter):
            groups.setdefault(action.group, []).append(action)
    made += [Section(title, tuple(actions)) for title, actions in groups.items()]
    return tuple(section for section in made if section.actions)


def help_rows(made: Sequence[Section], keymap: Keymap, unfolded: set[str], words: str) -> list[HelpRow]:
    """What is to be seen of the sections.

    Args:
        made: the sections.
        keymap: the keys in force, which are searched too.
        unfolded: titles of those whose rows are shown.
        words: what is searched for; then every row that holds all of it is shown.
    """
    wanted = words.lower().split()
    rows: list[HelpRow] = []
    for section in made:
        fitting = [
            action
            for action in section.actions
            if all(word in _searched(action, section.title, keymap) for word in wanted)
        ]
        if not fitting:
            continue
        folded = not wanted and section.title not in unfolded
        rows.append(HelpRow(section.title, folded=folded, count=len(fitting)))
        if not folded:
            rows += [HelpRow(section.title, action) for action in fitting]
    return rows


def _searched(action: Action, title: str, keymap: Keymap) -> str:
    key = key_text(action.key) if action.key else ""
    return f"{action.label} {action.slash} {key} {keymap.leader_key(action)} {title}".lower()


class HelpRows(Rows, can_focus=False):
    """The rows of the page."""

    DEFAULT_CSS = "HelpRows { height: 1fr; background: $panel-plane; scrollbar-background: $panel-plane; }"

    def __init__(self, keymap: Keymap, sends: Callable[[str], bool]) -> None:
        super().__init__(classes="page-body")
        self._keymap = keymap
        self._sends = sends
        self.rows: list[HelpRow] = []
        self.wanted = ""

    @property
    def count(self) -> int:
        """Rows in sight or not."""
        return len(self.rows)

    @property
    def chosen(self) -> HelpRow | None:
        """The row under the cursor."""
        return self.rows[self.cursor] if self.rows else None

    def paint(self, index: int, width: int, at_cursor: bool) -> Strip:
        """A heading with its fold, or key, leader and letter, what it does, its command."""
        row, tokens = self.rows[index], tokens_for(self.app)
        return help_row(row, width, tokens, self._keymap, self.wanted, at_cursor, self._sends)

    def paint_empty(self, line: int, width: int) -> Strip:
        """Nothing fits what was typed."""
        style = tokens_for(self.app).style
        text = "   No key does that." if not self.count and line == 0 else ""
        return spread([(text, style("muted", _PLANE))], [], width, style("", _PLANE))


def help_row(
    row: HelpRow,
    width: int,
    tokens: Tokens,
    keymap: Keymap,
    wanted: str = "",
    at_cursor: bool = False,
    sends: Callable[[str], bool] = lambda key: True,
) -> Strip:
    """One row, exactly `width` columns; a long label is cut, never wrapped. A key that cannot be sent is left out."""
    style = tokens.style
    plane = "line" if at_cursor else _PLANE
    ground, found = style("", plane), style("you", plane, bold=True)
    bar: Cell = ("▎" if at_cursor else " ", style("you", plane))
    action = row.action
    if action is None:
        sign = "▸" if row.folded else "▾"
        title: list[Cell] = [bar, (f"{sign} {row.section}", style("muted", plane, bold=True))]
        return spread(title, [(f"{row.count}  ", style("faint", plane))], width, ground)
    shown = key_text(action.key) if action.key and sends(action.key) else ""
    key, leader = f"   {shown:<{_KEY}}", f"{keymap.leader_key(action):<{_LEADER}}"
    cells: list[Cell] = [bar, *lit(key, wanted, style("ink", plane, bold=True), found)]
    if width >= 2 * (_KEY + _LEADER):
        cells += lit(leader, wanted, style("muted", plane), found)
    cells += lit(action.label, wanted, style("ink", plane), found)
    slash = [*lit(f"  {action.slash}", wanted, style("code", plane), found), ("  ", ground)]
    return spread(cells, slash if action.slash else [("  ", ground)], width, ground)


class KeysPage(Page[str]):
    """All keys. The result is the name of the action to run, or None.

    Args:
        keymap: the keys in force.
        facts: what was true where it was called from.
        sends: whether the terminal can send a key.
    """

    title = "Keys"
    placeholder = "Type what you want to do"

    def __init__(self, keymap: Keymap, facts: Facts, sends: Callable[[str], bool] = lambda key: True) -> None:
        self._keymap = keymap
        self._facts = facts
        self._sections = sections(keymap, facts.place)
        self._unfolded = {self._sections[0].title, EVERYWHERE}
        self.list = HelpRows(keymap, sends)
        super().__init__()

    def body(self) -> Iterable[Widget]:
        """The list."""
        yield self.list

    def on_mount(self) -> None:
        """The first key is under the cursor."""
        self._fill("")
        self.list.move_to(1)
        self.say(f"{key_text(self._keymap.leader)}, then a letter, does the same")

    def keys(self) -> Sequence[tuple[str, str]]:
        """What the keys do."""
        return (("↑ ↓", "move"), ("→ ←", "unfold, fold"), ("Enter", "run"), ("Esc", "back"))

    def searched(self, words: str) -> None:
        """Show what fits; the first key of it is under the cursor."""
        self._fill(words)
        self.list.move_to(1)

    def _fill(self, words: str) -> None:
        self.list.wanted = words
        self.list.rows = help_rows(self._sections, self._keymap, self._unfolded, words)
        self.list.rows_changed()

    def press(self, key: str) -> bool:
        """Move, fold, run."""
        if key == "enter":
            self._choose()
        elif key in ("left", "right"):
            self._fold(key == "left")
        else:
            return self.list.press(key)
        return True

    def press_shown(self, label: str) -> None:
        """A click on a pair of keys is the one that goes on."""
        self.press({"↑ ↓": "down", "→ ←": "right", "Enter": "enter"}[label])

    def on_rows_chosen(self, event: Rows.Chosen) -> None:
        """A click is Enter."""
        event.stop()
        self._choose()

    def _fold(self, folded: bool) -> None:
        row = self.list.chosen
        if row is None or self.field.words:
            return
        if folded:
            self._unfolded.discard(row.section)
        else:
            self._unfolded.add(row.section)
        self._fill("")
        heading = HelpRow(row.section)
        at = next(index for index, each in enumerate(self.list.rows) if each.section == heading.section)
        if folded:
            self.list.move_to(at)

    def _choose(self) -> None:
        row = self.list.chosen
        if row is None:
            return
        action = row.action
        if action is None:
            self._fold(not row.folded)
        elif action.target == PRESS and self._facts.place not in action.places:
            self.say(f"only here: {', '.join(sorted(NAMES[place] for place in action.places))}")
        else:
            self.finish(action.name)
