"""The columns of the session screen and their gaps."""

import importlib.util
from pathlib import Path

import pytest
from textual.app import App

from codepilot_tui.screens.columns import Columns
from codepilot_tui.theme import install_themes
from codepilot_tui.widgets.splitter import Splitter

_spec = importlib.util.spec_from_file_location("stage", Path(__file__).parents[2] / "snapshots" / "stage.py")
stage = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(stage)


class Panes:
    """Keeps what it is told."""

    def __init__(self):
        self.told = []

    def dragged(self, pane, x):
        self.told.append((pane, x))

    def released(self):
        self.told.append("released")

    def reset_one(self, pane):
        self.told.append(f"usual {pane}")


class Bench(App):
    def __init__(self):
        super().__init__()
        self.panes = Panes()
        install_themes(self, "dusk")

    def compose(self):
        yield Columns(self.panes, "F3", id="body")


async def test_it_has_three_columns_with_gaps_between_them():
    app = Bench()
    async with app.run_test(size=(160, 20)):
        body = app.query_one("#body")
        assert [child.id for child in body.children] == [
            "files-column", "files-gap", "chat-column", "terminal-gap", "terminal-column",
        ]  # fmt: skip
        assert not app.query_one("#strip").display


async def test_the_mouse_drags_a_gap_and_two_clicks_give_the_usual_width():
    app = Bench()
    async with app.run_test(size=(160, 20)) as pilot:
        gap = app.query_one("#files-gap", Splitter)
        gap.styles.display = "block"
        await pilot.pause()
        await pilot.mouse_down(gap)
        await pilot.hover(offset=(40, 3))
        await pilot.mouse_up(offset=(40, 3))
        assert (app.panes.told[0], app.panes.told[-1]) == (("files", 40), "released")
        app.panes.told.clear()
        await pilot.click(gap, times=2)
        assert app.panes.told[-1] == "usual files"


@pytest.mark.parametrize(("size", "shown"), [((160, 48), True), ((120, 40), True), ((80, 24), False)])
async def test_the_chat_has_a_title_that_is_lit_while_it_has_the_keyboard(tmp_path, size, shown):
    app = stage.Stage(tmp_path)
    async with app.run_test(size=size) as pilot:
        await stage.settled(pilot)
        title = app.session.query_one("#chat-title")
        assert title.display == shown, "in a narrow window the tabs name the panes"
        for key, lit in (("f3", True), ("f2", False), ("f3", True), ("f5", False)):
            await pilot.press(key)
            await stage.settled(pilot)
            assert title.has_class("-focused") == lit
