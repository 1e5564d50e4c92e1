"""What the tests of items share: an item drawn as text."""

import pytest

from codepilot_tui.theme import load_theme
from codepilot_tui.transcript import CallLine
from codepilot_tui.widgets.chat.items import Look, draw
from codepilot_tui.widgets.chat.markdown import MarkdownText

TOKENS = load_theme("dusk")


class Drawn:
    """Draws items; every row is checked to fit."""

    tokens = TOKENS

    def lines(self, item, width=60, fold="auto"):
        lines = draw(item, Look(width, TOKENS), fold, MarkdownText())
        assert all(line.strip.cell_length <= width for line in lines)
        return lines

    def __call__(self, item, width=60, fold="auto"):
        return [line.strip.text.rstrip() for line in self.lines(item, width, fold)]

    def ink(self, item, piece, width=60, fold="auto"):
        """The colour of a piece of text, and whether it is bold."""
        for line in self.lines(item, width, fold):
            for segment in line.segments:
                if segment.text.strip() == piece:
                    return segment.style.color.name, bool(segment.style.bold)
        raise AssertionError(f"{piece!r} is not there")


@pytest.fixture
def drawn():
    return Drawn()


@pytest.fixture
def call():
    def make(**more):
        given = {"call_id": "c", "tool": "execute", "label": "main › pytest -q", "state": "ok"} | more
        return CallLine(id=1, at=0, **given)

    return make
