"""The popups in which something is chosen."""

import asyncio

import pytest
from textual import events
from textual.app import App
from textual.widgets import Input, Static

from codepilot_tui.actions import ACTIONS
from codepilot_tui.key_names import key_text
from codepilot_tui.keymap import Keymap
from codepilot_tui.popups.leader import LeaderPopup, letters_picture
from codepilot_tui.popups.menu import MenuPopup
from codepilot_tui.popups.pick import PickPopup
from codepilot_tui.theme import install_themes, load_theme
from codepilot_tui.widgets.options import Option, matching

MODELS = (
    Option("a", "claude-opus", "200k"),
    Option("b", "claude-sonnet", "1M"),
    Option("c", "gpt-5", "400k"),
    Option("d", "a claude copy"),
)
MENU = (
    Option("open", "Open the file", "Enter"),
    Option("max", "Maximise", "F9", "z"),
    Option("wide", "Wider", "", "+"),
)
COMMANDS = tuple(action for action in ACTIONS if action.leader)
NEVER, AT_ONCE = 3600.0, 0.01
SIZES = pytest.mark.parametrize("size", [(160, 48), (80, 24), (60, 20)])


class Bench(App):
    AUTO_FOCUS = None

    CSS = """
    Screen { layers: base popup; background: $ground; }
    #body { height: 1fr; }
    #composer { height: 3; }
    #status { height: 1; background: $ground; padding: 0 1; }
    """

    def __init__(self):
        super().__init__()
        install_themes(self)
        self.results = []

    def compose(self):
        yield Static("top", id="top")
        yield Static("body", id="body")
        yield Input(id="composer")
        yield Static("status", id="status")

    def text(self) -> str:
        return "\n".join(
            strip.text.rstrip() for strip in self.screen._compositor.render_strips()[: self.size.height]
        )

    async def choose(self, pilot, popup):
        self.query_one("#composer").focus()
        await pilot.pause()
        popup.open(self.screen, self.results.append)
        await until(
            pilot, lambda: popup.region.height > 0 and self.focused is not self.query_one("#composer")
        )


async def until(pilot, condition):
    async with asyncio.timeout(60):
        while not condition():
            await pilot.pause(0.01)


@SIZES
async def test_picking_by_typing(size):
    app = Bench()
    async with app.run_test(size=size) as pilot:
        popup = PickPopup("Model", MODELS, current="c")
        await app.choose(pilot, popup)
        assert popup.rows.chosen == MODELS[2]
        assert "Model: type to find" in app.text() and "▎● gpt-5" in app.text() and "status" in app.text()
        await pilot.press(*"claude")
        await until(pilot, lambda: "gpt-5" not in app.text())
        await pilot.press("down", "down", "up", "enter")
        await pilot.pause()
        assert app.results == ["b"]
        assert app.focused is app.query_one("#composer")


async def test_there_is_one_cursor_and_the_composer_has_none():
    app = Bench()
    async with app.run_test(size=(80, 24)) as pilot:
        await app.choose(pilot, PickPopup("Model", MODELS))
        assert not app.query_one("#composer").has_focus
        cursors = [line for line in app.text().split("\n")[:8] if "▎" in line]
        assert len(cursors) == 1


async def test_nothing_fits():
    app = Bench()
    async with app.run_test(size=(80, 24)) as pilot:
        popup = PickPopup("Model", MODELS)
        await app.choose(pilot, popup)
        await pilot.press(*"zz", "enter")
        await until(pilot, lambda: "no match" in app.text())
        height = popup.region.height
        assert height == 6
        await pilot.press("escape")
        assert app.results == [None]


async def test_a_long_list_takes_ten_rows_and_scrolls():
    app = Bench()
    async with app.run_test(size=(80, 24)) as pilot:
        popup = PickPopup("Many", [Option(str(number), f"option {number}") for number in range(40)])
        await app.choose(pilot, popup)
        assert popup.region.height == 10
        await pilot.press("pagedown", "pagedown", "pageup", "enter")
        await pilot.pause()
        assert app.results == ["7"]


