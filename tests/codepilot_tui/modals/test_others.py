import pytest

from codepilot_tui.actions import Keymap
from codepilot_tui.modals.keys import KeysModal
from codepilot_tui.modals.picker import Option, OptionRows, PickerModal, matching
from codepilot_tui.modals.question import QuestionModal
from codepilot_tui.modals.quit import QuitModal
from codepilot_tui.modals.trust import TrustModal

SOON = 0.02
NEVER = 3600.0
MODELS = (
    Option("a", "claude-opus", "200k"),
    Option("b", "claude-sonnet", "1M"),
    Option("c", "gpt-5", "400k"),
    Option("d", "a claude copy"),
)


async def test_a_question_is_answered_with_enter(bench, wait, screen_text):
    async with bench.run_test(size=(80, 24)) as pilot:
        modal = QuestionModal("Which [red]one[/red]?\n1. SQLite", deaf=SOON)
        bench.ask(modal)
        await wait(pilot, lambda: modal.ready and modal.focused is not None)
        assert "Which [red]one[/red]?" in screen_text(bench)
        await pilot.press("enter", "1", "y", "enter")
        await pilot.pause()
        assert bench.results == ["1y"]


async def test_a_question_put_off_keeps_the_words(bench, wait):
    async with bench.run_test(size=(80, 24)) as pilot:
        modal = QuestionModal("Which?", draft="per", deaf=SOON)
        bench.ask(modal)
        await wait(pilot, lambda: modal.ready and modal.focused is not None)
        await pilot.press("end", "h", "escape")
        await pilot.pause()
        assert bench.results == [None]
        assert modal.draft == "perh"


async def test_a_question_leaves_words_begun_elsewhere_alone(bench):
    stray: list[str] = []
    async with bench.run_test(size=(80, 24)) as pilot:
        modal = QuestionModal("Which?", deaf=NEVER, stray=stray.append)
        bench.ask(modal)
        await pilot.pause()
        await pilot.press("h", "i", "enter")
        assert stray == ["h", "i"]
        assert modal.draft == ""
        await pilot.press("escape")
        await pilot.pause()
        assert bench.results == [None]


@pytest.mark.parametrize(("key", "result"), [("y", True), ("n", False), ("escape", None)])
async def test_trust(bench, wait, screen_text, key, result):
    async with bench.run_test(size=(80, 24)) as pilot:
        modal = TrustModal("/home/u/shop", found=["agent.yaml"], deaf=SOON)
        bench.ask(modal)
        await wait(pilot, lambda: modal.ready)
        text = screen_text(bench)
        assert "Do you trust the files in this folder?" in text
        assert "/home/u/shop" in text
        assert "agent.yaml" in text
        assert "no, work without them" in text
        await pilot.press(key)
        await pilot.pause()
        assert bench.results == [result]


@pytest.mark.parametrize(("key", "result"), [("y", "end"), ("n", None), ("escape", None)])
async def test_quitting_while_the_agent_works(bench, wait, screen_text, key, result):
    async with bench.run_test(size=(80, 24)) as pilot:
        modal = QuitModal("running pytest", deaf=SOON)
        bench.ask(modal)
        await wait(pilot, lambda: modal.ready)
        assert "It is running pytest." in screen_text(bench)
        await pilot.press("enter", "q")
        assert bench.results == []
        await pilot.press(key)
        await pilot.pause()
        assert bench.results == [result]


@pytest.mark.parametrize("working", [True, False])
async def test_quitting_while_something_runs(bench, wait, screen_text, working):
    async with bench.run_test(size=(80, 24)) as pilot:
        modal = QuitModal(working=working, running=[("main", "make\x1b[31m"), ("jobs", "")], deaf=SOON)
        bench.ask(modal)
        await wait(pilot, lambda: modal.ready)
        text = screen_text(bench)
        assert ("The agent is working." in text) is working
        assert "main runs make␛[31m" in text and "jobs runs a background job" in text
        assert "leave it running" in text and "stay" in text
        await pilot.press("d")
        await pilot.pause()
        assert bench.results == ["detach"]


async def test_the_keys_are_those_in_force(bench, screen_text):
    async with bench.run_test(size=(90, 44)) as pilot:
        keymap = Keymap().remapped({"take_over": "f11", "leader": "ctrl+b"})
        bench.ask(KeysModal(keymap, [("Files", [("Enter", "open it")])]))
        await pilot.pause()
        text = screen_text(bench)
        for words in (
            "Ctrl+B, then a letter",
            "F11",
            "Ctrl+B t",
            "open it",
            "Start a new conversation · /new",
        ):
            assert words in text
        await pilot.press("f1")
        await pilot.pause()
        assert bench.results == [None]


async def test_picking_by_typing(bench, screen_text):
    async with bench.run_test(size=(80, 24)) as pilot:
        bench.ask(PickerModal("Choose the model", MODELS, current="c"))
        await pilot.pause()
        assert bench.screen.query_one(OptionRows).chosen == MODELS[2]
        await pilot.press(*"claude")
        await pilot.pause()
        assert "gpt-5" not in screen_text(bench)
        await pilot.press("down", "enter")
        await pilot.pause()
        assert bench.results == ["b"]


async def test_picking_nothing(bench, screen_text):
    async with bench.run_test(size=(80, 24)) as pilot:
        bench.ask(PickerModal("Choose the model", MODELS))
        await pilot.pause()
        await pilot.press(*"zz", "enter")
        await pilot.pause()
        assert "nothing of that name" in screen_text(bench)
        await pilot.press("escape")
        await pilot.pause()
        assert bench.results == [None]


async def test_picking_with_the_mouse(bench):
    async with bench.run_test(size=(80, 24)) as pilot:
        bench.ask(PickerModal("Choose the model", MODELS))
        await pilot.pause()
        await pilot.click(OptionRows, offset=(5, 1))
        await pilot.pause()
        assert bench.results == ["b"]


@pytest.mark.parametrize(
    ("wanted", "values"),
    [("", "abcd"), ("claude", "abd"), ("CLAUDE son", "b"), ("a c", "dab"), ("400k", "c"), ("zz", "")],
)
def test_matching(wanted: str, values: str):
    assert "".join(option.value for option in matching(MODELS, wanted)) == values
