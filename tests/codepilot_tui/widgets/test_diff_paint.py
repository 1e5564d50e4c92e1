"""The colours of source text in a difference, also where the file is too large to be coloured while it is drawn."""

import pytest

from codepilot_tui.theme import load_theme
from codepilot_tui.widgets.diff_paint import COLOURED_AT_ONCE, DiffPainter, Look, diff_strips
from codepilot_tui.widgets.diff_rows import DiffDocument, layout

TOKENS = load_theme("dusk")
LINE = "def name(value):\n    return value\n"
LARGE = LINE * (COLOURED_AT_ONCE // len(LINE) + 100)


def inks(strips, word):
    """The colours in which a word is drawn."""
    return {
        segment.style.color for strip in strips for segment in strip if segment.style and segment.text == word
    }


@pytest.mark.parametrize("text", [LINE * 20, LARGE], ids=["small", "large"])
def test_an_excerpt_of_a_large_file_has_colours_too(text):
    after = text.replace("return value", "return value + 1", 1)
    strips = diff_strips(text, after, "a.py", 80, TOKENS, limit=40)
    assert inks(strips, "def") | inks(strips, "return") == {TOKENS.style("syntax-keyword").color}


def test_lines_that_are_coloured_already_have_the_colours_of_the_whole_file():
    text = '"""\n' + "def in_a_docstring():\n" * (COLOURED_AT_ONCE // 20) + '"""\n'
    document = DiffDocument(text, text.replace("docstring", "text", 1))
    painter, look = DiffPainter(document, "a.py", TOKENS), Look(80, split=False)
    rows = [row for row in layout(document, split=False, folded=True) if row.kind == "change"]
    assert inks([painter.paint(row, look) for row in rows], "def") == {TOKENS.style("syntax-keyword").color}
    painter.colour()
    assert inks([painter.paint(row, look) for row in rows], "def") == set(), "the whole line is text now"
