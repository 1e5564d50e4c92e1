from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len
from rich.style import Style

from codepilot.text import clean
from codepilot_tui.widgets.chat.lines import cells, cut, fold, halves, line, pick, prefixed, wrap

PLAIN = Style.null()
BOLD = Style(bold=True)


def texts(lines):
    return [each.strip.text for each in lines]


def test_words_are_kept_whole():
    assert texts(wrap([("the quick brown fox", PLAIN)], 10)) == ["the quick", "brown fox"]


def test_a_word_in_two_styles_is_one_word():
    rows = wrap([("aaa b", PLAIN), ("bb", BOLD), ("b ccc", PLAIN)], 8)
    assert texts(rows) == ["aaa bbbb", "ccc"]
    assert [segment.text for segment in rows[0].strip if segment.style and segment.style.bold] == ["bb"]


def test_a_long_word_is_broken():
    assert texts(wrap([("see " + "x" * 12, PLAIN)], 5)) == ["see", "xxxxx", "xxxxx", "xx"]


def test_wide_characters_count_two():
    assert texts(wrap([("日本語です", PLAIN)], 4)) == ["日本", "語で", "す"]


def test_wrapped_rows_know_that_they_go_on():
    joints = [each.joint for each in wrap([("aa  bb\nccc d", PLAIN)], 2)]
    assert joints == [None, "  ", None, "", " "]


def test_source_keeps_its_blanks():
    assert texts(fold([("    a  b", PLAIN)], 6)) == ["    a ", " b"]


def test_a_prefix_is_no_text():
    (row,) = prefixed([line([("abc", PLAIN)])], [("▍ ", BOLD)])
    assert row.strip.text == "▍ abc"
    assert row.text == "abc"


def test_both_edges():
    spans = halves([("left", PLAIN)], [("right", PLAIN)], 20)
    assert "".join(text for text, _ in spans) == "left" + " " * 11 + "right"
    spans = halves([("l" * 30, PLAIN)], [("right", PLAIN)], 20)
    assert "".join(text for text, _ in spans) == "l" * 12 + "…" + "  right"


def test_a_piece_of_spans():
    assert pick([("abc", PLAIN), ("def", BOLD)], 2, 5) == [("c", PLAIN), ("de", BOLD)]


WORDS = st.text(alphabet="ab 日é👩‍💻\u0301x-", max_size=40).map(clean)  # what is drawn was cleaned


@given(WORDS, st.integers(2, 12))
def test_no_row_is_too_wide_and_nothing_but_blanks_is_lost(text, width):
    rows = wrap([(text, PLAIN)], width)
    assert all(row.strip.cell_length <= width for row in rows)
    assert "".join("".join(texts(rows)).split()) == "".join(text.split())


@given(WORDS, st.integers(2, 12))
def test_folding_keeps_every_character(text, width):
    rows = fold([(text, PLAIN)], width)
    assert "".join(texts(rows)) == text
    assert all(row.strip.cell_length <= width for row in rows)


@given(WORDS, st.integers(1, 12))
def test_cutting_fits(text, width):
    assert cell_len(cut(text, width)) <= max(width, 1)


@given(WORDS, WORDS, st.integers(3, 40))
def test_halves_fit(left, right, width):
    spans = halves([(left, PLAIN)], [(right, PLAIN)], width)
    assert sum(cells(text) for text, _ in spans) <= width


def test_short_words_leave_all_the_room_to_what_stands_at_the_other_edge():
    spans = halves([("Stopped", PLAIN)], [("x" * 60, PLAIN)], 80)
    assert "".join(text for text, _ in spans).endswith("x" * 60)
