import asyncio

import pytest
from textual import events
from textual.app import App
from textual.geometry import Region, Size
from textual.widgets import Input, Static

from codepilot_tui.theme import install_themes
from codepilot_tui.widgets.field import Field
from codepilot_tui.widgets.popup import Popup, close_beside, popup_region


class Picking(Popup[str]):
    def __init__(self):
        super().__init__()
        self.field = Field("Type")

    def body(self):
        yield self.field
        yield Static("one\ntwo")

    def rows_wanted(self, width):
        return 3

    def field_now(self):
        return self.field

    def press(self, key):
        if key == "enter":
            self.finish(self.field.value)
        return key == "enter"


class Bench(App):
    AUTO_FOCUS = None

    CSS = """
    Screen { layers: base popup; }
    #body { height: 1fr; }
    #composer { height: 3; }
    """

    def __init__(self):
        super().__init__()
        install_themes(self)
        self.results = []
        self.told = []

    def compose(self):
        yield Static("top", id="top")
        yield Static("body", id="body")
        yield Input(id="composer")
        yield Static("status", id="status")

    def on_mouse_down(self, event):
        close_beside(self.screen, event)

    def on_cover_changed(self):
        if self.screen_stack:  # the last one comes while the app ends
            self.told.append(bool(self.screen.query(Popup)))


async def until(pilot, condition):
    async with asyncio.timeout(60):
        while not condition():
            await pilot.pause(0.01)


async def test_it_opens_under_the_top_bar_and_gives_the_keyboard_back():
    app = Bench()
    async with app.run_test(size=(100, 30)) as pilot:
        app.query_one("#composer").focus()
        await pilot.pause()
        popup = Picking()
        popup.open(app.screen, app.results.append)
        await until(pilot, lambda: popup.region.width == 72 and popup.field.has_focus)
        assert popup.region == Region(14, 1, 72, 3)
        await pilot.press("a", "b", "enter")
        await pilot.pause()
        assert app.results == ["ab"]
        assert app.focused is app.query_one("#composer")
        assert len(app.told) == 2
        assert not app.query(Popup)


async def test_what_is_typed_at_once_after_it_opened_is_typed_in_it():
    app = Bench()
    async with app.run_test(size=(100, 30)) as pilot:
        app.query_one("#composer").focus()
        await pilot.pause()
        popup = Picking()
        popup.open(app.screen, app.results.append)
        for character in "at once":
            app.post_message(events.Key("space" if character == " " else character, character))
        app.post_message(events.Key("enter", None))
        await until(pilot, lambda: app.results)
        assert app.results == ["at once"]
        assert app.query_one("#composer").value == ""


@pytest.mark.parametrize("way", ["escape", "click", "another"])
async def test_what_closes_it(way):
    app = Bench()
    async with app.run_test(size=(80, 24)) as pilot:
        app.query_one("#composer").focus()
        await pilot.pause()
        popup = Picking()
        popup.open(app.screen, app.results.append)
        await until(pilot, lambda: popup.is_attached and popup.field.has_focus)
        if way == "escape":
            await pilot.press("escape")
        elif way == "click":
            await pilot.click("#body", offset=(2, 15))
        else:
            Picking().open(app.screen)
        await until(pilot, lambda: app.results == [None])
        await pilot.pause()
        assert len(app.query(Popup)) == (1 if way == "another" else 0)


@pytest.mark.parametrize(
    ("screen", "rows", "anchor", "region"),
    [
        ((100, 30), 10, "top", Region(14, 1, 72, 10)),
        ((100, 30), 10, "bottom", Region(0, 16, 72, 10)),
        ((60, 12), 10, "top", Region(0, 1, 60, 7)),
        ((60, 12), 10, "bottom", Region(0, 1, 60, 7)),
    ],
)
def test_where_it_stands(screen, rows, anchor, region):
    size = Size(*screen)
    assert popup_region(size, rows, 72, anchor=anchor, top=1, bottom=size.height - 4) == region
