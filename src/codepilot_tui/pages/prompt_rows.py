"""What the rewind page paints: the tree of prompts, and what would change."""

from __future__ import annotations

import time
from collections.abc import Sequence

from textual.strip import Strip

from codepilot.checkpoints.plan import RestorePlan, RestoreRow
from codepilot.text import clean_line
from codepilot_tui.bench.prompt_rows import PromptRow, What, count_words
from codepilot_tui.figures import change_text
from codepilot_tui.glyphs import UNICODE
from codepilot_tui.theme import Tokens, tokens_for
from codepilot_tui.widgets.chat.lines import wrap
from codepilot_tui.widgets.painted import Cell, Filled, Picture, middle_path, row_of, spread
from codepilot_tui.widgets.row_list import Rows

_PLANE = "panel-plane"
_COMMANDS = 12
"""Commands that are named: the last ones."""
_LEFT_OUT = 5
PREVIEW_FROM = 100
"""Columns from which what would change stands beside the tree; below, under it."""


def prompt_row(row: PromptRow, width: int, tokens: Tokens, *, at_cursor: bool) -> Strip:
    """One prompt, exactly `width` columns."""
    style, plane = tokens.style, "line" if at_cursor else _PLANE
    prompt = row.prompt
    sign = UNICODE.running if row.last else UNICODE.stopped
    ink = "ink" if prompt.active else "muted"
    clock = time.strftime("%H:%M", time.localtime(prompt.time))
    left: list[Cell] = [
        (UNICODE.cursor if at_cursor else " ", style("you", plane)),
        (f"{clock} ", style("muted", plane)),
        (f"{UNICODE.quote} " * row.depth, style("faint", plane)),
        (f"{sign} ", style("you" if prompt.active else "muted", plane)),
        (clean_line(" ".join(prompt.text.split())), style(ink, plane)),
    ]
    if row.last:
        left.append(("   ← here", style("you", plane)))
    files = count_words(len(prompt.files), "file") if prompt.files else ""
    return spread(left, [(f"  {files}  ", style("muted", plane))], width, style("", plane))


class PromptRows(Rows, can_focus=False):
    """The tree."""

    DEFAULT_CSS = """
    PromptRows { height: 1fr; width: 3fr; background: $panel-plane; scrollbar-background: $panel-plane; }
    """

    def __init__(self) -> None:
        super().__init__()
        self.rows: Sequence[PromptRow] = ()
        self.loaded = False

    def show(self, rows: Sequence[PromptRow]) -> None:
        """Show these; the cursor is on the last prompt of the conversation."""
        self.rows, self.loaded = rows, True
        self.move_to(next((at for at, row in enumerate(rows) if row.last), 0))
        self.rows_changed()

    @property
    def count(self) -> int:
        """How many."""
        return len(self.rows)

    @property
    def chosen(self) -> PromptRow | None:
        """The one under the cursor."""
        return self.rows[self.cursor] if self.cursor < len(self.rows) else None

    def paint(self, index: int, width: int, at_cursor: bool) -> Strip:
        """One prompt."""
        return prompt_row(self.rows[index], width, tokens_for(self.app), at_cursor=at_cursor)

    def paint_empty(self, line: int, width: int) -> Strip:
        """What will be here."""
        style = tokens_for(self.app).style
        said = "   Nothing was said yet." if self.loaded and not self.rows and line == 0 else ""
        return spread([(said, style("muted", _PLANE))], [], width, style("", _PLANE))


