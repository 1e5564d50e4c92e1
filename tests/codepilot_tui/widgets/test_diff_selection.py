"""Lines of a difference can be selected with the mouse: those of one side, as they are in the text."""

import pytest
from textual.app import App
from textual.geometry import Offset
from textual.selection import Selection

from codepilot_tui.theme import install_themes
from codepilot_tui.widgets.diff_selection import SelectableDiff

BEFORE = "def one():\n    return 1\n\n" + "same\n" * 20 + "the end\n"
AFTER = BEFORE.replace("    return 1\n", "    ergebnis = '日本'\n    return ergebnis\n")


class Bench(App):
    def __init__(self, before=BEFORE, after=AFTER):
        super().__init__()
        install_themes(self)
        self.diff = SelectableDiff(before, after, "x.py")

    def compose(self):
        yield self.diff

    @property
    def shown(self):
        return [strip.text for strip in self.screen._compositor.render_strips()]


def place(app, words, after=0):
    """The cell where words begin; after: from this column on."""
    for y, row in enumerate(app.shown):
        if (x := row.find(words, after)) >= 0:
            return Offset(x, y)
    raise AssertionError(words)


@pytest.mark.parametrize("width", [160, 60])
async def test_lines_of_the_new_text_are_copied_without_numbers_and_signs(drag, width):
    app = Bench()
    async with app.run_test(size=(width, 30)) as pilot:
        half = width // 2 if app.diff.split else 0
        assert app.diff.split == (width == 160)
        start, end = place(app, "ergebnis = ", half), place(app, "return ergebnis", half) + (6, 0)
        await drag(pilot, app.diff, start, end)
        assert app.screen.get_selected_text().startswith("ergebnis = '日本'\n    return")
        lit = app.screen.get_component_rich_style("screen--selection").bgcolor
        strip = app.diff.render_line(start.y)
        marked = [each.text for each in strip if each.style is not None and each.style.bgcolor == lit]
        assert "".join(marked).startswith("ergebnis = '日本'")


async def test_of_two_halves_the_one_is_copied_in_which_the_drag_begins(drag):
    app = Bench()
    async with app.run_test(size=(160, 30)) as pilot:
        start = place(app, "def one")
        await drag(pilot, app.diff, start, start + (70, 3))
        assert app.screen.get_selected_text() == "def one():\n    return 1"


async def test_a_wrapped_line_is_copied_as_one(drag):
    line = "word " * 40
    app = Bench("", line.strip() + "\n")
    async with app.run_test(size=(60, 20)) as pilot:
        app.diff.action_toggle_wrap()
        await pilot.pause()
        app.screen.selections = {app.diff: Selection(None, None)}
        assert app.screen.get_selected_text() == line.strip()


async def test_a_line_that_is_cut_at_the_edge_is_copied_to_its_end(drag):
    app = Bench("", "long " * 40 + "end\n")
    async with app.run_test(size=(60, 20)) as pilot:
        start = place(app, "long")
        await drag(pilot, app.diff, start, start + (0, 3))
        assert app.screen.get_selected_text() == "long " * 40 + "end"
