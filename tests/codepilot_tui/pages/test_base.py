"""The rules that all pages share."""

from textual import events
from textual.widgets import Static

from codepilot_tui.pages.base import Page


class Reading(Page[str]):
    title = "stock.py"
    placeholder = "find"

    def __init__(self):
        super().__init__()
        self.pressed = []
        self.words = []

    def body(self):
        yield Static("the text", classes="page-body")

    def keys(self):
        return (("Enter", "next"), ("Esc", "back"))

    def press(self, key):
        self.pressed.append(key)
        if key == "enter":
            self.finish("entered")
        return key in ("enter", "up", "left")

    def searched(self, words):
        self.words.append(words)


class Bare(Page[str]):
    title = "bare"


async def test_a_page_covers_the_bench_and_esc_brings_it_back(bench, wait, screen_text):
    async with bench.run_test(size=(80, 24)) as pilot:
        bench.query_one("#composer").focus()
        await pilot.pause()
        await pilot.press("d", "r")
        page = Reading()
        bench.look(page)
        await wait(pilot, lambda: page.field.has_focus)
        text = screen_text(bench)
        for words in ("top", "stock.py", "the text", "Esc back", "status"):
            assert words in text
        assert "bench" not in text
        assert not bench.query_one("#body").display
        await pilot.press("escape")
        await pilot.pause()
        assert bench.results == [None]
        assert bench.focused is bench.query_one("#composer")
        assert bench.focused.value == "dr"
        assert "bench" in screen_text(bench)


async def test_letters_go_into_the_search_field_and_other_keys_to_the_page(bench, wait):
    async with bench.run_test(size=(80, 24)) as pilot:
        page = Reading()
        bench.look(page)
        await wait(pilot, lambda: page.field.has_focus)
        await pilot.press("a", "q", "left", "up", "b")
        await pilot.pause()
        assert page.field.value == "aqb"
        assert page.words == ["a", "aq", "aqb"]
        assert "left" in page.pressed and "up" in page.pressed
        await pilot.press("escape")
        assert page.field.value == ""
        assert bench.results == []
        await pilot.press("enter")
        await pilot.pause()
        assert bench.results == ["entered"]


async def test_a_page_without_a_field_has_the_keyboard_itself(bench, wait):
    async with bench.run_test(size=(80, 24)) as pilot:
        page = Bare()
        bench.look(page)
        await wait(pilot, lambda: bench.focused is page and bool(page.query("Foot")))
        await pilot.click("Foot", offset=(3, 0))
        await pilot.pause()
        assert bench.results == [None]


async def test_a_page_over_a_page(bench, wait):
    async with bench.run_test(size=(80, 24)) as pilot:
        below, above = Reading(), Bare()
        bench.look(below)
        await wait(pilot, lambda: below.field.has_focus)
        bench.look(above)
        await wait(pilot, lambda: bench.focused is above)
        await pilot.press("escape")
        await wait(pilot, lambda: below.field.has_focus)
        assert not bench.query_one("#body").display
        await pilot.press("escape")
        assert bench.query_one("#body").display


async def test_what_is_typed_at_once_after_it_opened_is_searched(bench, wait):
    async with bench.run_test(size=(80, 24)) as pilot:
        bench.query_one("#composer").focus()
        await pilot.pause()
        page = Reading()
        bench.look(page)
        for character in "words":
            bench.post_message(events.Key(character, character))
        await wait(pilot, lambda: page.field.value == "words" and page.field.has_focus)
        assert bench.query_one("#composer").value == ""
