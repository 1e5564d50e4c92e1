import pytest

from codepilot_tui.theme import load_theme
from codepilot_tui.widgets.foot import foot_row, key_of


@pytest.mark.parametrize(
    ("width", "text"),
    [
        (80, "  ↑ ↓ move   Enter open   Esc back"),
        (30, "  ↑ ↓ move   Esc back"),
        (14, "  Esc back"),
        (6, "  Esc…"),
    ],
)
def test_the_last_key_stays_on_the_narrowest_screen(width, text):
    picture = foot_row(
        (("↑ ↓", "move"), ("Enter", "open"), ("Esc", "back")), width, load_theme("dusk"), plane="raised"
    )
    assert str(picture).rstrip() == text


@pytest.mark.parametrize(
    ("label", "key"),
    [("F5", "f5"), ("w", "w"), (", .", "full_stop"), ("↑ ↓", "down"), ("→ ←", "right"), ("Esc", "escape")],
)
def test_a_click_on_a_label_is_the_key_that_goes_on(label, key):
    assert key_of(label) == key
