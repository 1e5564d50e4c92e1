"""The help of F1: the keys of the place it was called from, those of everywhere, and the other places folded."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from time import monotonic

from textual.strip import Strip
from textual.widget import Widget

from codepilot_tui.actions import OFFERED, PRESS
from codepilot_tui.facts import Facts
from codepilot_tui.glyphs import UNICODE
from codepilot_tui.key_names import key_text
from codepilot_tui.keymap import Keymap
from codepilot_tui.pages.base import Page
from codepilot_tui.pages.key_sections import (
    BOTH_FROM,
    EVERYWHERE,
    KEY,
    KINDS,
    LEADER,
    NAMES,
    HelpRow,
    help_rows,
    here_name,
    sections,
)
from codepilot_tui.theme import Tokens, tokens_for
from codepilot_tui.widgets.options import distance
from codepilot_tui.widgets.painted import Cell, spread
from codepilot_tui.widgets.row_list import Rows, lit

_PLANE = "panel-plane"
_NOTE_FROM = 80
"""Columns from which a sentence fits beside the search field."""
HELD = 0.5
"""Seconds: the Enter that opened the page is held, and repeated, for as long as no pause is longer."""


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
    both = width >= BOTH_FROM
    key = (line.key if both else line.key or line.leader) if row.first else ""
    cells: list[Cell] = [bar, *lit(f"   {key:<{KEY}}", wanted, style("ink", plane, bold=True), found)]
    if both:
        leader = line.leader if row.first else ""
        cells += lit(f"{leader:<{LEADER}}", wanted, style("muted", plane), found)
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
        now: seconds on a clock that only goes on.
    """

    title = "Keys"
    kind = "keys"
    placeholder = "Type what you want to do"

    def __init__(
        self,
        keymap: Keymap,
        facts: Facts,
        sends: Callable[[str], bool] = lambda key: True,
        *,
        now: Callable[[], float] = monotonic,
    ) -> None:
        self._now = now
        self._entered: float | None = now()
        """When Enter was last pressed in the list that opened it, or is still held; None: another key came since."""
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
        """Show what fits; the cursor is on the row that is called so, else one that begins so, else the first."""
        self._entered = None
        self._fill(words)
        names = {at: row.line.label for at, row in enumerate(self.list.rows) if row.line and row.first}
        self.list.move_to(min(names, key=lambda at: distance(names[at], words), default=1))

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
        held = self._entered is not None and self._now() - self._entered < HELD
        self._entered = self._now() if held and key == "enter" else None
        if key == "enter":
            if not held:
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
        elif action.group == EVERYWHERE and not action.is_at(self._facts):
            self.say(f"not here: {here_name(self._facts)}")
        elif action.when == OFFERED and not action.available(self._facts):
            self.say("there is nothing for it here now")
        else:
            self.finish(action.name)
