"""The help of F1: the keys of the place it was called from, those of everywhere, and the other places folded."""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from textual.strip import Strip
from textual.widget import Widget

from codepilot_tui.actions import PRESS, Action
from codepilot_tui.facts import Facts, Kind, Place
from codepilot_tui.glyphs import UNICODE
from codepilot_tui.key_names import key_text
from codepilot_tui.keymap import Keymap
from codepilot_tui.pages.base import Page
from codepilot_tui.theme import Tokens, tokens_for
from codepilot_tui.widgets.painted import Cell, spread
from codepilot_tui.widgets.row_list import Rows, lit

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
    "search": "find in the conversation",
    "keys": "keys",
    "welcome": "choosing a model",
}
"""What the heading calls a terminal, question or page that has keys of its own."""
EVERYWHERE = "Everywhere"
_PLANE = "panel-plane"
_KEY, _LEADER = 15, 14
"""Columns of a key, and of leader and letter."""
_BOTH_FROM = 100
"""Columns from which both stand side by side; below, one of them."""
_NOTE_FROM = 80
"""Columns from which a sentence fits beside the search field."""

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
    # Where the question itself has the keyboard there is none to go to.
    moot = keymap["answer"] if facts.place == "question" else None
    works = [each for each in common if (each.key or each.leader) and each.action is not moot]
    made = [Section(f"Here: {here_name(facts)}", tuple(map(line, here))), Section(EVERYWHERE, tuple(works))]
    shown = {each.action for each in works}
    groups: dict[str, list[Line]] = {}
    for action in rest:
        if action not in shown:
            # What works everywhere but here works in the panes.
            group = "Panes" if action.group == EVERYWHERE else action.group
            groups.setdefault(group, []).append(line(action, elsewhere=True))
    made += [Section(f"Elsewhere: {title.lower()}", tuple(lines)) for title, lines in groups.items()]
    return tuple(section for section in made if section.lines)


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
            if all(word in _searched(line.action, section.title, keymap) for word in wanted)
        ]
        if not fitting:
            continue
        folded = not wanted and section.title not in unfolded
        rows.append(HelpRow(section.title, folded=folded, count=len(fitting)))
        for line in () if folded else fitting:
            texts = _texts(line.action, width, sends)
            rows += [HelpRow(section.title, line, text=text, first=not at) for at, text in enumerate(texts)]
    return rows


def _texts(action: Action, width: int, sends: Sends) -> list[str]:
    """What an action does, in rows that fit behind its keys and before its command."""
    room = width - _indent(width) - 3 - (len(action.slash) + 3 if action.slash else 0)
    return textwrap.wrap(action.described(sends), max(16, room))


def _indent(width: int) -> int:
    return 4 + _KEY + (_LEADER if width >= _BOTH_FROM else 0)


def _searched(action: Action, title: str, keymap: Keymap) -> str:
    keys = " ".join(map(key_text, action.keys))
    return f"{action.label} {action.slash} {keys} {keymap.leader_key(action)} {title}".lower()


class HelpRows(Rows, can_focus=False):
    """The rows of the page."""

    DEFAULT_CSS = "HelpRows { height: 1fr; background: $panel-plane; scrollbar-background: $panel-plane; }"

    def __init__(self) -> None:
        super().__init__(classes="page-body")
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
        row, chosen = self.rows[index], self.chosen
        same = chosen is not None and row.line is not None and row.line is chosen.line
        return help_row(row, width, tokens_for(self.app), self.wanted, at_cursor or same)

    def move_to(self, index: int) -> None:
        """Mark a row; of a text of several rows the first."""
        down = index > self.cursor
        index = min(max(0, index), max(0, self.count - 1))
        while self.rows and not self.rows[index].first:
            index += 1 if down and index + 1 < self.count else -1
            down = down and index + 1 < self.count
        super().move_to(index)

    def paint_empty(self, line: int, width: int) -> Strip:
        """Nothing fits what was typed."""
        style = tokens_for(self.app).style
        text = "   No key does that." if not self.count and line == 0 else ""
        return spread([(text, style("muted", _PLANE))], [], width, style("", _PLANE))


