"""The welcome: the best usable row is under the cursor, and what the person went to stays so."""

import pytest

from codepilot_tui.pages.welcome import Offer, WelcomePage

LOCAL = Offer("ollama:qwen", "ollama:qwen", "answers at http://127.0.0.1:11434")
KEYED = Offer("openai:gpt-5", "openai:gpt-5", "OPENAI_API_KEY is set")
MISSING = "This setup uses x:y, but no key was found (X_KEY is not set)."


@pytest.mark.parametrize("size", [(160, 48), (80, 24), (60, 20)])
@pytest.mark.parametrize(("offers", "first"), [([], "demo"), ([KEYED], KEYED.id)])
async def test_enter_takes_the_best_row(bench, wait, screen_text, size, offers, first):
    async with bench.run_test(size=size) as pilot:
        page = WelcomePage(offers, MISSING)
        bench.look(page)
        await wait(pilot, lambda: page.field.has_focus and "Guided demo" in screen_text(bench))
        text = " ".join(screen_text(bench).split())
        for words in ("Choose a model to begin", "X_KEY is not set", "Enter begin", "Esc quit"):
            assert words in text
        assert ("export ANTHROPIC_API_KEY" in text) or size[1] == 20
        await pilot.press("enter")
        assert bench.results == [first]


async def test_a_server_that_is_found_takes_the_cursor_from_the_demo(bench, wait, screen_text):
    async with bench.run_test(size=(80, 24)) as pilot:
        page = WelcomePage([], MISSING)
        bench.look(page)
        await wait(pilot, lambda: page.field.has_focus)
        page.add([LOCAL])
        await wait(pilot, lambda: "ollama:qwen" in screen_text(bench))
        await pilot.press("enter")
        assert bench.results == [LOCAL.id]


async def test_what_the_person_went_to_stays_under_the_cursor(bench, wait):
    async with bench.run_test(size=(80, 24)) as pilot:
        page = WelcomePage([KEYED], MISSING)
        bench.look(page)
        await wait(pilot, lambda: page.field.has_focus)
        await pilot.press("down", "shift")  # a key that goes nowhere changes nothing of that
        page.add([LOCAL])
        assert page.list.chosen.value == "demo"


async def test_it_is_searched_and_clicked(bench, wait, screen_text):
    async with bench.run_test(size=(80, 24)) as pilot:
        page = WelcomePage([KEYED, LOCAL], MISSING)
        bench.look(page)
        await wait(pilot, lambda: page.field.has_focus)
        await pilot.press(*"oll")
        await wait(pilot, lambda: "gpt-5" not in screen_text(bench) and "Esc clear" in screen_text(bench))
        await pilot.press("escape")
        await wait(pilot, lambda: "gpt-5" in screen_text(bench))
        places = {place.name: place for place in page._foot.made(80).places}
        await pilot.click("Foot", offset=(places["↑ ↓"].start, 0))
        assert page.list.cursor == 1
        await pilot.click("OptionRows", offset=(5, 2))
        assert bench.results == ["demo"]


async def test_escape_leaves_it(bench, wait):
    async with bench.run_test(size=(80, 24)) as pilot:
        page = WelcomePage([], MISSING)
        bench.look(page)
        await wait(pilot, lambda: page.field.has_focus)
        await pilot.press("escape")
        assert bench.results == [None]
