"""What a bar leaves out where it is narrow, and which of its parts takes a click."""

import pytest
from rich.style import Style
from textual.app import App

from codepilot_tui.theme import install_themes
from codepilot_tui.widgets.bar import Bar, Part, fitting

PLAIN = Style.null()


def part(text, rank):
    return Part(((text, PLAIN),) if text else (), rank)


def words(parts):
    return [piece.spans[0][0] for piece in parts]


def test_the_highest_rank_goes_first_and_the_order_stays():
    parts = [part("aaaa", 3), part("bbbb", 0), part("cccc", 5), part("dddd", 1)]
    assert words(fitting(parts, 25, 3)) == ["aaaa", "bbbb", "cccc", "dddd"]
    assert words(fitting(parts, 24, 3)) == ["aaaa", "bbbb", "dddd"]
    assert words(fitting(parts, 11, 3)) == ["bbbb", "dddd"]


def test_what_has_rank_nought_and_the_last_one_stay():
    assert words(fitting([part("aaaa", 0), part("bbbb", 0)], 3, 3)) == ["aaaa", "bbbb"]
    assert words(fitting([part("aaaa", 9)], 1, 3)) == ["aaaa"]


def test_empty_parts_take_no_gap():
    assert words(fitting([part("", 0), part("aaaa", 1)], 4, 3)) == ["aaaa"]


class Clicked(App):
    """A bar of a part without a name, a gap and two parts with one."""

    def __init__(self):
        super().__init__()
        install_themes(self)
        self.got = []

    def compose(self):
        class Three(Bar):
            def _draw(self, width, tokens):
                named = [Part((("cd", PLAIN), ("漢", PLAIN)), 0, "one"), Part((("e", PLAIN),), 0, "two")]
                return [part("ab", 0), (" ", PLAIN), *named]

        yield Three()

    def on_action_clicked(self, message):
        self.got.append(message.action)


@pytest.mark.parametrize(
    ("column", "button", "got"),
    [
        *((column, 1, []) for column in (0, 1, 2, 8)),
        *((column, 1, ["one"]) for column in (3, 6)),
        (7, 1, ["two"]),
        (7, 3, []),
    ],
)
async def test_a_click_is_for_the_part_under_it_that_has_a_name(column, button, got):
    app = Clicked()
    async with app.run_test(size=(20, 3)) as pilot:
        await pilot.click(Bar, offset=(column, 0), button=button)
        assert app.got == got
