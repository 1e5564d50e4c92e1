"""The small parts under the chat: where items stand, what is kept of their drawings, the cursor, the pace, the paint."""

from rich.style import Style

from codepilot_tui.theme import load_theme
from codepilot_tui.transcript import AgentTurn, Prose, UserTurn
from codepilot_tui.widgets.chat.cache import Drawings
from codepilot_tui.widgets.chat.cursor import Cursor
from codepilot_tui.widgets.chat.layout import Layout
from codepilot_tui.widgets.chat.lines import line
from codepilot_tui.widgets.chat.painting import PLAIN, Over, Painter, marker
from codepilot_tui.widgets.chat.throttle import FRAME, Frames

TOKENS = load_theme("dusk")
GROUND = TOKENS.style("ink", "ground")


def prose(number, rows=1):
    return Prose(id=number, at=0, text="\n\n".join(["x"] * rows))


def laid_out(*heights):
    layout = Layout(40)
    for number, height in enumerate(heights, 1):
        layout.add(prose(number))
        layout.measured(number - 1, height)
    return layout


# -- layout --


def test_rows_follow_from_heights():
    layout = laid_out(2, 3, 1)
    assert layout.rows == 6 and [layout.top(index) for index in range(4)] == [0, 2, 5, 6]
    assert [layout.at(row) for row in (0, 1, 2, 4, 5, 6, 99)] == [0, 0, 1, 1, 2, 2, 2]
    layout.measured(0, 5)
    assert layout.rows == 9 and layout.at(4) == 0 and layout.top(2) == 8
    assert layout.index_of(3) == 2 and layout.index_of(99) is None


def test_what_is_hidden_holds_no_row():
    layout = laid_out(2, 0, 0, 1)
    assert layout.rows == 3 and layout.at(2) == 3


def test_another_width_makes_all_heights_estimates():
    layout = laid_out(7, 7)
    layout.resize(20)
    assert not layout[0].exact and layout[0].height == 1
    layout[0].item.text = "word " * 40
    layout.changed(0)
    assert layout[0].height > 5, "an estimate follows the item"
    layout.measured(0, 3)
    layout.changed(0)
    assert layout[0].height == 3, "what was measured stays until it is drawn"


# -- cache --


def test_a_drawing_is_made_anew_for_each_thing_it_depends_on():
    drawn = []
    drawings = Drawings(lambda item, width, fold, markdown: drawn.append((width, fold)) or [line(())])
    item = prose(1)
    drawings.lines(item, 40, "auto", "dusk")
    drawings.lines(item, 40, "auto", "dusk")
    assert len(drawn) == 1
    drawings.lines(item, 30, "auto", "dusk")
    drawings.lines(item, 30, "open", "dusk")
    drawings.lines(item, 30, "open", "paper")
    item.version += 1
    drawings.lines(item, 30, "open", "paper")
    assert drawn == [(40, "auto"), (30, "auto"), (30, "open"), (30, "open"), (30, "open")]


def test_the_drawing_that_was_not_used_for_longest_goes_first():
    drawings = Drawings(lambda item, width, fold, markdown: [line([(str(item.id), Style.null())])], kept=2)
    for number in (1, 2, 1, 3):
        drawings.lines(prose(number), 40, "auto")
    assert len(drawings) == 2
    assert [bool(drawings.peek(prose(number))) for number in (1, 2, 3)] == [True, False, True]
    drawings.forget()
    assert len(drawings) == 0


# -- cursor --


def walk(*items):
    layout = Layout(40)
    for item in items:
        layout.add(item)
    return Cursor(layout, lambda index: [line(())] * layout[index].height)


def test_the_cursor_passes_over_heads_and_what_is_hidden():
    hidden = prose(3)
    hidden.hidden = True
    head = AgentTurn(id=2, at=0, name="B", step=2, max_steps=9, named=False)
    cursor = walk(prose(1), head, hidden, prose(4))
    assert (cursor.next_to(-1, 1), cursor.next_to(0, 1), cursor.next_to(3, -1), cursor.next_to(3, 1)) == (
        0,
        3,
        0,
        None,
    )


