import pytest

from codepilot_tui.actions import Keymap
from codepilot_tui.modals.keys import KeysModal
from codepilot_tui.modals.picker import Option, OptionRows, PickerModal, matching

SOON = 0.02
NEVER = 3600.0
MODELS = (
    Option("a", "claude-opus", "200k"),
    Option("b", "claude-sonnet", "1M"),
    Option("c", "gpt-5", "400k"),
    Option("d", "a claude copy"),
)


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
