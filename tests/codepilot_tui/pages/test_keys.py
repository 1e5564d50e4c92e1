import pytest

from codepilot_tui.actions import ACTIONS, Keymap
from codepilot_tui.facts import Facts
from codepilot_tui.pages.keys import NAMES, KeysPage, help_row, help_rows, sections
from codepilot_tui.theme import load_theme

KEYMAP = Keymap()
TOKENS = load_theme("dusk")
SIZES = pytest.mark.parametrize("size", [(160, 48), (80, 24), (60, 20)])


@pytest.mark.parametrize("place", NAMES)
def test_here_comes_first_and_every_row_stands_under_one_heading(place):
    made = sections(KEYMAP, place)
    titles = [section.title for section in made]
    assert len(set(titles)) == len(titles)
    if KEYMAP.here(place):
        assert titles[:2] == [f"Here: {NAMES[place]}", "Everywhere"]
    shown = [action for section in made for action in section.actions]
    assert len(set(shown)) == len(shown)
    assert set(shown) == {action for action in ACTIONS if action.key or action.letter or action.leader}


def test_other_places_are_folded_until_they_are_searched():
    made = sections(KEYMAP, "files")
    rows = help_rows(made, KEYMAP, {"Here: files", "Everywhere"}, "")
    folded = [row.section for row in rows if row.folded]
    assert "Composer" in folded and "Chat" in folded
    assert not any(row.action and row.action.name == "after_task" for row in rows)
    found = help_rows(made, KEYMAP, set(), "queue AFTER")
    assert [(row.section, row.action and row.action.name) for row in found] == [
        ("Composer", None),
        ("Composer", "after_task"),
    ]
    assert help_rows(made, KEYMAP, set(), "no such thing") == []


@pytest.mark.parametrize("width", [160, 80, 60, 40])
def test_no_row_is_wrapped(width):
    for row in help_rows(sections(KEYMAP, "chat"), KEYMAP, set(NAMES.values()), "e"):
        strip = help_row(row, width, TOKENS, KEYMAP)
        assert strip.cell_length == len(strip.text) == width


@SIZES
async def test_it_begins_with_here_and_is_left_with_esc(bench, wait, screen_text, size):
    async with bench.run_test(size=size) as pilot:
        page = KeysPage(KEYMAP, Facts(place="files"))
        bench.look(page)
        await wait(pilot, lambda: page.field.has_focus and "Here: files" in screen_text(bench))
        text = screen_text(bench)
        assert "Open the file or folder" in text and "Everywhere" in text and "Esc back" in text
        await pilot.press("pagedown", "end", "home", "escape")
        assert bench.results == [None]


async def test_typing_finds_and_enter_runs(bench, wait, screen_text):
    async with bench.run_test(size=(100, 30)) as pilot:
        page = KeysPage(KEYMAP, Facts(place="composer"))
        bench.look(page)
        await wait(pilot, lambda: page.field.has_focus)
        await pilot.press(*"theme")
        await wait(
            pilot, lambda: "Choose the theme" in screen_text(bench) and "Here" not in screen_text(bench)
        )
        await pilot.press("enter")
        assert bench.results == ["theme"]


async def test_a_key_of_another_place_cannot_be_run_from_here(bench, wait, screen_text):
    async with bench.run_test(size=(100, 30)) as pilot:
        page = KeysPage(KEYMAP, Facts(place="files"))
        bench.look(page)
        await wait(pilot, lambda: page.field.has_focus)
        await pilot.press(*"after this task")
        await wait(pilot, lambda: "Queue for after this task" in screen_text(bench))
        await pilot.press("enter")
        await wait(pilot, lambda: "only here: composer" in screen_text(bench))
        assert bench.results == []
        await pilot.press("escape", *"zzzz")
        await wait(pilot, lambda: "No key does that." in screen_text(bench))
        await pilot.press("enter", "left", "right")


async def test_headings_fold(bench, wait, screen_text):
    async with bench.run_test(size=(100, 60)) as pilot:
        page = KeysPage(KEYMAP, Facts(place="files"))
        bench.look(page)
        await wait(pilot, lambda: page.field.has_focus)
        await pilot.press("left")
        await wait(pilot, lambda: "Open the file or folder" not in screen_text(bench))
        assert page.list.cursor == 0
        await pilot.press("right")
        await wait(pilot, lambda: "Open the file or folder" in screen_text(bench))
        await pilot.press("end", "enter")
        await wait(pilot, lambda: page.list.rows[-1].action is not None)
        await pilot.press("home", "enter")
        await wait(pilot, lambda: "Open the file or folder" not in screen_text(bench))


async def test_it_can_be_clicked(bench, wait, screen_text):
    async with bench.run_test(size=(100, 60)) as pilot:
        page = KeysPage(KEYMAP, Facts(place="files"))
        bench.look(page)
        await wait(pilot, lambda: page.field.has_focus)
        places = {place.name: place for place in page._foot.made(100).places}
        await pilot.click("Foot", offset=(places["↑ ↓"].start, 0))
        assert page.list.cursor == 2
        await pilot.click("HelpRows", offset=(4, 0))
        await wait(pilot, lambda: "Open the file or folder" not in screen_text(bench))
        await pilot.click("Foot", offset=(places["→ ←"].start, 0))
        await wait(pilot, lambda: "Open the file or folder" in screen_text(bench))
        at = next(
            index for index, row in enumerate(page.list.rows) if row.action and row.action.name == "quit"
        )
        await pilot.click("HelpRows", offset=(20, at))
        assert bench.results == ["quit"]
