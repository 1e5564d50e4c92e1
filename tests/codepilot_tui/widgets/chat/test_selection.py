"""What is marked with the mouse is copied as it was written."""

import pytest
from rich.style import Style
from textual.geometry import Offset
from textual.selection import Selection

from codepilot_tui.theme import load_theme
from codepilot_tui.transcript import AgentTurn, Prose
from codepilot_tui.widgets.chat.items import Look
from codepilot_tui.widgets.chat.lines import label, line
from codepilot_tui.widgets.chat.rows import ChatRows
from codepilot_tui.widgets.chat.selection import clicked, lit, selected_text

TOKENS = load_theme("dusk")
CODE = "def remove(self, code, quantity):\n    return self.items[code]  # how many are left there now"


def copied(text, width=40, start=None, end=None):
    rows = ChatRows(lambda width: Look(width, TOKENS))
    rows.resize(width, 60)
    rows.update(
        [
            Prose(id=1, at=0, text=text, streaming=False),
            AgentTurn(id=2, at=0, name="B", step=2, max_steps=9, named=False),
            Prose(id=3, at=0, text="the end", streaming=False),
        ],
        (),
    )
    rows.settle()
    return selected_text(Selection(start, end), rows.total, rows.line)


@pytest.mark.parametrize("width", [16, 24, 33, 80])
def test_at_any_width_it_is_the_text(width):
    """No bars, no breaks that the width made, no names of languages, no numbers of steps; blanks as they were."""
    text = f"one two  three four five six seven eight\n\n```python\n{CODE}\n```\n\n- item " + "x" * 50
    assert copied(text, width) == (
        f"one two  three four five six seven eight\n\n{CODE}\n\n• item {'x' * 50}\nthe end"
    )


def test_lists_keep_their_signs_and_their_order():
    text = "1. one\n2. two and some words more that wrap\n   - under it\n\n> - said\n"
    assert copied(text, 24) == (
        "1. one\n2. two and some words more that wrap\n   • under it\n\n• said\nthe end"
    )


def test_a_part_of_it():
    assert copied("one two three four", 80, Offset(3 + 4, 0), Offset(3 + 13, 0)) == "two three"
    assert copied("one two three four five six", 20, Offset(0, 0), Offset(3 + 3, 1)) == "one two three fou"


def lit_text(made, span):
    strip = lit(made.strip, made, span, Style(reverse=True))
    assert strip.text == made.strip.text
    return [segment.text for segment in strip if segment.style and segment.style.reverse]


def test_only_what_is_marked_is_lit():
    assert lit_text(line([]), (0, -1)) == []
    assert lit_text(line([("日本語 abc", Style.null())]), (1, 4)) == ["本語 "]


def test_decoration_is_never_lit():
    """Bars, the pad of a code block, the name of a language: none of it is text."""
    barred = line([(" ▍ ", Style(bold=True)), ("words", Style.null())], 3)
    assert lit_text(barred, (0, -1)) == ["words"] and lit_text(barred, (0, 2)) == []
    code = line([(" x = 1   ", Style.null())], 1)
    code.pad = 3
    assert lit_text(code, (0, -1)) == ["x = 1"]
    assert lit_text(label([(" python ", Style.null())]), (0, -1)) == []


def clicked_text(text, clicks, row, column, width=40):
    rows = ChatRows(lambda width: Look(width, TOKENS))
    rows.resize(width, 60)
    rows.update([Prose(id=1, at=0, text=text, streaming=False)], ())
    rows.settle()
    selection = clicked(clicks, row, column, rows.total, rows.line)
    return None if selection is None else selected_text(selection, rows.total, rows.line)


@pytest.mark.parametrize(
    ("text", "column", "word"),
    [
        ("see src/app.py:12, please", 5, "see"),
        ("see src/app.py:12, please", 10, "src/app.py:12"),
        ("see src/app.py:12, please", 20, ","),
        ("漢字 and", 4, "漢字"),
        ("one  two", 7, "  "),
        ("one", 1, None),  # the bar
        ("one", 30, None),
    ],
)
def test_a_double_click_selects_a_word(text, column, word):
    assert clicked_text(text, 2, 0, column) == (word.rstrip() if word else word)


def test_a_triple_click_selects_the_line_as_it_was_written():
    text = "one two three four five six seven\n\nnext"
    for row in (0, 1, 2):
        assert clicked_text(text, 3, row, 6, width=20) == "one two three four five six seven"
    assert clicked_text(text, 3, 4, 6, width=20) == "next"
