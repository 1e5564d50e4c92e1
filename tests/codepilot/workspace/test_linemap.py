"""Line numbers carried over the edits of a block, against a model that tracks each line by its identity."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from codepilot.workspace.linemap import LineMap, Overlap


def test_numbers_follow_edits_above():
    lines = LineMap(10)
    lines.splice(1, 3, 5)  # 2–3 became five lines
    assert lines.span(1, 1) == (0, 1)
    assert lines.span(4, 6) == (6, 9)
    assert lines.gap(10) == 13
    lines.splice(6, 9, 0)  # 4–6 are gone
    assert lines.span(7, 10) == (6, 10)


@pytest.mark.parametrize(("start", "end"), [(2, 2), (3, 3), (1, 2), (3, 4), (1, 10)])
def test_edited_lines_are_refused(start, end):
    lines = LineMap(10)
    lines.splice(1, 3, 5)
    with pytest.raises(Overlap, match="already edited"):
        lines.span(start, end)


def test_nothing_is_replaced_around_an_insertion():
    lines = LineMap(4)
    lines.splice(2, 2, 1, after=2)
    with pytest.raises(Overlap):
        lines.span(2, 3)
    assert lines.span(1, 2) == (0, 2)
    assert lines.span(3, 4) == (3, 5)


def test_insertions_after_one_line_stand_in_the_order_of_the_calls():
    lines = LineMap(3)
    assert lines.gap(0) == 0
    lines.splice(0, 0, 2, after=0)
    assert lines.gap(0) == 2
    lines.splice(2, 2, 1, after=0)
    assert (lines.gap(0), lines.gap(1)) == (3, 4)


def test_insertion_after_an_edited_line_is_refused_and_before_it_is_not():
    lines = LineMap(3)
    lines.splice(1, 2, 1)
    with pytest.raises(Overlap):
        lines.gap(2)
    assert lines.gap(1) == 1
    assert lines.gap(3) == 3


@given(st.integers(0, 12), st.data())
def test_against_named_lines(total, data):
    """Every shown line has a name; after any edits a number must still find that name, or be refused."""
    lines = LineMap(total)
    text = [f"shown {n}" for n in range(1, total + 1)]
    for turn in range(data.draw(st.integers(0, 6))):
        new = [f"turn {turn}"] * data.draw(st.integers(0, 3))
        if total and data.draw(st.booleans()):
            start = data.draw(st.integers(1, total))
            end = data.draw(st.integers(start, total))
            wanted = [f"shown {n}" for n in range(start, end + 1)]
            try:
                at, to = lines.span(start, end)
            except Overlap:
                assert not any(text[i : i + len(wanted)] == wanted for i in range(len(text)))
                continue
            assert text[at:to] == wanted
            text[at:to] = new
            lines.splice(at, to, len(new))
        else:
            after = data.draw(st.integers(0, total))
            try:
                at = lines.gap(after)
            except Overlap:
                assert after and f"shown {after}" not in text
                continue
            if after:
                assert f"shown {after}" in text[:at]
                assert all(
                    not name.startswith("shown") for name in text[text.index(f"shown {after}") + 1 : at]
                )
            text[at:at] = new
            lines.splice(at, at, len(new), after=after)
