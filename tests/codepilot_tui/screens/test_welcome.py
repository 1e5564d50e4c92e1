"""The welcome: the best usable row is highlighted, and what the person went to stays so."""

import pytest
from textual.app import App
from textual.widgets import OptionList

from codepilot_tui.screens.welcome import Offer, WelcomeScreen
from codepilot_tui.theme import default_variables, install_themes

LOCAL = Offer("ollama:qwen", "ollama:qwen", "answers at http://127.0.0.1:11434")
KEYED = Offer("openai:gpt-5", "openai:gpt-5", "OPENAI_API_KEY is set")


class Bench(App[None]):
    def __init__(self, offers):
        super().__init__()
        install_themes(self)
        self.chosen = []
        self.welcome = WelcomeScreen(offers, "This setup uses x:y, but no key was found.", self.chosen.append)

    def get_theme_variable_defaults(self):
        return default_variables()

    async def on_mount(self):
        await self.push_screen(self.welcome)


@pytest.mark.parametrize(("offers", "first"), [([], "demo"), ([KEYED], KEYED.id)])
async def test_enter_takes_the_best_row(offers, first):
    app = Bench(offers)
    async with app.run_test() as pilot:
        await pilot.press("enter")
        assert app.chosen == [first]


async def test_a_server_that_is_found_takes_the_highlight_from_the_demo():
    app = Bench([])
    async with app.run_test() as pilot:
        await pilot.pause()
        app.welcome.add([LOCAL])
        await pilot.press("enter")
        assert app.chosen == [LOCAL.id]


async def test_what_the_person_went_to_stays_highlighted():
    app = Bench([KEYED])
    async with app.run_test() as pilot:
        await pilot.press("down")
        app.welcome.add([LOCAL])
        await pilot.pause()
        listed = app.welcome.query_one(OptionList)
        assert listed.get_option_at_index(listed.highlighted).id == "demo"
