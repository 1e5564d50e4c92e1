import pytest
from hypothesis import given
from hypothesis import strategies as st

from codepilot_tui.widgets.heights import Heights

HEIGHTS = st.lists(st.integers(0, 40), min_size=1, max_size=60)


def stands_on(heights, row):
    """The same, counted one by one."""
    for index, height in enumerate(heights):
        if row < height:
            return index, row
        row -= height
    raise AssertionError


@given(HEIGHTS, st.data())
def test_it_is_what_counting_one_by_one_gives_after_any_corrections(heights, data):
    tree = Heights(heights)
    for _ in range(data.draw(st.integers(0, 20))):
        index = data.draw(st.integers(0, len(heights) - 1))
        heights[index] = tree[index] = data.draw(st.integers(0, 40))
    assert tree.total == sum(heights) and len(tree) == len(heights)
    for index in range(len(heights)):
        assert tree[index] == heights[index] and tree.start(index) == sum(heights[:index])
    for row in range(tree.total):
        assert tree.find(row) == stands_on(heights, row)


def test_a_row_outside_is_the_first_or_the_last():
    tree = Heights([2, 0, 3])
    assert tree.find(-5) == (0, 0) and tree.find(99) == (2, 2) and tree.find(2) == (2, 0)


def test_without_rows_there_is_nothing_to_find():
    with pytest.raises(IndexError):
        Heights([0, 0]).find(0)
