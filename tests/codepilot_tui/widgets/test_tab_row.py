import pytest

from codepilot_tui.bench.tabs import OpenSession, labels
from codepilot_tui.theme import load_theme
from codepilot_tui.widgets.tab_row import tab_row

MADE = labels(
    [
        OpenSession("inventory", "Fix it", "working", 4),
        OpenSession("docs", "Write it", "asks", 2),
        OpenSession("api", "Look"),
    ],
    shown=0,
)


def test_the_row_names_each_session_and_what_its_agent_does():
    row = str(tab_row(MADE, 80, load_theme("dusk")))
    assert row.split() == ["1", "inventory", "●", "step", "4", "2", "docs", "?", "asks", "3", "api", "○"]


@pytest.mark.parametrize("width", [160, 80, 40, 30, 20])
def test_the_row_is_as_wide_as_asked_and_the_one_that_is_shown_keeps_its_name(width):
    made = tab_row(MADE, width, load_theme("dusk"))
    assert made.rows[0].cell_length == width
    if width >= 30:
        assert "inventory" in str(made) and {place.name for place in made.places} == {"1", "2", "3"}


def test_each_tab_is_a_place_to_click():
    made = tab_row(MADE, 80, load_theme("dusk"))
    text = str(made)
    assert made.at(0, text.index("docs")) == "2" and made.at(0, text.index("api")) == "3"
