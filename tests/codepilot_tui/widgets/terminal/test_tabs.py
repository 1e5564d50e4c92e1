"""The line of tabs above the terminals."""

from __future__ import annotations

from textual.app import App

from codepilot_tui.theme import install_themes
from codepilot_tui.widgets.terminal.tabs import Tab, TerminalTabs


class Line(App[None]):
    def __init__(self) -> None:
        super().__init__()
        install_themes(self, "dusk")

    def compose(self):
        yield TerminalTabs()


async def test_a_tab_that_was_left_while_it_is_taken_says_whose_it_is():
    app = Line()
    async with app.run_test(size=(80, 5)):
        tabs = app.query_one(TerminalTabs)
        tabs.tabs = {"main": Tab("main", owner="person"), "shell-1": Tab("shell-1")}
        tabs.active = "shell-1"
        assert tabs.render_line(0).text.startswith(" main ○ yours   shell-1 ○")
        tabs.active = "main"
        assert "yours" not in tabs.render_line(0).text, "the hint says so"


async def test_a_program_that_the_person_uses_waits_for_nobody_else():
    app = Line()
    async with app.run_test(size=(80, 5)):
        tabs = app.query_one(TerminalTabs)
        for owner, sign in (("person", "●"), ("agent", "?")):
            tabs.tabs = {"main": Tab("main", owner=owner, state="waiting")}
            tabs.active = "main"
            assert tabs.render_line(0).text.startswith(f" main {sign}")


async def test_a_tab_that_the_agent_waits_for_is_yellow():
    app = Line()
    async with app.run_test(size=(80, 5)):
        tabs = app.query_one(TerminalTabs)
        tabs.tabs = {"main": Tab("main", owner="person", wanted=True), "shell-1": Tab("shell-1")}
        tabs.active = "shell-1"
        line = tabs.render_line(0)
        assert line.text.startswith(" main ? yours   shell-1 ○")
        warn = tabs.get_component_rich_style("tabs--warn").color
        assert {segment.style.color for segment in line.crop(0, 13) if segment.text.strip()} == {warn}