def help_row(row: HelpRow, width: int, tokens: Tokens, wanted: str = "", at_cursor: bool = False) -> Strip:
    """One row, exactly `width` columns."""
    style = tokens.style
    plane = "line" if at_cursor else _PLANE
    ground, found = style("", plane), style("you", plane, bold=True)
    bar: Cell = (UNICODE.cursor if at_cursor else " ", style("you", plane))
    line = row.line
    if line is None:
        sign = UNICODE.folded if row.folded else UNICODE.unfolded
        title: list[Cell] = [bar, (f"{sign} {row.section}", style("muted", plane, bold=True))]
        return spread(title, [(f"{row.count}  ", style("muted", plane))], width, ground)
    both = width >= _BOTH_FROM
    key = (line.key if both else line.key or line.leader) if row.first else ""
    cells: list[Cell] = [bar, *lit(f"   {key:<{_KEY}}", wanted, style("ink", plane, bold=True), found)]
    if both:
        leader = line.leader if row.first else ""
        cells += lit(f"{leader:<{_LEADER}}", wanted, style("muted", plane), found)
    cells += lit(row.text, wanted, style("ink", plane), found)
    slash = line.action.slash if row.first else ""
    right = [*lit(f"  {slash}", wanted, style("code", plane), found), ("  ", ground)]
    return spread(cells, right if slash else [("  ", ground)], width, ground)


class KeysPage(Page[str]):
    """All keys. The result is the name of the action to run, or None.

    Args:
        keymap: the keys in force.
        facts: what was true where it was called from, with what was offered there.
        sends: whether the terminal can send a key.
    """

    title = "Keys"
    kind = "keys"
    placeholder = "Type what you want to do"

    def __init__(self, keymap: Keymap, facts: Facts, sends: Callable[[str], bool] = lambda key: True) -> None:
        self._keymap = keymap
        self._facts = facts
        self._sends = sends
        self._sections = sections(keymap, facts, sends)
        self._unfolded = {self._sections[0].title, EVERYWHERE}
        self.list = HelpRows()
        super().__init__()

    def body(self) -> Iterable[Widget]:
        """The list."""
        yield self.list

    def on_mount(self) -> None:
        """The first key is under the cursor."""
        self._fill("")
        self.list.move_to(1)
        if self._keymap["leader"].is_at(self._facts) and self.app.size.width >= _NOTE_FROM:
            self.say(f"{key_text(self._keymap.leader)}, then a letter, does the same")

    def on_resize(self) -> None:
        """Longer or shorter rows; the cursor stays with its key."""
        chosen = self.list.chosen
        self._fill(self.field.words)
        if chosen is not None:
            rows = self.list.rows
            self.list.move_to(
                next(
                    (
                        at
                        for at, row in enumerate(rows)
                        if row.line is chosen.line and row.section == chosen.section
                    ),
                    0,
                )
            )

    def keys(self) -> Sequence[tuple[str, str]]:
        """What the keys do."""
        return (("↑ ↓", "move"), ("→ ←", "unfold, fold"), ("Enter", "run"), ("Esc", "back"))

    def searched(self, words: str) -> None:
        """Show what fits; the first key of it is under the cursor."""
        self._fill(words)
        self.list.move_to(1)

    def _fill(self, words: str) -> None:
        self.list.wanted = words
        self.list.rows = help_rows(
            self._sections,
            self._keymap,
            self._unfolded,
            words,
            self.size.width or self.app.size.width,
            self._sends,
        )
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
        if row.line is None:
            self._fold(not row.folded)
            return
        action = row.line.action
        if action.target == PRESS and not action.is_at(self._facts):
            where = [KINDS[kind] for kind in action.kinds if kind] or [NAMES[each] for each in action.places]
            self.say(f"only here: {', '.join(sorted(where))}")
        else:
            self.finish(action.name)
