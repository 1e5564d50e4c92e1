import pytest

from codepilot_tui.pages.file import FilePage
from codepilot_tui.widgets.source import (
    MOST_FOUND,
    Found,
    between,
    column_of,
    cut_at,
    find_all,
    in_sight,
    shown_lines,
)

TEXT = (
    "".join(f"def f{number}():\n    return {number}\n" for number in range(200)) + "# " + "x" * 300 + "END\n"
)


def test_lines_are_safe_and_the_last_newline_begins_none():
    assert shown_lines("a\tb\n\x1b[31mc\n") == ("a   b", "␛[31mc")
    assert shown_lines("a") == ("a",)
    assert shown_lines("") == ("",)
    assert shown_lines("a\n\n") == ("a", "")


def test_lower_case_finds_both_and_a_capital_makes_it_exact():
    lines = ("Stock stock", "STOCK")
    assert find_all(lines, "stock") == (Found(0, 0, 5), Found(0, 6, 11), Found(1, 0, 5))
    assert find_all(lines, "Stock") == (Found(0, 0, 5),)
    assert find_all(lines, "") == ()
    assert find_all(lines, "(") == ()


def test_runs_are_cut_at_marks():
    runs = (("def ", "k"), ("name", "f"), (":", ""))
    assert cut_at(runs, [(2, 6, "found")]) == [
        ("de", "k", ""), ("f ", "k", "found"), ("na", "f", "found"), ("me", "f", ""), (":", "", ""),
    ]  # fmt: skip
    assert cut_at((), [(0, 2, "found")]) == []


def test_a_search_marks_no_more_places_than_a_person_can_visit():
    assert len(find_all(["a" * MOST_FOUND, "aa"], "a")) == MOST_FOUND
    assert len(find_all(["a" * (MOST_FOUND - 1)], "a")) == MOST_FOUND - 1


def test_of_a_long_line_the_parts_in_sight_are_drawn():
    line = "a" * 1_500 + "界" * 2_000
    assert [column_of(line, index) for index in (0, 1_500, 1_501, 3_500)] == [0, 1_500, 1_502, 5_500]
    assert in_sight(line, 0, 80) == (0, 1_000, 0)
    assert in_sight(line, 990, 80) == (0, 2_000, 0)
    assert in_sight(line, 1_000, 80) == (1_000, 2_000, 1_000)
    assert in_sight(line, 5_490, 80) == (3_000, 3_500, 4_500)
    assert in_sight("", 0, 80) == (0, 0, 0)
    assert between((("abc", "k"), ("def", ""), ("ghi", "n")), 2, 7) == (("c", "k"), ("def", ""), ("g", "n"))


async def test_a_file_of_one_long_line_is_searched_and_scrolled(bench, wait, screen_text):
    async with bench.run_test(size=(80, 24)) as pilot:
        page = FilePage("one.js", "a" * 4_000_000 + "b" + "界" * 500_000 + "END")
        bench.look(page)
        await wait(pilot, lambda: page.field.has_focus)
        await pilot.press(*"aaa")
        await wait(pilot, lambda: f"1 of {MOST_FOUND:,} or more" in screen_text(bench))
        await pilot.press("up", "right")
        await wait(pilot, lambda: f"{MOST_FOUND:,} of {MOST_FOUND:,} or more" in screen_text(bench))
        await pilot.press("escape", *"b")
        await wait(pilot, lambda: "1 of 1\n" in screen_text(bench) and "aaab界界界" in screen_text(bench))
        await pilot.press("escape", *"end")
        await wait(pilot, lambda: "1 of 1\n" in screen_text(bench) and "界界END" in screen_text(bench))


async def test_an_empty_file_says_so(bench, wait, screen_text):
    async with bench.run_test(size=(80, 24)) as pilot:
        bench.look(FilePage("zero.txt", ""))
        await wait(pilot, lambda: "empty" in screen_text(bench))
        assert "1 line" not in screen_text(bench)


@pytest.mark.parametrize("size", [(160, 48), (80, 24), (60, 20)])
async def test_a_file_is_read_and_left(bench, wait, screen_text, size):
    async with bench.run_test(size=size) as pilot:
        page = FilePage("src/many.py", TEXT)
        bench.look(page)
        await wait(pilot, lambda: page.field.has_focus and page.source._coloured is not None)
        text = screen_text(bench)
        assert (
            "src/many.py" in text and "401 lines" in text and "Esc back" in text and "  1  def f0():" in text
        )
        await pilot.press("down", "down", "up")
        assert page.source.scroll_offset.y == 1
        await pilot.press("pagedown", "pagedown", "pageup")
        assert page.source.scroll_offset.y > 5
        await pilot.press("end")
        assert "END" not in screen_text(bench)
        await pilot.press("left", *["right"] * 40)
        await wait(pilot, lambda: "END" in screen_text(bench))
        await pilot.press("home", *["left"] * 40)
        await wait(pilot, lambda: "  1  def f0():" in screen_text(bench))
        await pilot.press("escape")
        await wait(pilot, lambda: bench.results == [None])