class PlanView(Filled):
    """What would change."""

    DEFAULT_CSS = "PlanView { width: 2fr; height: 1fr; }"

    def __init__(self) -> None:
        super().__init__()
        self._row: PromptRow | None = None
        self._plan: RestorePlan | None = None
        self._what: What = "both"
        self._gone = ""
        self._why = ""

    def show(self, row: PromptRow | None, plan: RestorePlan | None, what: What, gone: str, why: str) -> None:
        """Show what going back to before a prompt would change.

        Args:
            row: the prompt.
            plan: of the files; None: it is not known, or not yet.
            what: what goes back.
            gone: what goes, in words.
            why: why there is no plan; empty: it is being made, or there is one.
        """
        self._row, self._plan, self._what, self._gone, self._why = row, plan, what, gone, why
        self.repaint()

    def picture_in(self, width: int, height: int, tokens: Tokens) -> Picture:
        """The words of the prompt, and the files."""
        ground, line = tokens.style("", _PLANE), tokens.style("line", _PLANE)
        rows = self._rows(width - 4, tokens) if self._row is not None else []
        rows += [[]] * (height - len(rows))
        return Picture(
            tuple(row_of([(f"{UNICODE.quote} ", line), *row], width, ground) for row in rows[:height])
        )

    def _rows(self, room: int, tokens: Tokens) -> list[list[Cell]]:
        style = tokens.style
        assert self._row is not None
        ink, muted = style("ink", _PLANE), style("muted", _PLANE)
        words = clean_line(" ".join(self._row.prompt.text.split()))
        rows: list[list[Cell]] = [
            [(part.text, part.style or ink) for part in line.segments]
            for line in wrap([(words, style("ink", _PLANE, bold=True))], max(8, room))[:4]
        ]
        rows += [[], [(f"Undoes {self._gone}" if self._gone else "Nothing to undo.", ink)]]
        if self._what == "conversation":
            return [*rows, [("Files are not changed.", muted)]]
        if self._plan is None:
            return [*rows, [(self._why or "reading…", muted)]]
        return [*rows, *_planned(self._plan, room, tokens)]


def _figure(row: RestoreRow) -> str:
    """Lines that come and go; of what has none, what is another."""
    if row.added or row.removed or row.now is None or row.then is None:
        return change_text(row.added, row.removed)
    if row.now.is_link or row.then.is_link:
        return "link changed"
    return "mode changed" if row.now.id == row.then.id else "changed"


def _planned(plan: RestorePlan, room: int, tokens: Tokens) -> list[list[Cell]]:
    """The files of a plan, those that stay with the reason, and what is not undone."""
    style = tokens.style
    ink, muted, warn = style("ink", _PLANE), style("muted", _PLANE), style("warn", _PLANE)
    rows: list[list[Cell]] = []
    for row in plan.changes:
        verb = {"create": "restored", "delete": "deleted"}.get(row.action, _figure(row))
        merged = " · keeps your lines" if row.merged else ""
        cells = [(f"  {middle_path(clean_line(row.path), room - 24)}  ", ink), (f"{verb}{merged}", muted)]
        if row.overwritten:
            cells.append((" · overwrites your changes", warn))
        rows.append(cells)
    for row in plan.kept:
        rows.append(
            [
                (f"{UNICODE.asks} {middle_path(clean_line(row.path), room - 24)}  ", warn),
                ("kept: ", muted),
                (clean_line(row.kept), muted),
            ]
        )
    if not plan.rows:
        none = "No files are known to have changed" if plan.unseen else "No files have changed"
        rows.append([(f"{none} since then.", muted)])
    if plan.joined:
        rows.append([("Some of these changes may be older.", warn)])
    if plan.head:
        rows += [[], [("Git's HEAD was moved and stays. To bring it back:", warn)]]
        rows += [[(f"  {clean_line(plan.head)}", style("code", _PLANE))]]
    rows += _commands(plan, tokens)
    if plan.left_out:
        rows += [[], [("Not covered:", muted)]]
        rows += [
            [(f"  {clean_line(path)}  ", ink), (clean_line(why), muted)]
            for path, why in list(plan.left_out.items())[:_LEFT_OUT]
        ]
        if (more := len(plan.left_out) - _LEFT_OUT) > 0:
            rows += [[(f"  and {more:,} more", muted)]]
    return rows


def _commands(plan: RestorePlan, tokens: Tokens) -> list[list[Cell]]:
    """Those that ran since, the last ones by name."""
    code, muted, warn = (tokens.style(name, _PLANE) for name in ("code", "muted", "warn"))
    rows: list[list[Cell]] = []
    if plan.unseen:
        rows += [[], [("The program ended during or right after these", warn)]]
        rows += [[("commands; what they changed is not all known, and stays:", warn)]]
        rows += [[(f"  {clean_line(each)}", code)] for each in plan.unseen[-_COMMANDS:]]
    if plan.commands:
        rows += [[], [("Commands since then (not undone):", muted)]]
        if (more := len(plan.commands) - _COMMANDS) > 0:
            rows += [[(f"  and {more:,} more before these", muted)]]
        rows += [[(f"  {clean_line(each)}", code)] for each in plan.commands[-_COMMANDS:]]
    return rows