@pytest.mark.parametrize(("label", "result"), [("Enter", "a"), ("Esc", None)])
async def test_picking_with_the_mouse(label, result):
    app = Bench()
    async with app.run_test(size=(80, 24)) as pilot:
        popup = PickPopup("Model", MODELS)
        await app.choose(pilot, popup)
        places = {place.name: place for place in popup.query_one("Foot").made(72).places}
        await pilot.click("Foot", offset=(places["↑ ↓"].start, 0))
        await pilot.pause()
        assert popup.rows.cursor == 1
        await pilot.press("up")
        await pilot.click("Foot", offset=(places[label].start, 0))
        await pilot.pause()
        assert app.results == [result]


async def test_a_click_on_a_row_takes_it():
    app = Bench()
    async with app.run_test(size=(80, 24)) as pilot:
        await app.choose(pilot, PickPopup("Model", MODELS))
        await pilot.click("OptionRows", offset=(5, 1))
        await pilot.pause()
        assert app.results == ["b"]


@pytest.mark.parametrize(
    ("wanted", "values"),
    [("", "abcd"), ("claude", "abd"), ("CLAUDE son", "b"), ("a c", "dab"), ("400k", "c"), ("zz", "")],
)
def test_matching(wanted, values):
    assert "".join(option.value for option in matching(MODELS, wanted)) == values


@pytest.mark.parametrize(
    ("keys", "result"),
    [(["z"], "max"), (["+"], "wide"), (["down", "enter"], "max"), (["enter"], "open"), (["escape"], None)],
)
async def test_the_menu_takes_letters_arrows_and_enter(keys, result):
    app = Bench()
    async with app.run_test(size=(80, 24)) as pilot:
        await app.choose(pilot, MenuPopup(MENU))
        assert "z  Maximise" in app.text() and "F9" in app.text()
        await pilot.press("x", *keys)
        await pilot.pause()
        assert app.results == [result]


async def test_the_menu_takes_clicks():
    app = Bench()
    async with app.run_test(size=(80, 24)) as pilot:
        await app.choose(pilot, MenuPopup(MENU))
        await pilot.click("OptionRows", offset=(5, 2))
        await pilot.pause()
        assert app.results == ["wide"]


@pytest.mark.parametrize("width", [158, 100, 80, 72, 60])
def test_every_letter_stands_in_the_table(width):
    picture = letters_picture(COMMANDS, width, load_theme("dusk"))
    for action in COMMANDS:
        assert f"{key_text(action.leader)}  {action.short or action.label}" in str(picture)
        place = next(each for each in picture.places if each.name == action.name)
        assert picture.at(place.row, place.start) == action.name
    assert all(len(row.text) == width for row in picture.rows)
    assert "…" not in str(picture)


@SIZES
async def test_the_leaders_letters_are_shown_to_who_hesitates(size):
    app = Bench()
    async with app.run_test(size=size) as pilot:
        popup = LeaderPopup(COMMANDS, "ctrl+x", shown_after=NEVER)
        await app.choose(pilot, popup)
        assert "Choose the" not in app.text() and "status" in app.text()
        popup._show()
        await until(pilot, lambda: "Choose the" in app.text())
        assert popup.region.bottom == app.query_one("#composer").region.y


@pytest.mark.parametrize(
    ("key", "result"),
    [("m", "model"), ("space", "menu"), ("ctrl+x", "ctrl+x"), ("escape", None), ("~", None)],
)
def test_what_a_key_means_behind_the_leader(key, result):
    character = key if len(key) == 1 else None
    assert LeaderPopup(COMMANDS, Keymap().leader).choice(events.Key(key, character)) == result


async def test_a_letter_can_be_clicked():
    app = Bench()
    async with app.run_test(size=(120, 40)) as pilot:
        popup = LeaderPopup(COMMANDS, "ctrl+x", shown_after=AT_ONCE)
        await app.choose(pilot, popup)
        await until(pilot, lambda: popup.region.height > 1)
        place = next(each for each in popup._letters.made(100).places if each.name == "quit")
        await pilot.click("Letters", offset=(place.start + 1, place.row))
        await pilot.pause()
        assert app.results == ["quit"]


@pytest.mark.parametrize(
    ("wanted", "values"),
    [("", "dabc"), ("gpt", "cab"), ("GPT-5 ", "ab"), (" gpt-5  mini", "b"), ("gpt 5", "ab"), ("5", "dab")],
)
def test_the_label_that_was_typed_comes_first_then_those_that_begin_with_it(wanted, values):
    options = [Option("d", "x-5"), Option("a", "gpt-5"), Option("b", "gpt-5 mini"), Option("c", "gpt")]
    assert "".join(option.value for option in matching(options, wanted)) == values
