"""Properties of word marks and of the pairing of lines."""

from hypothesis import given
from hypothesis import strategies as st

from codepilot.diff_words import pair_lines, word_marks

lines = st.lists(st.sampled_from(["a", "b", "c", "", "  x", "def f():", "\x0c", "\u2028", "é"]), max_size=30)
texts = st.builds(" ".join, lines)


@given(texts, texts)
def test_word_marks_lie_in_the_lines_and_leave_equal_rests(old, new):
    spans_old, spans_new = word_marks(old, new)

    def rest(line, spans):
        out, last = [], 0
        for start, end in spans:
            assert last <= start < end <= len(line)
            out.append(line[last:start])
            last = end
        return "".join([*out, line[last:]])

    assert rest(old, spans_old) == rest(new, spans_new)


def test_word_marks_of_a_call():
    assert word_marks("x = foo(a, b)", "x = bar(a, b, c)") == ([(4, 7)], [(4, 7), (12, 15)])


@given(lines, lines)
def test_pairs_name_every_line_once_and_in_order(old, new):
    rows = pair_lines(old, new)
    assert [i for i, _ in rows if i is not None] == list(range(len(old)))
    assert [j for _, j in rows if j is not None] == list(range(len(new)))


def test_similar_lines_stand_opposite():
    rows = pair_lines(["total = count + 1"], ["# note", "import os", "total = count + 2"])
    assert rows == [(None, 0), (None, 1), (0, 2)]


def test_endless_lines_are_not_compared_word_by_word():
    old, new = "word " * 100_000, "word " * 99_999 + "other "
    assert word_marks(old, new) == ([(0, len(old))], [(0, len(new))])
    assert word_marks("", old)[0] == []
    assert pair_lines([old, "a"], [new, "a"]) == [(0, 0), (1, 1)]