def test_the_first_step_comes_to_what_is_in_view():
    cursor = walk(*(prose(number) for number in range(1, 30)))
    assert cursor.step(1, 10, 5) == 10 and cursor.index == 11, "down: from the first item in view"
    cursor.index = None
    cursor.step(-1, 10, 5)
    assert cursor.index == 13, "up: from the last"
    cursor.index = 28
    cursor.come_into_view(0, 5)
    assert cursor.index == 4, "left behind, it comes along"


def test_the_cursor_scrolls_at_the_edges():
    cursor = walk(*(prose(number) for number in range(1, 30)))
    cursor.index = 14
    assert cursor.step(1, 10, 5) == 11 and cursor.step(-1, 15, 5) == 14
    cursor.index = 28
    assert cursor.step(1, 24, 5) == 25, "at the last item the view still moves"


def test_the_cursor_goes_from_prompt_to_prompt():
    cursor = walk(UserTurn(id=1, at=0, text="a"), prose(2), UserTurn(id=3, at=0, text="b"), prose(4))
    assert cursor.to_prompt(-1, 0, 20) == cursor._layout.top(2) and cursor.index == 2
    assert cursor.to_prompt(-1, 0, 20) == 0 and cursor.index == 0
    assert cursor.to_prompt(-1, 0, 20) == 0 and cursor.index == 0, "there is none before"
    assert walk().step(1, 0, 20) == 0, "nothing to stand on"


# -- frames --


class Later:
    def __init__(self):
        self.asked = []

    def __call__(self, delay, call):
        self.asked.append((delay, call))
        return object()


def test_a_single_change_is_drawn_at_once_and_a_stream_by_frames():
    drawn, later = [], Later()
    frames = Frames(lambda: drawn.append(1), later)
    frames.want()
    assert drawn == [1] and not frames.waiting
    for _ in range(100):
        frames.want()
    assert drawn == [1] and frames.waiting
    ((delay, call),) = later.asked
    assert 0 < delay <= FRAME
    call()
    assert drawn == [1, 1] and not frames.waiting
    frames.want(now=True)
    assert drawn == [1, 1, 1]


# -- painting --


def painted(text, over, row=7, width=20):
    painter = Painter()
    painter.begin(GROUND, TOKENS)
    return painter.paint(line([(text, Style.null())]), row, width, over, Style(reverse=True))


def test_a_plain_row_fills_the_pane():
    strip = painted("   words", PLAIN)
    assert strip.text == "   words".ljust(20) and strip.cell_length == 20


def test_the_cursor_is_a_bar_and_a_plane():
    for cursor, plane in (("first", "raised"), ("further", "ground")):
        strip = painted("   words", Over(cursor=cursor))
        assert strip.text == "▎  words".ljust(20)
        assert {segment.style.bgcolor.name for segment in strip} == {TOKENS[plane]}


def test_the_marker_lies_over_the_last_row():
    strip = painted("   a row of many words", Over(unseen=14))
    assert marker(14) == " ▼ 14 new " and strip.text.endswith(" ▼ 14 new   ") and strip.cell_length == 20
    assert painted("   words", Over(unseen=14), width=8).text == "   words", "no room for it"


def test_marked_text_is_lit_under_the_cursor_too():
    strip = painted("   words", Over(cursor="first", span=(3, 5)))
    assert [segment.text for segment in strip if segment.style.reverse] == ["wo"]


def test_what_is_kept_is_let_go():
    painter = Painter(kept=3)
    lines = [line([(str(number), Style.null())]) for number in range(5)]
    for each in lines:
        painter.begin(GROUND, TOKENS)
        painter.paint(each, 0, 10, PLAIN, Style.null())
    assert lines[0]._painted is None and lines[-1]._painted is not None
    assert painter.blank(None, 10).text == " " * 10
