import pytest

from codepilot_tui.pages.change import ChangePage
from codepilot_tui.widgets.edit_list import file_edits

LONG = "".join(f"line {number}\n" for number in range(60))
TWO_CHANGES = LONG.replace("line 3\n", "LINE 3\n").replace("line 50\n", "LINE 50\n")
ONE = file_edits([("src/stock.py", LONG, TWO_CHANGES)])
SEVERAL = file_edits([("src/stock.py", LONG, TWO_CHANGES), ("NEWS.md", None, "new\n")])


@pytest.mark.parametrize("size", [(160, 48), (80, 24), (60, 20)])
async def test_a_change_is_looked_at_and_left(bench, wait, screen_text, size):
    async with bench.run_test(size=size) as pilot:
        page = ChangePage(ONE)
        bench.look(page)
        await wait(pilot, lambda: bench.focused is page and "LINE 3" in screen_text(bench))
        for words in ("src/stock.py", "+2 −2", "change 1 of 2", ", . change", "Esc back"):
            await wait(pilot, lambda words=words: words in screen_text(bench))
        assert "< >" not in screen_text(bench)
        await pilot.press("full_stop")
        await wait(pilot, lambda: "change 2 of 2" in screen_text(bench) and "LINE 50" in screen_text(bench))
        await pilot.press("comma")
        await wait(pilot, lambda: "change 1 of 2" in screen_text(bench))
        await pilot.press("f", "end", "up", "down", "pageup", "pagedown", "home", "right", "left")
        await wait(pilot, lambda: page.browser.diff.row_count > 55)
        await pilot.press("f", "q", "escape")
        assert bench.results == [None]


@pytest.mark.parametrize("size", [(160, 48), (60, 20)])
async def test_it_walks_from_file_to_file(bench, wait, screen_text, size):
    async with bench.run_test(size=size) as pilot:
        page = ChangePage(SEVERAL, at=1)
        bench.look(page)
        await wait(pilot, lambda: bench.focused is page and "new" in screen_text(bench))
        for words in ("Changes · 2 files", "change 3 of 3", "NEWS.md"):
            await wait(pilot, lambda words=words: words in screen_text(bench))
        await pilot.press("<")
        await wait(pilot, lambda: "change 1 of 3" in screen_text(bench) and "LINE 3" in screen_text(bench))
        await pilot.press(">", "comma")
        await wait(pilot, lambda: "change 2 of 3" in screen_text(bench))


async def test_its_keys_can_be_clicked(bench, wait, screen_text):
    async with bench.run_test(size=(120, 30)) as pilot:
        page = ChangePage(SEVERAL)
        bench.look(page)
        await wait(pilot, lambda: bench.focused is page and "change 1 of 3" in screen_text(bench))

        async def click(name):
            place = next(place for place in page._foot.made(120).places if place.name == name)
            await pilot.click("Foot", offset=(place.start, 0))

        await click(", .")
        await wait(pilot, lambda: "change 2 of 3" in screen_text(bench))
        await click("< >")
        await wait(pilot, lambda: "change 3 of 3" in screen_text(bench))
        await pilot.click("FileList", offset=(3, 0))
        await wait(pilot, lambda: "change 1 of 3" in screen_text(bench))
        assert bench.focused is page
        await click("f")
        await wait(pilot, lambda: page.browser.diff.row_count > 55)
        await click("Esc")
        assert bench.results == [None]
