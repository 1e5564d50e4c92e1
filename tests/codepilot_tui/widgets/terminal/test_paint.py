from rich.cells import cell_len
from rich.color import Color
from rich.style import Style

from codepilot.terminal import screen
from codepilot.terminal.screen import Row, Run
from codepilot_tui.widgets.terminal.cells import link_at
from codepilot_tui.widgets.terminal.paint import Painter, Palette, fitted


def painter() -> Painter:
    base = Style(color="#ffffff", bgcolor="#000000")
    return Painter(Palette(base, (Color.parse("#112233"),) * 16, Color.parse("red"), Color.parse("blue")))


def test_text_is_made_to_fit_its_cells() -> None:
    for run in (
        Run("plain", 5),
        Run("日本", 4),
        Run("e\u0301", 1),
        Run("👩\u200d👧", 2),
        Run("a\x1bb", 3),
        Run("\u202e", 1),
        Run("\u0301", 1),
        Run("日", 1),
        Run("x", 2),
        Run("❤\ufe0f", 2),
        Run("a\u202e", 1),
        Run("🇨🇿", 2),
    ):
        text = fitted(run)
        assert cell_len(text) == run.width, run
        assert not any(character in text for character in "\x1b\u202e"), run
    assert fitted(Run("a\u202e", 1)) == "a"


def test_what_cannot_be_seen_is_not_drawn() -> None:
    assert fitted(Run("so\u00adft", 5)) == "so-ft"
    for hidden in "\u034f\u200c\u200d\U000e0041\U000e0042":
        assert fitted(Run(f"a{hidden}", 1)) == "a"


def test_the_underlines_and_the_blinking_that_rich_can_draw() -> None:
    made = painter()
    looks = [
        made.style(Run("x", 1, attributes=bits))
        for bits in (
            0,
            screen.UNDERLINE,
            screen.UNDERLINE | screen.DOUBLE,
            screen.UNDERLINE | screen.CURLY,
            screen.BLINK,
        )
    ]
    assert [(bool(look.underline), bool(look.underline2), bool(look.blink)) for look in looks] == [
        (False, False, False),
        (True, False, False),
        (False, True, False),
        (True, False, False),
        (False, False, True),
    ]


def test_a_cursor_past_the_end_of_the_row() -> None:
    made = painter()
    row = Row((Run("ab", 2),))
    strip = made.with_cursor(made.strip(row), row, 5, "block", made.palette.cursor)
    assert strip.text == "ab    " and strip.cell_length == 6


def test_links_are_found_by_column() -> None:
    row = Row((Run("日", 2), Run("link", 4, link="https://x.y")))
    assert [link_at(row, x) for x in (0, 1, 2, 5, 6)] == ["", "", "https://x.y", "https://x.y", ""]