async def test_letters_search_it(bench, wait, screen_text):
    async with bench.run_test(size=(80, 24)) as pilot:
        page = FilePage("src/many.py", TEXT)
        bench.look(page)
        await wait(pilot, lambda: page.field.has_focus)
        await pilot.press(*"return 15")
        await wait(pilot, lambda: "1 of 11" in screen_text(bench) and "return 15" in screen_text(bench))
        await pilot.press("enter")
        await wait(pilot, lambda: "2 of 11" in screen_text(bench) and "return 150" in screen_text(bench))
        await pilot.press("down")
        await wait(pilot, lambda: "3 of 11" in screen_text(bench))
        await pilot.press("up", "up", "up")
        await wait(pilot, lambda: "11 of 11" in screen_text(bench))
        await pilot.press("z")
        await wait(pilot, lambda: "not in this file" in screen_text(bench))
        await pilot.press("escape")
        await wait(pilot, lambda: "401 lines" in screen_text(bench))
        assert bench.results == []
        await pilot.press(*"end")
        await wait(pilot, lambda: "1 of 1" in screen_text(bench) and "END" in screen_text(bench))
        await pilot.press("z")
        await wait(
            pilot, lambda: "not in this file" in screen_text(bench) and "401  # xx" in screen_text(bench)
        )
        await pilot.press("escape", "escape")
        assert bench.results == [None]


async def test_its_keys_can_be_clicked(bench, wait, screen_text):
    async with bench.run_test(size=(100, 24)) as pilot:
        page = FilePage("src/many.py", TEXT)
        bench.look(page)
        await wait(pilot, lambda: page.field.has_focus)
        places = {place.name: place for place in page._foot.made(100).places}
        for label in ("↑ ↓", "← →", "Home End"):
            await pilot.click("Foot", offset=(places[label].start, 0))
        assert page.source.scroll_offset.x == 8
        assert page.source.scroll_offset.y == page.source.max_scroll_y
        await pilot.click("Foot", offset=(places["Esc"].start, 0))
        assert bench.results == [None]


async def test_a_long_file_is_coloured_line_by_line(bench, wait, screen_text):
    async with bench.run_test(size=(80, 24)) as pilot:
        page = FilePage("src/many.py", TEXT * 20)
        bench.look(page)
        await wait(pilot, lambda: page.field.has_focus and "def f0" in screen_text(bench))
        assert page.source._coloured is None
        styles = {segment.style.color.name for segment in page.source.render_line(0) if segment.text.strip()}
        assert len(styles) > 2


async def test_its_text_is_copied_without_the_numbers(bench, wait):
    async with bench.run_test(size=(80, 24)) as pilot:
        page = FilePage("a.txt", "first line\nsecond line\nthird\n")
        bench.look(page)
        await wait(pilot, lambda: page.field.has_focus and page.source.region.height > 0)
        await pilot.mouse_down("SourceView", offset=(6, 0))
        await pilot.hover("SourceView", offset=(12, 1))
        await pilot.mouse_up("SourceView", offset=(12, 1))
        await pilot.pause()
        assert bench.screen.get_selected_text() == "first line\nsecond "


async def test_two_clicks_select_a_word_of_the_file_and_three_its_line(bench, wait):
    async with bench.run_test(size=(80, 24)) as pilot:
        page = FilePage("a.txt", "first line\n你好 src/app.py and more\nthird\n")
        bench.look(page)
        await wait(pilot, lambda: page.field.has_focus and page.source.region.height > 0)
        left = page.source.number_columns
        for times, column, marked in (
            (2, 8, "src/app.py"),
            (2, 2, "你好"),
            (3, 8, "你好 src/app.py and more"),
        ):
            await pilot.click("SourceView", offset=(left + column, 1), times=times)
            assert bench.screen.get_selected_text() == marked
        await pilot.double_click("SourceView", offset=(left + 40, 1))
        await pilot.double_click("SourceView", offset=(left + 2, 12))
        assert not bench.screen.selections, "nothing stands there"
