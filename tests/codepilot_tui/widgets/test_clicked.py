"""What is clicked says which action it stands for."""

import pytest
from textual.app import App

from codepilot_tui.keymap import Keymap
from codepilot_tui.theme import install_themes
from codepilot_tui.widgets.banner import Banner
from codepilot_tui.widgets.clicked import ActionClicked
from codepilot_tui.widgets.offer import OfferBar
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
