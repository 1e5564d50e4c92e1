import pytest

from codepilot_tui.pages.find import FindPage, hit_row
from codepilot_tui.theme import load_theme
from codepilot_tui.transcript.finding import Hit

HITS = [Hit(7, "agent", "the second needle"), Hit(3, "you", "the first needle")]


def page():
    return FindPage(lambda words: HITS if words == "needle" else [])


@pytest.mark.parametrize("width", [160, 80, 40])
def test_a_row_is_exactly_as_wide_as_asked(width):
    strip = hit_row(HITS[0], width, load_theme("dusk"), "needle", True)
    assert strip.cell_length == width and "agent" in strip.text and "the second" in strip.text


@pytest.mark.parametrize("size", [(160, 48), (80, 24), (60, 20)])
async def test_words_find_lines_and_enter_goes_there(bench, wait, screen_text, size):
    async with bench.run_test(size=size) as pilot:
        shown = page()
        bench.look(shown)
        await wait(
            pilot, lambda: shown.field.has_focus and "Type to search the conversation." in screen_text(bench)
        )
        await pilot.press(*"needle")
        await wait(pilot, lambda: shown.list.count == 2 and "the first needle" in screen_text(bench))
        assert "2 lines" in screen_text(bench)
        assert "No line contains" not in screen_text(bench)
        await wait(pilot, lambda: "Esc clear" in screen_text(bench))  # the first Esc only empties the field
        await pilot.press("down", "enter")
        assert bench.results == [HITS[1]]


@pytest.mark.parametrize("width", [160, 80, 60, 40])
async def test_the_count_is_whole_at_each_width(bench, wait, screen_text, width):
    async with bench.run_test(size=(width, 20)) as pilot:
        shown = FindPage(lambda words: HITS * 100)
        bench.look(shown)
        await wait(pilot, lambda: shown.field.has_focus)
        await pilot.press("n")
        await wait(pilot, lambda: shown.list.count == 200)
        await wait(pilot, lambda: screen_text(bench).splitlines()[1].endswith("  200 lines"))
        assert shown.field.size.width >= 6


async def test_no_line_is_said_and_esc_leaves_in_two_steps(bench, wait, screen_text):
    async with bench.run_test(size=(100, 30)) as pilot:
        shown = page()
        bench.look(shown)
        await wait(pilot, lambda: shown.field.has_focus)
        await pilot.press("x")
        await wait(pilot, lambda: "No line contains these words." in screen_text(bench))
        await pilot.press("enter", "escape", "escape")
        assert bench.results == [None]


async def test_a_click_on_a_row_goes_there(bench, wait, screen_text):
    async with bench.run_test(size=(100, 30)) as pilot:
        shown = page()
        bench.look(shown)
        await wait(pilot, lambda: shown.field.has_focus)
        await pilot.press(*"needle")
        await wait(pilot, lambda: shown.list.count == 2)
        await pilot.click(shown.list, offset=(5, 0))
        assert bench.results == [HITS[0]]
