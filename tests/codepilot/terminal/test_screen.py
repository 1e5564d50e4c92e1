import pytest

from codepilot.terminal.engines import available, new_engine
from codepilot.terminal.screen import Run, cell_texts, cell_width, drawn, nearest_index, palette_rgb


@pytest.mark.parametrize(
    ("cell", "shown"),
    [
        ("a", "a"),
        ("e\u0301", "e\u0301"),
        ("👩\u200d👩\u200d👧", "👩\u200d👩\u200d👧"),
        ("❤\ufe0f", "❤\ufe0f"),
        ("🇨🇿", "🇨🇿"),
        ("क्\u200dष", "क्\u200dष"),
        ("ی\u200c", "ی\u200c"),  # the next letter of the word stands in the next cell
        ("\u00ad", "-"),
        ("a\u00ad", "a"),
        ("a\u034f", "a"),
        ("b\u200c", "b"),
        ("c\u200d", "c"),
        ("👩\u200d", "👩"),
        ("d\U000e0041", "d"),
        ("e\U000e0042", "e"),
        ("a\u202e", "a"),
        ("a\x1b", "a"),
        ("\u115f", ""),
        ("\ud800", ""),
    ],
)
def test_what_is_drawn_of_a_cell(cell, shown):
    assert drawn(cell) == shown


def test_a_run_is_cut_into_its_cells():
    assert list(cell_texts(Run("ab", 2))) == [("a", 1), ("b", 1)]
    assert list(cell_texts(Run("日本", 4))) == [("日", 2), ("本", 2)]
    assert list(cell_texts(Run("e\u0301", 1))) == [("e\u0301", 1)]


def test_each_character_of_a_run_is_as_wide_as_its_cells_say():
    runs = [Run("ab", 2), Run("漢字", 4), Run("e\u0301", 1), Run("👩\u200d🚀", 2), Run("\t", 3)]
    assert [cell_width(run) for run in runs] == [1, 2, 1, 2, 3]
    for run in runs:
        assert {width for _, width in cell_texts(run)} == {cell_width(run)}


@pytest.mark.parametrize("name", available())
def test_the_cells_of_an_engine_hold_nothing_that_cannot_be_seen(name):
    engine = new_engine(40, 2, prefer=name)
    engine.feed("a\u034fb\u200cc\u200dd\U000e0041e\U000e0042 so\u00adft 👩\u200d👧 می\u200cخ".encode())
    update = engine.take_update(full=True)
    cells = [drawn(text) for run in update.rows[0].runs for text, _ in cell_texts(run)]
    assert "".join(cells) == "abcde so-ft 👩\u200d👧 می\u200cخ"
    engine.close()


def test_the_fixed_palette() -> None:
    assert palette_rgb(16) == (0, 0, 0)
    assert palette_rgb(208) == (255, 135, 0)
    assert palette_rgb(231) == (255, 255, 255)
    assert palette_rgb(232) == (8, 8, 8)
    assert palette_rgb(255) == (238, 238, 238)


def test_the_nearest_colour_of_the_palette() -> None:
    assert all(nearest_index(palette_rgb(index)) == index for index in range(16, 232))
    assert nearest_index((1, 2, 3)) == 16 and nearest_index((250, 130, 10)) == 208
