import pytest
from textual import events

from codepilot.diff import counts
from codepilot_tui.pages.change import StreamPage
from codepilot_tui.theme import load_theme, register_themes, tokens_for
from codepilot_tui.widgets.stream_paint import StreamLook
from codepilot_tui.widgets.stream_rows import INLINE, FileDiff

TOKENS = load_theme("dusk")

LONG = "".join(f"line {number}\n" for number in range(60))
TWO_CHANGES = LONG.replace("line 3\n", "LINE 3\n").replace("line 50\n", "LINE 50\n")


def differs(path, before, after, note=""):
    added, removed = counts(before or "", after or "")
    return FileDiff(path, before, after, added, removed, note)


FILES = [
    differs("src/stock.py", LONG, TWO_CHANGES),
    differs("NEWS.md", None, "new\n"),
    differs("image.png", None, None, "not text"),
    *(differs(f"src/m{at}.py", f"x = {at}\n", f"x = {at}  # {at}\n") for at in range(30)),
]


@pytest.fixture
def look(bench, wait, screen_text):
    """Opens the page, and waits for words on the screen."""

    async def opened(pilot, page, *words):
        bench.look(page)
        await wait(pilot, lambda: bench.focused is page and not page.browser.stream.rows.missing(0, 1))
        for each in words:
            await shown(pilot, each)

    async def shown(pilot, words):
        await wait(pilot, lambda: words in screen_text(bench))

    opened.shown = shown
    return opened


@pytest.mark.parametrize("size", [(160, 48), (120, 40), (80, 24), (60, 20)])
async def test_all_files_stand_below_each_other(bench, look, screen_text, size):
    async with bench.run_test(size=size) as pilot:
        page = StreamPage(FILES)
        title = "All changes · 33 files" if size[0] > 60 else "All changes"
        await look(pilot, page, title, "stock.py", "LINE 3", "Esc back")
        stream = page.browser.stream
        text = "\n".join(stream._painter.row(row, StreamLook(TOKENS)).text for row in range(len(stream.rows)))
        order = [text.index(words) for words in ("LINE 3", "LINE 50", "NEWS.md", "not text", "m0.py", "# 29")]
        assert order == sorted(order)
        text = screen_text(bench)
        assert "long lines" not in text
        assert ("│" in text) is (size[0] >= 120), "two halves only where there is room"


async def test_it_walks_from_change_to_change_and_from_file_to_file(bench, wait, look, screen_text):
    async with bench.run_test(size=(120, 30)) as pilot:
        page = StreamPage(FILES)
        await look(pilot, page, "file 1 of 33 · change 1 of 33")
        for key, words in (
            (".", "file 1 of 33 · change 2 of 33"),
            (".", "file 2 of 33 · change 3 of 33"),
            (".", "file 4 of 33 · change 4 of 33"),
            (",", "file 2 of 33 · change 3 of 33"),
            (">", "file 3 of 33"),
            (">", "file 4 of 33 · change 4 of 33"),
            ("<", "file 3 of 33"),
            ("<", "file 2 of 33"),
        ):
            await pilot.press(key)
            await look.shown(pilot, words)
        await pilot.press("end")
        await look.shown(pilot, "src/m29.py")
        await look.shown(pilot, "x = 29  # 29")
        await pilot.press("home")
        await look.shown(pilot, "file 1 of 33 · change 1 of 33")
        await pilot.press("q", "escape")
        assert bench.results == [None]


async def test_the_head_of_the_file_that_is_read_stays_at_the_top(bench, wait, look):
    async with bench.run_test(size=(120, 30)) as pilot:
        page = StreamPage(FILES)
        await look(pilot, page, "LINE 3")
        stream = page.browser.stream
        await pilot.press("f")
        await look.shown(pilot, "line 20")
        await pilot.press("down", "down", "down", "down", "down")
        await wait(pilot, lambda: stream.scroll_offset.y == 5)
        assert "src/stock.py" in stream.render_line(0).text
        assert "line 5" in stream.render_line(1).text


async def test_it_begins_with_the_file_that_was_chosen(bench, wait, look, screen_text):
    async with bench.run_test(size=(120, 30)) as pilot:
        page = StreamPage(FILES, 20)
        await look(pilot, page, "file 21 of 33")
        assert "m17.py" in page.browser.stream.render_line(0).text


