import pytest

from codepilot_tui.figures import change_text, signed


@pytest.mark.parametrize(
    ("figures", "said"),
    [
        ((3, 1), "+3 −1"),
        ((3, 0), "+3"),
        ((0, 1), "−1"),
        ((0, 0), "+0"),
        ((230_000, 1_204), "+230,000 −1,204"),
    ],
)
def test_lines_added_and_removed(figures, said):
    assert change_text(*figures) == said == " ".join(part for part in signed(*figures) if part)
