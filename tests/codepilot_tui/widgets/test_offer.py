"""The line that offers what the person ran."""

from textual.app import App, ComposeResult

from codepilot_tui.theme import install_themes
from codepilot_tui.widgets.offer import OfferBar


class Bench(App):
    def __init__(self):
        super().__init__()
        install_themes(self)
        self.bar = OfferBar("Alt+R")
        self.pressed = 0

    def compose(self) -> ComposeResult:
        yield self.bar

    def on_action_clicked(self):
        self.pressed += 1


async def test_it_says_how_many_and_hides_without_any():
    app = Bench()
    async with app.run_test() as pilot:
        assert not app.bar.display
        app.bar.offer("main", 2)
        app.bar.offer("x\x1b[31m", 1)
        await pilot.pause()
        text = str(app.bar.render())
        assert (
            app.bar.display and "Alt+R add what you ran · main: 2 commands, x" in text and "\x1b" not in text
        )
        await pilot.click(OfferBar)
        assert app.pressed == 1
        app.bar.name_key("Ctrl+X e")
        await pilot.pause()
        assert "Ctrl+X e add what you ran · main: 2 commands, x" in str(app.bar.render())
        app.bar.offer("main", 0)
        app.bar.offer("x\x1b[31m", 0)
        await pilot.pause()
        assert not app.bar.display and app.bar.counts == {}
