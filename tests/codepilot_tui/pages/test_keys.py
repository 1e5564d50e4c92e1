import pytest

from codepilot_tui.actions import ACTIONS
from codepilot_tui.facts import Facts
from codepilot_tui.keymap import Keymap
from codepilot_tui.pages.keys import NAMES, KeysPage, help_row, help_rows, sections
from codepilot_tui.theme import load_theme

KEYMAP = Keymap()
TOKENS = load_theme("dusk")
SIZES = pytest.mark.parametrize("size", [(160, 48), (80, 24), (60, 20)])


@pytest.mark.parametrize("place", NAMES)
def test_here_comes_first_and_every_row_stands_under_one_heading(place):
    made = sections(KEYMAP, Facts(place=place))
    titles = [section.title for section in made]
    assert len(set(titles)) == len(titles)
    if KEYMAP.here(Facts(place=place)):
        assert titles[:2] == [f"Here: {NAMES[place]}", "Everywhere"]
    shown = [line.action for section in made for line in section.lines]
    assert len(set(shown)) == len(shown)
    assert {action for action in ACTIONS if action.key or action.leader} <= set(shown)


def lines(facts, sends=lambda key: True):
    return {
        line.action.name: (section.title, line.key, line.leader)
        for section in sections(KEYMAP, facts, sends)
        for line in section.lines
    }


def test_what_works_is_apart_from_what_works_elsewhere():
    question = lines(Facts(place="question", kind="command", offered=frozenset({"y", "escape"})))
    assert question["allow"] == ("Here: question about a command", "y", "")
    assert question["focus_composer"] == ("Everywhere", "", "Ctrl+X i"), "F5 gives the question all rows"
    assert question["refuse"][0] == "Elsewhere: question"
    assert question["answer"][0] == "Elsewhere: agent", "the question has the keyboard"
    assert lines(Facts(place="composer"))["answer"] == ("Everywhere", "Ctrl+O", "Ctrl+X a")
    page = lines(Facts(place="page", kind="file", offered=frozenset({"escape"})))
    assert page["close_page"] == ("Here: file", "Esc", "")
    assert page["quit"] == ("Everywhere", "Ctrl+Q", "")
    assert page["maximise"] == ("Elsewhere: panes", "F9", "Ctrl+X z")
    assert question["back"][:2] == page["back"][:2] == ("Elsewhere: panes", "Esc")
    assert page["leader"][:2] == ("Elsewhere: panes", "Ctrl+X")


def test_a_key_that_the_terminal_cannot_send_is_not_named():
    found = lines(Facts(place="terminal", terminals=1), lambda key: "ctrl+shift" not in key)
    assert found["find_terminal"] == ("Here: terminal", "", "Ctrl+X /")
    assert not any("Ctrl+Shift" in key for _, key, _ in found.values())


def test_other_places_are_folded_until_they_are_searched():
    made = sections(KEYMAP, Facts(place="files"))
    rows = help_rows(made, KEYMAP, {"Here: files", "Everywhere"}, "")
    folded = [row.section for row in rows if row.folded]
    assert "Elsewhere: composer" in folded and "Elsewhere: chat" in folded
    assert not any(row.line and row.line.action.name == "after_task" for row in rows)
    found = help_rows(made, KEYMAP, set(), "queue AFTER")
    assert [(row.section, row.line and row.line.action.name) for row in found] == [
        ("Elsewhere: composer", None),
        ("Elsewhere: composer", "after_task"),
    ]
    assert help_rows(made, KEYMAP, set(), "no such thing") == []


@pytest.mark.parametrize("place", NAMES)
@pytest.mark.parametrize("width", [160, 100, 80, 60])
def test_no_text_is_cut(width, place):
    facts = Facts(place=place)
    for section in sections(KEYMAP, facts):
        said = {line.action.name: [] for line in section.lines}
        for row in help_rows([section], KEYMAP, {section.title}, "", width):
            strip = help_row(row, width, TOKENS)
            assert strip.cell_length == len(strip.text) == width
            if row.line is not None:
                said[row.line.action.name].append(strip.text)
        for line in section.lines:
            whole = " ".join(" ".join(said[line.action.name]).split())
            assert all(word in whole for word in line.action.described().split()), whole
            assert line.action.slash in whole
            assert (line.key or line.leader) in whole


@SIZES
async def test_it_begins_with_here_and_is_left_with_esc(bench, wait, screen_text, size):
    async with bench.run_test(size=size) as pilot:
        page = KeysPage(KEYMAP, Facts(place="files"))
        bench.look(page)
        await wait(pilot, lambda: page.field.has_focus and "Here: files" in screen_text(bench))
        text = screen_text(bench)
        assert "Open the file, or unfold" in text and "Esc back" in text and "…" not in text
        assert "Everywhere" in text or size[1] == 20
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
        await wait(pilot, lambda: "Open the file, or unfold" not in screen_text(bench))
        assert page.list.cursor == 0
        await pilot.press("right")
        await wait(pilot, lambda: "Open the file, or unfold" in screen_text(bench))
        await pilot.press("end", "enter")
        await wait(pilot, lambda: page.list.rows[-1].line is not None)
        await pilot.press("home", "enter")
        await wait(pilot, lambda: "Open the file, or unfold" not in screen_text(bench))


async def test_it_can_be_clicked(bench, wait, screen_text):
    async with bench.run_test(size=(100, 60)) as pilot:
        page = KeysPage(KEYMAP, Facts(place="files"))
        bench.look(page)
        await wait(pilot, lambda: page.field.has_focus)
        places = {place.name: place for place in page._foot.made(100).places}
        await pilot.click("Foot", offset=(places["↑ ↓"].start, 0))
        assert page.list.cursor == 2
        await pilot.click("HelpRows", offset=(4, 0))
        await wait(pilot, lambda: "Open the file, or unfold" not in screen_text(bench))
        await pilot.click("Foot", offset=(places["→ ←"].start, 0))
        await wait(pilot, lambda: "Open the file, or unfold" in screen_text(bench))
        at = next(
            index for index, row in enumerate(page.list.rows) if row.line and row.line.action.name == "quit"
        )
        await pilot.click("HelpRows", offset=(20, at))
        assert bench.results == ["quit"]


@pytest.mark.parametrize("width", [160, 100])
def test_there_is_a_gap_behind_every_key(width):
    for row in help_rows(sections(KEYMAP, Facts()), KEYMAP, {"Everywhere"}, "", width):
        if row.line is not None and row.line.leader:
            text = help_row(row, width, TOKENS).text
            assert f"{row.line.leader}  " in text, text
