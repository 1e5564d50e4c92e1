"""What is clicked says which action it stands for."""

import pytest
from textual.app import App
from textual.strip import Strip

from codepilot_tui.keymap import Keymap
from codepilot_tui.theme import install_themes
from codepilot_tui.widgets.banner import Banner
from codepilot_tui.widgets.bar import Bar, Part
from codepilot_tui.widgets.clicked import ActionClicked
from codepilot_tui.widgets.offer import OfferBar
from codepilot_tui.widgets.painted import Painted, Picture, Place, row_of
from codepilot_tui.widgets.row_list import Rows
from codepilot_tui.widgets.splitter import Splitter
from codepilot_tui.widgets.strip import TerminalStrip


class Bench(App):
    def __init__(self, widget):
        super().__init__()
        self.widget, self.clicked = widget, []
        install_themes(self, "dusk")

    def compose(self):
        yield self.widget

    def on_action_clicked(self, event: ActionClicked):
        self.clicked.append(event.action)


def banner():
    made = Banner("? Run pytest?")
    made.styles.display = "block"
    return made, "answer"


def offer():
    made = OfferBar("Ctrl+X a")
    made.counts["main"] = 1
    made.add_class("-shown")
    return made, "add_runs"


def strip():
    made = TerminalStrip("F3")
    made.styles.display = "block"
    return made, "focus_terminal"


def splitter():
    made = Splitter("files", "panel-plane")
    made.folded, made.styles.display = True, "block"
    return made, "toggle_files"


@pytest.mark.parametrize("make", [banner, offer, strip, splitter])
async def test_a_click_is_the_key(make):
    widget, action = make()
    app = Bench(widget)
    async with app.run_test(size=(60, 8)) as pilot:
        await pilot.click(widget, offset=(0, 0))
        assert app.clicked == [action]
    assert Keymap()[action].name == action


class Answers(Painted):
    """Two places in a row."""

    def picture(self, width, tokens):
        row = row_of([("  yes  no  ", tokens.style("ink"))], width, tokens.style(""))
        return Picture((row,), (Place(0, 2, 5, "yes"), Place(0, 7, 9, "no")))


class Words(Rows):
    """Five rows."""

    count = 5

    def paint(self, index, width, at_cursor):
        return Strip.blank(width)


class Hints(Bar):
    def _draw(self, width, tokens):
        style = tokens.style("ink")
        return [Part((("stop", style),), 0, "stop"), (" ", style), Part((("quit", style),), 0, "quit")]


class Presses(Bench):
    def on_painted_pressed(self, event):
        self.clicked.append(event.name)

    def on_rows_chosen(self, event):
        self.clicked.append(event.index)


@pytest.mark.parametrize(
    ("make", "start", "near", "far", "meant"),
    [
        (Answers, (7, 0), (8, 0), (3, 0), "no"),
        (Answers, (3, 0), (2, 0), (0, 0), "yes"),
        (Words, (4, 1), (20, 1), (4, 3), 1),
        (Hints, (1, 0), (2, 0), (6, 0), "stop"),
    ],
)
async def test_letting_go_at_something_else_is_no_click_on_that(drag, make, start, near, far, meant):
    """As everywhere: who has pressed a wrong one slides off it. A cell more or less is no other one."""
    widget = make()
    app = Presses(widget)
    async with app.run_test(size=(60, 8)) as pilot:
        await drag(pilot, widget, start, far)
        assert app.clicked == []
        await drag(pilot, widget, far, start)
        assert app.clicked == []
        await drag(pilot, widget, start, near)
        assert app.clicked == [meant]
        await pilot.click(widget, offset=start)
        assert app.clicked == [meant, meant]
        assert not app.screen.selections, "it has no text to copy"
