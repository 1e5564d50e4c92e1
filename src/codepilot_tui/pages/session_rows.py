"""What the page of sessions paints: a row for each, and a preview of the one under the cursor."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from rich.style import Style
from textual.strip import Strip

from codepilot.text import clean, clean_line
from codepilot_tui.bench.session_rows import WORDS, Said, SessionRow, age, figures
from codepilot_tui.glyphs import UNICODE
from codepilot_tui.theme import Tokens, tokens_for
from codepilot_tui.widgets.chat.lines import wrap
from codepilot_tui.widgets.painted import Cell, Filled, Picture, middle_path, row_of, spread
from codepilot_tui.widgets.row_list import Rows, lit

_PLANE = "panel-plane"
PREVIEW_FROM = 110
"""Columns from which the preview stands beside the list."""
_FIGURES_FROM = 76
"""Columns of a row from which steps and cost are in it; below, only state and age."""
_SIGNS = {
    "new": (UNICODE.dot, "muted"),
    "open": (UNICODE.running, "agent"),
    "cut": (UNICODE.partly, "warn"),
    "asks": (UNICODE.asks, "warn"),
    "done": (UNICODE.stopped, "muted"),
    "stopped": (UNICODE.bad, "muted"),
    "failed": (UNICODE.bad, "bad"),
}
_LINES = 8
"""Rows of one thing that was said."""


def session_row(
    row: SessionRow, width: int, tokens: Tokens, wanted: str, *, at_cursor: bool, tab: int, now: float
) -> Strip:
    """One session, exactly `width` columns.

    Args:
        row: the session.
        width: columns.
        tokens: of the theme.
        wanted: the words that were typed.
        at_cursor: the cursor is on it.
        tab: the number of the tab that has it open; 0: none.
        now: seconds since 1970.
    """
    style, plane = tokens.style, "line" if at_cursor else _PLANE
    ground, found = style("", plane), style("you", plane, bold=True)
    state = row.overview.state
    sign, ink = _SIGNS[state]
    holder = row.overview.holder
    words = f"tab {tab}" if tab else f"{WORDS[state]} ({holder.pid})" if holder is not None else WORDS[state]
    steps, cost = figures(row.overview)
    left: list[Cell] = [
        (UNICODE.cursor if at_cursor else " ", style("you", plane)),
        (f"{sign} ", style(ink, plane)),
        *lit(row.title, wanted, style("ink", plane), found),
    ]
    right: list[Cell] = [
        (f"  {words:<8}", style(ink, plane)),
        (f" {age(row.overview.info.last, now):>10}", style("muted", plane)),
    ]
    if width >= _FIGURES_FROM:
        right.append((f" {steps:>9} {cost:>7}", style("muted", plane)))
    return spread(left, [*right, ("  ", ground)], width, ground)


class SessionRows(Rows, can_focus=False):
    """The list.

    Args:
        tab: gives the number of the tab that has a session open.
        clock: seconds since 1970.
    """

    DEFAULT_CSS = """
    SessionRows { height: 1fr; width: 3fr; background: $panel-plane; scrollbar-background: $panel-plane; }
    """

    def __init__(self, tab: Callable[[str], int], clock: Callable[[], float]) -> None:
        super().__init__()
        self.rows: Sequence[SessionRow] = ()
        self.loaded = False
        """The list was read."""
        self._wanted = ""
        self._here = True
        self._tab = tab
        self._clock = clock

    def show(self, rows: Sequence[SessionRow], wanted: str, at: str, *, here: bool) -> None:
        """Show these.

        Args:
            rows: the sessions that fit.
            wanted: the words that were typed.
            at: the id of the one that gets the cursor; if it is not there the cursor stays in its row.
            here: they are those of this folder.
        """
        self.rows, self._wanted, self._here = rows, wanted, here
        place = next(
            (number for number, row in enumerate(rows) if row.id == at), self.cursor if not wanted else 0
        )
        self.move_to(place)
        self.rows_changed()

    @property
    def count(self) -> int:
        """How many."""
        return len(self.rows)

    @property
    def chosen(self) -> SessionRow | None:
        """The one under the cursor."""
        return self.rows[self.cursor] if self.cursor < len(self.rows) else None

    def paint(self, index: int, width: int, at_cursor: bool) -> Strip:
        """One session."""
        row = self.rows[index]
        return session_row(
            row,
            width,
            tokens_for(self.app),
            self._wanted,
            at_cursor=at_cursor,
            tab=self._tab(row.id),
            now=self._clock(),
        )

    def paint_empty(self, line: int, width: int) -> Strip:
        """What will be here, or that nothing fits."""
        style = tokens_for(self.app).style
        text = ""
        if not self.count and line == 0 and self.loaded:
            where = "this folder" if self._here else "any folder"
            text = "   No session has these words." if self._wanted else f"   No session of {where} yet."
        return spread([(text, style("muted", _PLANE))], [], width, style("", _PLANE))


class SessionPreview(Filled):
    """What was said last in the session under the cursor.

    Args:
        clock: seconds since 1970.
    """

    DEFAULT_CSS = "SessionPreview { width: 2fr; height: 1fr; }"

    def __init__(self, clock: Callable[[], float]) -> None:
        super().__init__()
        self._row: SessionRow | None = None
        self._said: Sequence[Said] = ()
        self._clock = clock

    def show(self, row: SessionRow | None, said: Sequence[Said]) -> None:
        """Show this session, with what was said last in it; None: nothing."""
        self._row, self._said = row, said
        self.repaint()

    def picture_in(self, width: int, height: int, tokens: Tokens) -> Picture:
        """Title, folder, model; then the words, the last ones at the foot."""
        ground, line = tokens.style("", _PLANE), tokens.style("line", _PLANE)
        room = width - 4
        rows = self._head(room, tokens) if self._row is not None else []
        said: list[list[Cell]] = []
        for each in self._said:
            said += _wrapped(each, room, tokens)
        free = max(0, height - len(rows))
        rows += said[-free:] if free else []
        rows += [[]] * (height - len(rows))
        return Picture(
            tuple(row_of([(f"{UNICODE.quote} ", line), *row], width, ground) for row in rows[:height])
        )

    def _head(self, room: int, tokens: Tokens) -> list[list[Cell]]:
        row, style = self._row, tokens.style
        assert row is not None
        seen, told = row.overview, row.overview.figures
        rows: list[list[Cell]] = [
            [
                (row.title, style("ink", _PLANE, bold=True)),
                (f" · {age(seen.info.last, self._clock())}", style("muted", _PLANE)),
            ],
            [(middle_path(clean_line(seen.info.folder), room), style("muted", _PLANE))],
        ]
        figured = [each for each in (*figures(seen), _files(len(told.files)), clean_line(told.model)) if each]
        if figured:
            rows.append([(" · ".join(figured), style("muted", _PLANE))])
        if row.hit:
            rows.append([(f"… {row.hit}", style("you", _PLANE))])
        return [*rows, []]


def _files(count: int) -> str:
    return "" if not count else "1 file changed" if count == 1 else f"{count} files changed"


def _wrapped(said: Said, room: int, tokens: Tokens) -> list[list[Cell]]:
    """Who, and the words beside it; a long text is cut."""
    style: Callable[..., Style] = tokens.style
    who = f"{said.who:<7}"
    text = " ".join(clean(said.text[:2000]).split())
    lines = wrap([(text, style("ink", _PLANE))], max(8, room - len(who)))[:_LINES]
    rows: list[list[Cell]] = []
    for at, line in enumerate(lines):
        head = who if at == 0 else " " * len(who)
        ink = "you" if said.who == "You" else "agent"
        cells: list[Cell] = [(part.text, part.style or style("ink", _PLANE)) for part in line.segments]
        rows.append([(head, style(ink, _PLANE, bold=True)), *cells])
    return [*rows, []]
