"""The line of tabs above the terminals."""

from __future__ import annotations

import pytest
from textual.app import App

from codepilot_tui.theme import install_themes
from codepilot_tui.widgets.terminal.hints import Hints
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


@pytest.mark.parametrize("width", [*range(30, 48), 60, 80, 160])
@pytest.mark.parametrize("active", [0, 3, 12])
async def test_tabs_that_do_not_fit_are_marked_on_their_side_and_none_is_cut(width, active):
    app = Line()
    async with app.run_test(size=(width, 5)):
        tabs = app.query_one(TerminalTabs)
        names = [f"shell-{number}" for number in range(10, 23)]
        tabs.tabs = {name: Tab(name, hints=Hints(owner="person")) for name in names}
        tabs.active = names[active]
        text = tabs.render_line(0).text
        shown = [name for _, _, name in tabs._places]
        assert names[active] in shown and names[names.index(shown[0]) :][: len(shown)] == shown
        assert ("‹" in text) == (shown[0] != names[0]) and ("›" in text) == (shown[-1] != names[-1])
        assert all(f" {name} ○" in text for name in shown) and text.count("shell-") == len(shown)
        if width > 32:
            assert text.rstrip().endswith(("you", "back")), "who types is said all the same, in whole words"


@pytest.mark.parametrize("count", range(1, 11))
async def test_who_types_is_said_however_many_tabs_there_are(count):
    """Found by reading: tabs before the active one took all, and where all just fitted the words were left out."""
    app = Line()
    async with app.run_test(size=(120, 5)) as pilot:
        tabs = app.query_one(TerminalTabs)
        tabs.can_open = True
        names = ["main", *(f"shell-{number}" for number in range(1, count))]
        tabs.tabs = {name: Tab(name, hints=Hints(owner="person")) for name in names}
        for width in (40, 45, 50, 57, 60, 69, 80, 81, 100, 120):
            await pilot.resize_terminal(width, 5)
            for active in names:
                tabs.active = active
                text = tabs.render_line(0).text
                assert f" {active} ○" in text and text.rstrip().endswith(("you", "back")), (width, text)
                places = [name for _, _, name in tabs._places]
                assert ("‹" in text) == (places[0] != names[0]) and ("›" in text) == (places[-1] != names[-1])


async def test_no_tab_gives_way_where_all_have_room():
    app = Line()
    async with app.run_test(size=(57, 5)):
        tabs = app.query_one(TerminalTabs)
        names = ["main", "shell-1", "shell-2", "shell-3"]
        tabs.tabs = {name: Tab(name, hints=Hints(owner="person")) for name in names}
        tabs.active = "shell-3"
        text = tabs.render_line(0).text
        assert text.startswith(" main ○") and "‹" not in text and text.rstrip().endswith(("you", "back"))


@pytest.mark.parametrize("owner", ["free", "agent", "person"])
async def test_how_much_is_seen_of_a_wide_terminal_is_said_beside_two_tabs(owner):
    """It vanished with the second terminal, and lines were cut without a word."""
    app = Line()
    async with app.run_test(size=(53, 5)) as pilot:
        tabs = app.query_one(TerminalTabs)
        tabs.can_open = True
        tabs.tabs = {"shell-1": Tab("shell-1", hints=Hints(owner=owner, part="53 of 80 columns"))}
        tabs.active = "shell-1"
        assert "53 of 80 columns" in tabs.render_line(0).text
        tabs.tabs["main"] = Tab("main", owner="person")
        line = tabs.render_line(0).text
        assert "  53 of 80  " in line and "F6" in line and "main ○ yours" in line and "+" in line
        await pilot.resize_terminal(40, 5)
        await pilot.pause()
        line = tabs.render_line(0).text
        assert "of 80" not in line and "F6" in line, "the key goes before it"


@pytest.mark.parametrize(
    ("note", "words"),
    [
        ("waits for a password: Password: ", "waits for a password"),
        ("waits for a key (less is a pager: q leaves it)", "waits for a key"),
        ("waits for input", "waits for input"),
    ],
)
async def test_what_a_command_waits_for_is_not_cut_where_a_shorter_form_fits(note, words):
    """Seen at 60 columns: `waits for…  agent types · F6 take over`, while nobody types."""
    app = Line()
    async with app.run_test(size=(60, 5)) as pilot:
        tabs = app.query_one(TerminalTabs)
        tabs.can_open = True
        tabs.tabs = {
            "main": Tab("main", "waiting", note=note, owner="agent", hints=Hints(owner="agent")),
            "shell-1": Tab("shell-1"),
        }
        tabs.active = "main"
        line = tabs.render_line(0).text
        assert f"  {words}  " in line and "F6 take" in line and "agent types" not in line and "…" not in line
        await pilot.resize_terminal(160, 5)
        await pilot.pause()
        assert note.strip() in tabs.render_line(0).text
