"""Rows drawn into a terminal: what comes out is what went in, and nothing else gets through."""

import re

import pytest

from codepilot.cli.attach.painting import Painter
from codepilot.cli.attach.view import View
from codepilot.terminal import screen
from codepilot.terminal.engines import new_engine
from codepilot.terminal.screen import Cursor, Modes, Row, Run, ScreenUpdate

TRUE = {"COLORTERM": "truecolor"}


@pytest.fixture
def engine():
    made = []

    def make(columns, lines):
        made.append(new_engine(columns, lines))
        return made[-1]

    yield make
    for each in made:
        each.close()


def grid(engine):
    update = engine.take_update(full=True)
    return {number: row for number, row in update.rows.items() if row.runs}


def shown(engine, text, columns=40, lines=6):
    """A screen that a piece of drawing was written to."""
    made = engine(columns, lines)
    made.feed(text.encode())
    return made


ROWS = [
    Row((Run("plain ", 6), Run("red", 3, 1), Run(" rgb", 4, (1, 2, 3), (200, 100, 50)))),
    Row((Run("漢字", 4, None, 22), Run(" bright", 7, 12, None, screen.BOLD | screen.UNDERLINE))),
    Row((Run("👩‍👩‍👧", 2), Run("after", 5, None, None, screen.INVERSE | screen.ITALIC | screen.STRIKE))),
    Row((Run("e\u0301", 1), Run("x" * 39, 39, None, 4))),
    Row(
        (
            Run("plain", 5, None, None, screen.UNDERLINE),
            Run("double", 6, None, None, screen.UNDERLINE | screen.DOUBLE, underline=1),
            Run("curly", 5, 3, None, screen.UNDERLINE | screen.CURLY, underline=(9, 8, 7)),
            Run("dotted", 6, None, 4, screen.UNDERLINE | screen.DOTTED | screen.BLINK, underline=200),
            Run("dashed", 6, None, None, screen.UNDERLINE | screen.DASHED),
        )
    ),
    Row((Run("see ", 4), Run("page", 4, 4, link="https://example.org/a?b=c"), Run(" and", 4))),
]


@pytest.mark.parametrize("row", ROWS)
def test_a_row_comes_out_as_it_went_in(engine, row):
    drawn = shown(engine, Painter(TRUE).row(row, 0, 40))
    (found,) = grid(drawn).values()
    assert found.runs == row.runs


@pytest.mark.parametrize(
    "target",
    ["https://x\x1b\\evil", "javascript:alert(1)", "file:///etc/passwd", "https://\u202ex", "https://a b"],
)
def test_a_link_that_could_do_harm_is_plain_text(engine, target):
    row = Row((Run("a", 1), Run("link", 4, link=target), Run("b", 1, 2, link="https://x.y")))
    drawn = Painter(TRUE).row(row, 0, 40)
    (found,) = grid(shown(engine, drawn)).values()
    assert found.runs == (Run("alink", 5), Run("b", 1, 2, link="https://x.y"))


def test_a_row_replaces_what_stood_there(engine):
    painter = Painter(TRUE)
    drawn = shown(engine, painter.row(ROWS[3], 0, 40) + painter.row(ROWS[0], 0, 40))
    assert drawn.text().rstrip() == "plain red rgb"
    drawn.feed(painter.row(None, 0, 40).encode())
    assert drawn.text().strip() == ""


def test_a_window_of_a_row():
    row = Row((Run("0123456789", 10), Run("漢字漢字", 8), Run("end", 3)))
    painter = Painter({})

    def window(left, width):
        return re.sub(r"\x1b\[[0-9;]*[A-Za-z]|\r", "", painter.row(row, left, width))

    assert window(0, 5) == "01234"
    assert window(8, 4) == "89漢"
    assert window(9, 4) == "9漢 "
    assert window(11, 4) == " 字 "
    assert window(18, 10) == "end"
    assert window(30, 10) == ""


def test_colours_are_brought_down_where_the_terminal_has_256():
    row = Row((Run("x", 1, (255, 0, 0), (0, 0, 95)),))
    assert "38;5;196;48;5;17" in Painter({}).row(row, 0, 10)
    assert "38;2;255;0;0;48;2;0;0;95" in Painter(TRUE).row(row, 0, 10)


@pytest.mark.parametrize("bad", ["\x1b]52;c;eA==\x07", "\x9b31m", "a\u202eb", "\r\n", "\x00"])
def test_control_characters_in_a_cell_never_get_out(bad):
    drawn = Painter(TRUE).row(Row((Run(bad, len(bad)), Run("link", 4, link="file:///etc/passwd"))), 0, 80)
    rest = re.sub(r"\x1b\[[0-9;]*[mGK]", "", drawn[1:])
    assert rest.isprintable() and "passwd" not in drawn
    assert "\x1b]" not in drawn and "\u202e" not in drawn


