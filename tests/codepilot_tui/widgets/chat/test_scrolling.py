"""The window onto the chat, without a widget: what is in view, and what stays there."""

from hypothesis import given, settings
from hypothesis import strategies as st

from codepilot_tui.theme import load_theme
from codepilot_tui.transcript import CallLine, Prose, UserTurn
from codepilot_tui.widgets.chat.cache import Drawings
from codepilot_tui.widgets.chat.items import Look, draw
from codepilot_tui.widgets.chat.layout import Layout
from codepilot_tui.widgets.chat.scrolling import Viewport

TOKENS = load_theme("dusk")


class Pane:
    """A viewport on real items, and what it shows."""

    def __init__(self, width, height):
        self.drawings = Drawings(
            lambda item, width, fold, markdown: draw(item, Look(width, TOKENS), fold, markdown)
        )
        self.layout = Layout(width)
        self.view = Viewport(self.layout, self.lines)
        self.view.height = height
        self.count = 0

    def lines(self, index):
        entry = self.layout[index]
        drawn = self.drawings.lines(entry.item, self.layout.width, entry.fold)
        self.layout.measured(index, len(drawn))
        return drawn

    def add(self, words):
        self.count += 1
        text = " ".join(f"{self.count}x{number}" for number in range(words))
        kind = self.count % 3
        item = (
            UserTurn(id=self.count, at=0, text=text)
            if kind == 0
            else Prose(id=self.count, at=0, text=text, streaming=False)
            if kind == 1
            else CallLine(id=self.count, at=0, call_id="c", tool="execute", label=text, state="ok")
        )
        self.layout.add(item)
        self.view.settle()

    def resize(self, width, height):
        self.view.rewrap(width, lambda index: self.drawings.peek(self.layout[index].item))
        self.view.height = height
        self.view.settle()

    def line(self, row):
        index = self.layout.at(row)
        return self.lines(index)[row - self.layout.top(index)]

    def shown(self):
        """The rows in view as text."""
        top = self.view.top
        return [
            self.line(row).strip.text for row in range(top, min(top + self.view.height, self.layout.rows))
        ]


def filled(width=40, height=10, items=(30, 50, 12, 90, 3, 70, 25)):
    pane = Pane(width, height)
    for words in items:
        pane.add(words)
    return pane


def test_at_the_end_it_follows():
    pane = filled()
    assert pane.view.following and pane.view.top == pane.layout.rows - 10
    before = pane.layout.rows
    pane.add(40)
    assert pane.view.top == pane.layout.rows - 10 > before - 10


def test_scrolled_up_it_stays():
    pane = filled()
    pane.view.scroll_to(3)
    before = pane.shown()
    pane.add(40)
    assert pane.shown() == before and not pane.view.following


def test_an_item_above_that_grows_moves_nothing():
    pane = filled()
    pane.view.scroll_to(pane.layout.top(4))
    before = pane.shown()
    item = pane.layout[2].item
    item.text += " more" * 60
    item.version += 1
    pane.lines(2)
    pane.view.settle()
    assert pane.shown() == before


def test_holding_keeps_the_end_where_it_is():
    pane = filled()
    before = pane.shown()
    pane.view.hold()
    pane.layout.add(UserTurn(id=99, at=0, text="more\n" * 9))
    pane.view.settle()
    assert pane.shown() == before and not pane.view.following
    pane.view.follow()
    assert pane.view.following and pane.shown()[-1].endswith("more")


def test_an_empty_chat_has_no_rows():
    pane = Pane(40, 10)
    assert pane.view.settle() == 0 and pane.view.scroll_to(5) == 0 and pane.shown() == []
    pane.resize(20, 5)
    assert pane.shown() == []


SIZES = st.tuples(st.integers(16, 140), st.integers(2, 40))
MOVES = st.one_of(
    st.tuples(st.just("scroll"), st.floats(0, 1)),
    st.tuples(st.just("resize"), SIZES),
    st.tuples(st.just("add"), st.integers(1, 120)),
)


@settings(max_examples=150, deadline=None)
@given(SIZES, st.lists(MOVES, max_size=14))
def test_every_width_is_used_and_the_first_words_stay(size, moves):
    """Whatever happens in whatever order: rows are made for the width that there is, none left over from another."""
    pane = filled(*size)
    read: list[str] = []  # the first words in view, since somebody chose the place
    for kind, value in moves:
        following = pane.view.following
        if kind == "resize":
            pane.resize(*value)
            assert pane.view.following or not following
            if not pane.view.following:
                assert not read or read[0] in pane.shown()[0].split()
        elif kind == "scroll":
            pane.view.scroll_to(round(pane.layout.rows * value))
        else:
            pane.add(value)
        if kind == "scroll" or pane.view.following:
            row = pane.shown()[0]
            read = [] if "execute" in row else row.removeprefix(" ▍").split()  # a call's label is cut
        assert_made_for_the_width(pane)
        assert pane.view.top == max(0, min(pane.view.top, pane.layout.rows - pane.view.height))
        if pane.view.following:
            assert pane.view.top == max(0, pane.layout.rows - pane.view.height)


def assert_made_for_the_width(pane):
    width = pane.layout.width
    room = min(width - 4, 100)
    top = pane.view.top
    rows = range(top, min(top + pane.view.height, pane.layout.rows))
    for row in rows:
        here = pane.line(row)
        assert here.strip.cell_length <= width
        following = pane.line(row + 1) if row + 1 < pane.layout.rows else None
        if following is not None and following.joint is not None:
            word = following.text.split()[0]
            assert len(here.text) + 1 + len(word) > room, "the row was broken before its edge"
