import pytest

from codepilot_tui.facts import Facts
from codepilot_tui.keymap import Keymap
from codepilot_tui.pages.key_sections import NAMES, help_rows, sections
from codepilot_tui.pages.keys import KeysPage, help_row
from codepilot_tui.theme import load_theme

KEYMAP = Keymap()
TOKENS = load_theme("dusk")


class Clock:
    """Seconds that a test sets."""

    time = 0.0

    def __call__(self):
        return self.time


SIZES = pytest.mark.parametrize("size", [(160, 48), (80, 24), (60, 20)])


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
        assert (
            "Open the file, or unfold" in text and "Esc back" in text and "…" not in text.replace("1…9", "")
        )
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


@pytest.mark.parametrize(
    "words", ["go to the composer", "Stop the agent", "commands", "Keys", "  go TO the  chat "]
)
@pytest.mark.parametrize("size", [(120, 40), (60, 20)])
async def test_a_name_that_is_typed_whole_is_marked_wherever_it_stands(bench, wait, words, size):
    """Found by use: `go to the composer` marked Esc, whose words hold these too, and Enter stopped the agent."""
    async with bench.run_test(size=size) as pilot:
        page = KeysPage(KEYMAP, Facts(place="composer", working=True))
        bench.look(page)
        await wait(pilot, lambda: page.field.has_focus)
        await pilot.press(*words, "enter")
        await wait(pilot, lambda: bench.results)
        assert KEYMAP[bench.results[0]].label.lower() == " ".join(words.lower().split())


@pytest.mark.parametrize("place", NAMES)
async def test_each_label_marks_its_row_and_its_beginning_one_that_begins_so(bench, wait, place):
    async with bench.run_test(size=(60, 20)) as pilot:
        page = KeysPage(KEYMAP, Facts(place=place))
        bench.look(page)
        await wait(pilot, lambda: page.field.has_focus)
        labels = [
            line.action.label for section in sections(KEYMAP, Facts(place=place)) for line in section.lines
        ]
        for label in labels:
            page.searched(label)
            assert page.list.chosen.line.action.label == label
            page.searched(label[:-1])
            assert page.list.chosen.line.action.label.startswith(label[:-1])
        page.searched("")
        assert page.list.cursor == 1


async def test_an_enter_that_is_held_since_the_list_before_runs_nothing(bench, wait):
    clock = Clock()
    async with bench.run_test(size=(100, 30)) as pilot:
        page = KeysPage(KEYMAP, Facts(place="composer"), now=clock)
        bench.look(page)
        await wait(pilot, lambda: page.field.has_focus)
        await pilot.press("enter", "enter")
        clock.time = 0.4
        await pilot.press("enter")
        clock.time = 0.8
        await pilot.press("enter")
        assert bench.results == []
        clock.time = 1.4
        await pilot.press("enter")
        assert len(bench.results) == 1


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
        await pilot.pause()
        assert bench.results == [] and "No key does that." in screen_text(bench)


async def test_nothing_folds_while_one_searches(bench, wait):
    async with bench.run_test(size=(100, 30)) as pilot:
        page = KeysPage(KEYMAP, Facts(place="files"))
        bench.look(page)
        await wait(pilot, lambda: page.field.has_focus)
        await pilot.press(*"quit")
        await wait(pilot, lambda: page.list.wanted == "quit")
        found = list(page.list.rows)
        await pilot.press("left", "right")
        assert page.list.rows == found


async def test_up_from_a_key_is_the_first_row_of_the_key_above(bench, wait):
    """A text of several rows is one stop, whichever way one comes."""
    async with bench.run_test(size=(60, 48)) as pilot:
        page = KeysPage(KEYMAP, Facts(place="files"))
        bench.look(page)
        await wait(pilot, lambda: page.field.has_focus and page.list.rows)
        long = next(at for at, row in enumerate(page.list.rows) if not row.first)
        below = next(at for at, row in enumerate(page.list.rows) if at > long and row.first)
        page.list.move_to(below)
        await pilot.press("up")
        assert page.list.cursor == long - 1
        await pilot.press("down")
        assert page.list.cursor == below


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
