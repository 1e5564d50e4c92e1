"""What fills the model's window: rules, words, replies and results on one scale, then each message by its size."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import ClassVar

from textual.strip import Strip
from textual.widget import Widget

from codepilot.context.report import ContextEntry, ContextReport
from codepilot.text import clean_line
from codepilot_tui.facts import Kind
from codepilot_tui.glyphs import UNICODE
from codepilot_tui.pages.base import Page
from codepilot_tui.theme import Tokens, tokens_for
from codepilot_tui.widgets.painted import Cell, Painted, Picture, row_of, spread
from codepilot_tui.widgets.row_list import Rows
from codepilot_tui.widgets.top_bar import short_count

_PLANE = "panel-plane"
_NAME, _BAR, _FIGURE = 15, 20, 7
"""Columns."""
_KINDS = {"summary": "summary", "words": "you", "reply": "reply", "result": "result"}
RULES = 0
"""In place of the number of a message: the rules and tools."""


@dataclass(frozen=True, slots=True)
class Wishes:
    """What the page asks for; each is done outside of it."""

    show: Callable[[int, str], None]
    """The text of a message, by its number, with its title."""
    leave_out: Callable[[int], None]
    compact: Callable[[], None]
    idle: Callable[[], bool]
    """Whether the agent is, so that a result can be left out."""


def parts_of(report: ContextReport) -> list[tuple[str, int, str]]:
    """Name, tokens and details of each part."""
    count = {kind: sum(entry.kind == kind for entry in report.entries) for kind in _KINDS}
    left_out = sum(entry.left_out for entry in report.entries)
    parts = [("rules and tools", report.system, f"tools {short_count(report.tools)}")]
    if report.summarised:
        parts.append(("summary", report.of("summary"), _summarised(report)))
    parts += [
        ("your words", report.of("words"), _counted(count["words"], "message")),
        ("replies", report.of("reply"), _counted(count["reply"], "reply", "replies")),
        (
            "results",
            report.of("result"),
            _counted(count["result"], "result") + (f", {left_out:,} left out" if left_out else ""),
        ),
    ]
    return parts


def _summarised(report: ContextReport) -> str:
    """What the summary stands for, and since when: with the day, if that is another one."""
    said = f"of the first {report.summarised:,} messages"
    if report.cut_at is None:
        return said
    then = time.localtime(report.cut_at)
    day = "" if then[:3] == time.localtime()[:3] else "%Y-%m-%d "
    return f"{said}, cut at {time.strftime(f'{day}%H:%M', then)}"


def _counted(count: int, word: str, words: str = "") -> str:
    return f"{count:,} {word if count == 1 else words or word + 's'}"


def note_of(report: ContextReport) -> str:
    """How full it is, what the session has cost, and how much of it came from the service's cache."""
    used = short_count(report.total)
    full = f"{used} of {short_count(report.window)}" if report.window else f"{used} tokens"
    said = [full if report.counted else f"about {full}"]
    if report.usage.input_tokens:
        said.append("price unknown" if report.cost is None else f"${report.cost:.2f}")
    if report.usage.cache_read:
        said.append(f"cache {report.usage.cache_read * 100 // report.usage.input_tokens} %")
    return f" {UNICODE.dot} ".join(said)


class Bars(Painted):
    """The parts, on one scale."""

    DEFAULT_CSS = "Bars { margin-bottom: 1; }"

    def __init__(self, report: ContextReport) -> None:
        super().__init__()
        self.report = report

    def picture(self, width: int, tokens: Tokens) -> Picture:
        """A row for each."""
        style = tokens.style
        parts = parts_of(self.report)
        most = max(1, *(size for _, size, _ in parts))
        rows: list[Strip] = []
        for name, size, details in parts:
            full = max(1, round(_BAR * size / most)) if size else 0
            cells: list[Cell] = [
                (f"  {name:<{_NAME}} ", style("ink", _PLANE)),
                (UNICODE.full * full + " " * (_BAR - full), style("you", _PLANE)),
                (f"{short_count(size):>{_FIGURE}}", style("ink", _PLANE)),
                (f"   {details}", style("muted", _PLANE)),
            ]
            rows.append(row_of(cells, width, style("", _PLANE)))
        return Picture(tuple(rows))


