"""What a bar leaves out where it is narrow."""

from rich.style import Style

from codepilot_tui.widgets.bar import Part, fitting

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
