import pytest

from codepilot_tui.docks.dock_rows import ChipRows, HeadRow, is_chord
from codepilot_tui.docks.paint import Choice, Head, chips
from codepilot_tui.theme import load_theme

TOKENS = load_theme("dusk")


@pytest.mark.parametrize("key", ["ctrl+c", "alt+enter", "super+k", "meta+x", "f1", "f12", "ctrl+x"])
def test_keys_that_are_held_and_f_keys_are_chords(key):
    assert is_chord(key)


@pytest.mark.parametrize("key", ["f", "y", "enter", "ctrl+j", "ctrl+m", "escape", "full_stop", "fx"])
def test_keys_that_type_are_none(key):
    assert not is_chord(key)


def test_the_head_row_paints_its_head():
    row = HeadRow(Head(title="Run this?", detail="main", state="ready"))
    assert str(row.picture(40, TOKENS)).startswith(" Run this?   main")


def test_the_answers_are_painted_and_can_be_clicked():
    rows = ChipRows(
        lambda width, tokens: chips((Choice("y", "allow"),), (("F5", "all"),), width, tokens, state="ready")
    )
    picture = rows.picture(60, TOKENS)
    named = {place.name for place in picture.places}
    assert "y" in named and "F5" in named