class EntryRows(Rows):
    """The messages, the largest first."""

    DEFAULT_CSS = "EntryRows { height: 1fr; background: $panel-plane; scrollbar-background: $panel-plane; }"

    def __init__(self) -> None:
        super().__init__(classes="page-body")
        self.can_focus = False
        self.entries: Sequence[ContextEntry | None] = (None,)
        self.rules = 0

    @property
    def count(self) -> int:
        """The rules, and each message."""
        return len(self.entries)

    @property
    def chosen(self) -> ContextEntry | None:
        """The message at the cursor; None: the rules."""
        return self.entries[self.cursor]

    def paint(self, index: int, width: int, at_cursor: bool) -> Strip:
        """What it is, how large, and what it is about."""
        return entry_row(self.entries[index], self.rules, width, tokens_for(self.app), at_cursor)

    def paint_empty(self, line: int, width: int) -> Strip:
        """Nothing stands below the rows."""
        return spread([], [], width, tokens_for(self.app).style("", _PLANE))


def entry_row(entry: ContextEntry | None, rules: int, width: int, tokens: Tokens, at_cursor: bool) -> Strip:
    """One row, exactly `width` columns; `rules` is the size of the rules and tools."""
    style = tokens.style
    plane = "line" if at_cursor else _PLANE
    kind = "rules" if entry is None else _KINDS[entry.kind]
    label = "rules and tools" if entry is None else clean_line(entry.label)
    out = entry is not None and entry.left_out
    cells: list[Cell] = [
        (UNICODE.cursor if at_cursor else " ", style("you", plane)),
        (f" {kind:<8}", style("muted", plane)),
        (f"{short_count(rules if entry is None else entry.tokens):>{_FIGURE}}  ", style("ink", plane)),
        ("left out: " if out else "", style("faint", plane)),
        (label, style("muted" if out else "ink", plane)),
    ]
    return row_of(cells, width, style("", plane))


class ContextPage(Page[None]):
    """The page.

    Args:
        report: what fills the window.
        wishes: what its keys ask for.
    """

    title = "Context"
    kind: ClassVar[Kind] = "context"

    def __init__(self, report: ContextReport, wishes: Wishes) -> None:
        self._wishes = wishes
        self.bars = Bars(report)
        self.rows = EntryRows()
        self._take(report)
        super().__init__()

    def _take(self, report: ContextReport) -> None:
        self.bars.report = report
        self.rows.rules = report.system
        self.rows.entries = (None, *sorted(report.entries, key=lambda each: -each.tokens))

    def show(self, report: ContextReport) -> None:
        """The window holds something else now; the cursor stays with its message."""
        before = self.rows.chosen
        self._take(report)
        place = next(
            (
                n
                for n, each in enumerate(self.rows.entries)
                if each and before and each.message == before.message
            ),
            self.rows.cursor,
        )
        self.rows.move_to(place)
        self.rows.rows_changed()
        self.bars.repaint()
        self.say(note_of(report))
        self.keys_changed()

    def body(self) -> Iterable[Widget]:
        """The bars, then the messages."""
        yield self.bars
        yield self.rows

    def on_mount(self) -> None:
        """Say how full it is."""
        self.say(note_of(self.bars.report))

    @property
    def _can_leave_out(self) -> bool:
        entry = self.rows.chosen
        return entry is not None and entry.kind == "result" and not entry.left_out and self._wishes.idle()

    def keys(self) -> Sequence[tuple[str, str]]:
        """What the keys do."""
        leave_out = (("Del", "leave out"),) if self._can_leave_out else ()
        return (("↑ ↓", "move"), ("Enter", "show"), *leave_out, ("Ctrl+K", "compact now"), ("Esc", "back"))

    def offered(self) -> frozenset[str]:
        """Those, by their names."""
        leave_out = ("delete",) if self._can_leave_out else ()
        return frozenset(("down", "enter", "ctrl+k", "escape", *leave_out))

    def press(self, key: str) -> bool:
        """Move, show, leave out, compact."""
        entry = self.rows.chosen
        if key == "enter":
            title = "Rules and tools" if entry is None else f"Message {entry.message}: {_KINDS[entry.kind]}"
            self._wishes.show(RULES if entry is None else entry.message, title)
        elif key == "delete":
            if self._can_leave_out and entry is not None:
                self._wishes.leave_out(entry.message)
        elif key == "ctrl+k":
            self._wishes.compact()
        else:
            moved = self.rows.press(key)
            self.keys_changed()
            return moved
        return True

    def on_rows_chosen(self, event: Rows.Chosen) -> None:
        """A click is Enter."""
        event.stop()
        self.press("enter")