def full(rows, *, columns=20, lines=10, cursor=None, history=0, **modes):
    return ScreenUpdate(
        columns=columns,
        lines=lines,
        rows={number: Row((Run(text, len(text)),)) for number, text in rows.items()},
        cursor=cursor or Cursor(),
        modes=Modes(**modes),
        history=history,
        full=True,
    )


def view(width=20, height=11):
    made = View(TRUE)
    made.resize(width, height)
    return made


def test_only_what_changed_is_drawn(engine):
    made = view()
    made.apply(full({0: "one", 1: "two"}))
    drawn = shown(engine, made.draw("status", mouse=False), 20, 11)
    assert drawn.text().split() == ["one", "two", "status"]
    assert made.draw("status", mouse=False) == ""
    made.apply(ScreenUpdate(columns=20, lines=10, rows={1: Row((Run("TWO", 3),))}))
    change = made.draw("status", mouse=False)
    assert "TWO" in change and "one" not in change and "status" not in change
    made.redraw()
    assert "one" in made.draw("status", mouse=False)


def test_a_full_update_leaves_nothing_of_the_rows_before(engine):
    made = view()
    made.apply(full({0: "one", 1: "two"}))
    drawn = shown(engine, made.draw("status", mouse=False), 20, 11)
    made.apply(full({0: "ONE"}))
    drawn.feed(made.draw("status", mouse=False).encode())
    assert drawn.text().split() == ["ONE", "status"]


def test_a_small_window_follows_the_cursor(engine):
    made = view(10, 5)
    rows = {number: f"{number:02}" + "." * 28 for number in range(30)}
    made.apply(full(rows, columns=30, lines=30, cursor=Cursor(2, 29)))
    drawn = shown(engine, made.draw("s", mouse=False), 10, 5)
    assert [line[:2] for line in drawn.text().split("\n")[:4]] == ["26", "27", "28", "29"]
    made.apply(ScreenUpdate(columns=30, lines=30, cursor=Cursor(25, 28)))
    assert made.left > 0
    drawn.feed(made.draw("s", mouse=False).encode())
    assert "26" not in drawn.text()
    made.apply(ScreenUpdate(columns=30, lines=30, cursor=Cursor(0, 3)))
    drawn.feed(made.draw("s", mouse=False).encode())
    assert [line[:2] for line in drawn.text().split("\n")[:4]] == ["03", "04", "05", "06"]


def test_going_back_shows_the_history(engine):
    made = view(20, 6)
    made.apply(full({number: f"s{number}" for number in range(5)}, lines=5, history=100, cursor=Cursor(0, 4)))
    start, count = made.go(3)
    assert (start, count) == (97, 3)
    made.remember(start, [Row((Run(f"h{number}", len(f"h{number}")),)) for number in range(97, 100)])
    drawn = shown(engine, made.draw("back", mouse=False), 20, 6)
    assert drawn.text().split() == ["h97", "h98", "h99", "s0", "s1", "back"]
    assert made.go(1 << 30) == (0, 5)
    assert made.go(-(1 << 30)) == (100, 0) and made.back == 0
    drawn.feed(made.draw("now", mouse=False).encode())
    assert drawn.text().split() == ["s0", "s1", "s2", "s3", "s4", "now"]


def test_the_mouse_is_asked_for_only_when_the_program_wants_it_and_may_have_it():
    made = view()
    made.apply(full({}, mouse="drag"))
    assert "1002h" not in made.draw("s", mouse=False)
    assert "\x1b[?1002h\x1b[?1006h" in made.draw("s", mouse=True)
    made.apply(full({}))
    assert "\x1b[?1002l" in made.draw("s", mouse=True)


def test_the_cursor_is_where_it_belongs_or_hidden():
    made = view()
    made.apply(full({}, cursor=Cursor(3, 4, True, "bar")))
    assert made.draw("s", mouse=False).endswith("\x1b[6 q\x1b[5;4H\x1b[?25h\x1b[?2026l")
    made.apply(full({}, cursor=Cursor(3, 4, False)))
    assert "\x1b[?25h" not in made.draw("s", mouse=False)


def test_a_status_that_is_too_long_or_hostile():
    made = view(20, 3)
    made.apply(full({}))
    drawn = made.draw(" main \x1b]0;x\x07 " + "y" * 100, mouse=False)
    assert "\x1b]" not in drawn and "…" in drawn