async def test_folds_open_by_click_and_lines_wrap(bench, wait, look, screen_text):
    long = [differs("long.txt", LONG, TWO_CHANGES + "words " * 60 + "end\n")]
    async with bench.run_test(size=(100, 40)) as pilot:
        page = StreamPage(long)
        await look(pilot, page, "long.txt", "⋯ 40 unchanged lines", "w wrap")
        stream = page.browser.stream
        row = next(y for y in range(40) if "40 unchanged" in stream.render_line(y).text)
        await pilot.click(stream, offset=(20, row))
        await wait(pilot, lambda: "line 30" in screen_text(bench))
        await pilot.press("w", "end")
        await wait(pilot, lambda: "words end" in screen_text(bench))
        await pilot.press("w")
        await wait(pilot, lambda: "words end" not in screen_text(bench))
        await look.shown(pilot, "← → long lines")
        await pilot.press(*["right"] * 50)
        await wait(pilot, lambda: "words end" in screen_text(bench))


async def test_the_list_and_the_foot_take_the_mouse(bench, wait, look, screen_text):
    async with bench.run_test(size=(120, 30)) as pilot:
        page = StreamPage(FILES)
        await look(pilot, page, "file 1 of 33")

        async def click(name):
            place = next(place for place in page._foot.made(120).places if place.name == name)
            await pilot.click("Foot", offset=(place.start, 0))

        await pilot.click("FileList", offset=(3, 4))
        await look.shown(pilot, "file 5 of 33")
        await click("< >")
        await look.shown(pilot, "file 6 of 33")
        await click(", .")
        await look.shown(pilot, "file 7 of 33")
        top = page.browser.stream.scroll_offset.y
        await pilot._post_mouse_events([events.MouseScrollUp], page.browser.stream)
        await wait(pilot, lambda: page.browser.stream.scroll_offset.y < top)
        await click("Esc")
        assert bench.results == [None]


async def test_the_colours_follow_the_theme(bench, wait, look):
    async with bench.run_test(size=(120, 30)) as pilot:
        register_themes(bench)
        page = StreamPage(FILES)
        await look(pilot, page, "LINE 3")
        stream = page.browser.stream

        def planes():
            strips = [stream.render_line(y) for y in range(20)]
            return {
                str(part.style.bgcolor.get_truecolor().hex)
                for strip in strips
                for part in strip
                if part.style
            }

        dark = planes()
        bench.theme = "paper"
        await wait(pilot, lambda: not planes() & dark)


async def test_a_python_file_has_its_colours_when_the_thread_has_found_them(bench, wait, look):
    async with bench.run_test(size=(120, 30)) as pilot:
        page = StreamPage([differs("a.py", "import os\n", "import sys  # words\n")])
        await look(pilot, page, "import sys")
        stream = page.browser.stream

        def inks():
            strips = [stream.render_line(y) for y in range(8)]
            return {part.style.color.name for strip in strips for part in strip if "import" in part.text}

        await wait(pilot, lambda: stream._painter.painter(0, tokens_for(bench)).late == set())
        await wait(pilot, lambda: len(inks()) == 1 and inks() != {tokens_for(bench)["ink"]})


async def test_another_width_keeps_the_line_that_is_read(bench, wait, look):
    async with bench.run_test(size=(160, 30)) as pilot:
        page = StreamPage(FILES)
        await look(pilot, page, "LINE 3")
        stream = page.browser.stream
        await pilot.press("f", *["down"] * 20)
        await wait(pilot, lambda: "line 20" in stream.render_line(1).text)
        for size in ((80, 30), (160, 20), (60, 20)):
            await pilot.resize_terminal(*size)
            await wait(
                pilot, lambda size=size: stream.size.height < size[1] and not stream.rows.missing(0, 1)
            )
            rows = [stream.render_line(y).text for y in range(4)]
            assert any("line 20" in row for row in rows), (size, rows)


async def test_a_large_file_is_said_to_be_read_and_moves_nothing_when_it_is(bench, wait, look, screen_text):
    large = "".join(f"line {number} of many, with words behind it\n" for number in range(INLINE // 35))
    changed = "".join(f"line {number}\n" for number in range(200)) + large
    files = [differs("large.txt", large, changed), *(each for each in FILES if not each.note)]
    async with bench.run_test(size=(120, 30)) as pilot:
        page = StreamPage(files, 1)
        bench.look(page)
        stream = page.browser.stream
        await wait(pilot, lambda: "LINE 3" in screen_text(bench))
        await wait(pilot, lambda: not stream.rows.missing(0, 1))
        assert "src/stock.py" in stream.render_line(0).text and len(stream.rows) > 200
        await pilot.press("<")
        await wait(pilot, lambda: "large.txt" in stream.render_line(0).text)
        assert "line 0" in screen_text(bench)
