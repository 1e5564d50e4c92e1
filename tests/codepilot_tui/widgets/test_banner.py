"""The row that names a waiting question."""

from textual.app import App

from codepilot_tui.theme import install_themes
from codepilot_tui.widgets.banner import Banner
from codepilot_tui.widgets.clicked import ActionClicked


class Bench(App[None]):
    CSS = "Banner { display: block; }"

    def __init__(self) -> None:
        super().__init__()
        install_themes(self)
        self.clicked: list[str] = []

    def compose(self):
        yield Banner("Ctrl+O answer", markup=False)

    def on_action_clicked(self, event: ActionClicked) -> None:
        self.clicked.append(event.action)


async def test_a_click_answers():
    app = Bench()
    async with app.run_test(size=(80, 5)) as pilot:
        await pilot.click(Banner, offset=(3, 0))
        await pilot.click(Banner, offset=(70, 0))
        await pilot.pause()
        assert app.clicked == ["answer", "answer"]


async def test_its_words_cannot_be_selected_by_the_mouse_that_clicks_them():
    app = Bench()
    async with app.run_test(size=(80, 5)) as pilot:
        await pilot.mouse_down(Banner, offset=(2, 0))
        await pilot.hover(Banner, offset=(9, 0))
        await pilot.mouse_up(Banner, offset=(9, 0))
        assert not app.screen.selections
