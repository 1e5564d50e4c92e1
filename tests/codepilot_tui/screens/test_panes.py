"""The panes of the real session screen: what opens over them moves nothing below."""

import importlib.util
from pathlib import Path

import pytest

from codepilot_tui.bench import memory
from codepilot_tui.popups.menu import MenuPopup
from codepilot_tui.popups.pick import PickPopup

_spec = importlib.util.spec_from_file_location("stage", Path(__file__).parents[2] / "snapshots" / "stage.py")
stage = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(stage)


@pytest.mark.parametrize("size", [(160, 48), (120, 40), (80, 24)])
@pytest.mark.parametrize("key", ["f10", "ctrl+x", "ctrl+p", "f1"])
async def test_a_popup_or_a_page_leaves_the_panes_as_they_are(tmp_path, size, key):
    app = stage.Stage(tmp_path)
    async with app.run_test(size=size) as pilot:
        await stage.settled(pilot)
        app.terminal()
        await pilot.press("f4")
        await stage.settled(pilot)
        panes, before = app.session.panes, app.session.panes.shown
        assert before.terminal and app.session.facts().place == "terminal"
        await pilot.press(key)
        await stage.settled(pilot)
        assert app.session.facts().place in ("popup", "page")
        assert panes.shown == before
        await pilot.press("escape")
        await stage.settled(pilot)
        assert panes.shown == before and app.session.facts().place == "terminal"


async def test_the_pane_after_a_terminal_is_the_composer_whoever_holds_it(tmp_path):
    """Found by choosing each row of F1: from one that the person held it stayed, or went to the first pane."""
    app = stage.Stage(tmp_path)
    async with app.run_test(size=(120, 40)) as pilot:
        await stage.settled(pilot)
        for owner in ("free", "person"):
            app.terminal(owner=owner)
            await pilot.press("f4")
            await stage.settled(pilot)
            await pilot.press("ctrl+x", "x")
            await stage.settled(pilot)
            assert app.place() == "composer", owner


async def test_widths_that_were_made_the_usual_ones_by_hand_are_said_to_be_so(tmp_path):
    app = stage.Stage(tmp_path)
    async with app.run_test(size=(160, 48)) as pilot:
        await stage.settled(pilot)
        await pilot.press("f2", "alt+shift+right", "alt+shift+left", "alt+shift+up")
        await stage.settled(pilot)
        assert app.notice() == "The panes have their usual widths already."


WIDTHS = ("widen", "narrow", "reset_widths")


@pytest.mark.parametrize(("size", "beside"), [((60, 20), False), ((80, 24), False), ((160, 48), True)])
async def test_widths_are_offered_where_panes_stand_side_by_side(tmp_path, size, beside):
    """Found by use: with one pane on the screen, the menu, the palette and F1 had them, and they did nothing."""
    app = stage.Stage(tmp_path)
    async with app.run_test(size=size) as pilot:
        await begin(app, pilot)
        await pilot.press("f3")
        for key, kind in (("f10", MenuPopup), ("ctrl+p", PickPopup)):
            await pilot.press(key)
            await stage.settled(pilot)
            names = {option.value for option in app.screen.query_one(kind).rows.options}
            assert names.intersection(WIDTHS) == (set(WIDTHS) if beside else set()), key
            await pilot.press("escape")
            await stage.settled(pilot)
        facts, keymap = app.session.here(), app.session.keymap
        assert [keymap[name].available(facts) for name in WIDTHS] == [beside] * 3
        await pilot.press("alt+shift+right")
        await stage.settled(pilot)
        said = "" if beside else "Only one pane is shown: there is no width to change."
        assert app.session.query_one("#status").notice == said


async def begin(app, pilot):
    await stage.settled(pilot)
    app.terminal()
    await stage.settled(pilot)


@pytest.mark.parametrize(
    ("focus", "pane", "way"), [("f2", "files", 1), ("f4", "terminal", 1), ("f3", "terminal", -1)]
)
async def test_a_press_makes_the_focused_pane_two_columns_wider_or_narrower(tmp_path, focus, pane, way):
    """The chat has no width of its own: it is wider where the terminal is narrower."""
    app = stage.Stage(tmp_path)
    async with app.run_test(size=(200, 48)) as pilot:
        await begin(app, pilot)
        await pilot.press(focus)
        await stage.settled(pilot)
        panes = app.session.panes
        before = panes.shown.width(pane)
        await pilot.press("alt+shift+right")
        await stage.settled(pilot)
        assert panes.shown.width(pane) == before + 2 * way
        await pilot.press("alt+shift+left", "alt+shift+left")
        await stage.settled(pilot)
        assert panes.shown.width(pane) == before - 2 * way
        await pilot.press("alt+shift+up")
        await stage.settled(pilot)
        assert panes.shown.width(pane) == before
        assert panes.wants.files is None and panes.wants.terminal is None


@pytest.mark.parametrize(
    ("focus", "key", "said"),
    [
        ("f2", "alt+shift+left", "The files cannot be narrower here."),
        ("f2", "alt+shift+right", "The files cannot be wider here."),
        ("f3", "alt+shift+right", "The chat cannot be wider here."),
        ("f3", "alt+shift+left", "The chat cannot be narrower here."),
        ("f4", "alt+shift+left", "The terminal cannot be narrower here."),
        ("f4", "alt+shift+right", "The terminal cannot be wider here."),
        ("f5", "alt+shift+right", "The chat cannot be wider here."),
    ],
)
async def test_a_pane_that_has_its_last_width_says_so(tmp_path, focus, key, said):
    """Found by use: at the limit the key was silent, and what was wanted went on beyond what was shown."""
    app = stage.Stage(tmp_path)
    async with app.run_test(size=(160, 48)) as pilot:
        await begin(app, pilot)
        await pilot.press(focus)
        await stage.settled(pilot)
        panes, status, pane = app.session.panes, app.session.query_one("#status"), said.split()[1]
        before = 0
        while not status.notice:
            assert panes.shown.chat and panes.shown.width(pane) != before
            before = panes.shown.width(pane)
            await pilot.press(key)
            await pilot.pause()
        assert status.notice == said
        assert panes.shown.width(pane) == before
        wants = panes.wants
        await pilot.press(key)
        assert panes.wants == wants


async def test_widths_that_are_the_usual_ones_already_say_so(tmp_path):
    app = stage.Stage(tmp_path)
    async with app.run_test(size=(160, 48)) as pilot:
        await begin(app, pilot)
        await pilot.press("alt+shift+up")
        await stage.settled(pilot)
        assert app.session.query_one("#status").notice == "The panes have their usual widths already."


async def test_without_a_terminal_in_sight_the_chat_takes_from_the_files(tmp_path):
    app = stage.Stage(tmp_path)
    async with app.run_test(size=(160, 48)) as pilot:
        await begin(app, pilot)
        await pilot.press("f8", "f3")
        await stage.settled(pilot)
        panes = app.session.panes
        before = panes.shown.files
        assert before and not panes.shown.terminal
        await pilot.press("alt+shift+right")
        await stage.settled(pilot)
        assert panes.shown.files == before - 2


@pytest.mark.parametrize(("focus", "pane"), [("f2", "files"), ("f3", "chat"), ("f4", "terminal")])
async def test_the_focused_pane_is_given_all_the_room_and_gives_it_back(tmp_path, focus, pane):
    app = stage.Stage(tmp_path)
    async with app.run_test(size=(160, 48)) as pilot:
        await begin(app, pilot)
        await pilot.press(focus)
        await stage.settled(pilot)
        panes, before = app.session.panes, app.session.panes.shown
        await pilot.press("f9")
        await stage.settled(pilot)
        assert panes.shown.shown == {pane} and app.session.facts().maximised
        await pilot.press("f9")
        await stage.settled(pilot)
        assert panes.shown == before and not app.session.facts().maximised
        await pilot.press("f9", "escape")
        await stage.settled(pilot)
        assert panes.shown == before, "Esc restores, too"


async def test_from_the_composer_the_chat_is_maximised(tmp_path):
    app = stage.Stage(tmp_path)
    async with app.run_test(size=(160, 48)) as pilot:
        await begin(app, pilot)
        assert app.place() == "composer"
        await pilot.press("f9")
        await stage.settled(pilot)
        assert app.session.panes.shown.shown == {"chat"}


async def test_going_to_another_pane_ends_the_maximising_and_unfolds(tmp_path):
    app = stage.Stage(tmp_path)
    async with app.run_test(size=(160, 48)) as pilot:
        await begin(app, pilot)
        await pilot.press("f7", "f4", "f9")
        await stage.settled(pilot)
        panes = app.session.panes
        assert panes.shown.shown == {"terminal"} and panes.wants.folded == {"files"}
        await pilot.press("f2")
        await stage.settled(pilot)
        assert app.place() == "files" and panes.shown.files
        assert panes.wants.maximised is None and panes.wants.folded == frozenset()


async def test_a_terminal_that_has_the_whole_screen_gives_the_composer_back(tmp_path):
    app = stage.Stage(tmp_path)
    async with app.run_test(size=(160, 48)) as pilot:
        await begin(app, pilot)
        await pilot.press("f4", "f9")
        await stage.settled(pilot)
        assert not app.session.composer.display and not app.session.query_one("#top").display
        await pilot.press("f5")
        await stage.settled(pilot)
        assert app.place() == "composer" and app.session.composer.display
        assert app.session.query_one("#top").display


@pytest.mark.parametrize(("focus", "key", "pane"), [("f2", "f7", "files"), ("f4", "f8", "terminal")])
async def test_folding_the_pane_with_the_keyboard_gives_the_keyboard_to_the_composer(
    tmp_path, focus, key, pane
):
    app = stage.Stage(tmp_path)
    async with app.run_test(size=(160, 48)) as pilot:
        await begin(app, pilot)
        await pilot.press(focus, key)
        await stage.settled(pilot)
        assert app.place() == "composer" and not app.session.panes.shown.width(pane)
        await pilot.press("f3", key)
        await stage.settled(pilot)
        assert pane not in app.session.panes.wants.folded and app.place() == "chat"


async def test_a_pane_for_which_there_was_no_room_is_shown_by_the_key_that_folds_it(tmp_path):
    app = stage.Stage(tmp_path)
    async with app.run_test(size=(80, 24)) as pilot:
        await begin(app, pilot)
        assert not app.session.panes.shown.files
        await pilot.press("f7")
        await stage.settled(pilot)
        assert app.place() == "files" and app.session.panes.shown.files
        assert app.session.panes.wants.folded == frozenset()


async def test_tab_passes_by_what_is_not_in_sight(tmp_path):
    app = stage.Stage(tmp_path)
    async with app.run_test(size=(160, 48)) as pilot:
        await begin(app, pilot)
        await pilot.press("f8", "f2", "tab")
        seen = [app.place()]
        for _ in range(2):
            await pilot.press("tab")
            seen.append(app.place())
        assert seen == ["changes", "chat", "composer"]


async def test_to_go_to_a_terminal_before_there_is_one_says_that_it_starts(tmp_path):
    app = stage.Stage(tmp_path)
    async with app.run_test(size=(160, 48)) as pilot:
        await stage.settled(pilot)
        before = app.session.panes.shown
        await pilot.press("f4")
        await stage.settled(pilot)
        assert app.session.query_one("#status").notice == "The terminals are still starting."
        assert app.session.panes.shown == before and app.place() == "composer"


@pytest.mark.parametrize("size", [(120, 40), (80, 24)])
async def test_a_message_brings_the_chat_though_a_terminal_is_held(tmp_path, size):
    app = stage.Stage(tmp_path)
    async with app.run_test(size=size) as pilot:
        await stage.settled(pilot)
        app.terminal(owner="person")
        await pilot.press("f4")
        await stage.settled(pilot)
        await pilot.press("ctrl+x", "i")
        await stage.settled(pilot)
        assert app.place() == "composer" and app.session.panes.shown.shown == {"terminal"}
        await pilot.press("h", "i", "enter")
        await stage.settled(pilot)
        assert app.place() == "composer" and "chat" in app.session.panes.shown.shown
        await pilot.press("f4")
        await stage.settled(pilot)
        await pilot.press("ctrl+x", "i")
        await stage.settled(pilot)
        assert app.session.panes.shown.shown == {"terminal"}, "it is looked at again"


async def test_a_gap_stands_between_two_panes_that_are_seen_and_nowhere_else(tmp_path):
    app = stage.Stage(tmp_path)
    async with app.run_test(size=(120, 40)) as pilot:
        await begin(app, pilot)

        def gaps():
            return [app.session.query_one(gap).display for gap in ("#files-gap", "#terminal-gap")]

        panes = app.session.panes
        assert panes.shown.shown == {"files", "chat"} and gaps() == [True, False]
        await pilot.press("f4")
        await stage.settled(pilot)
        assert panes.shown.shown == {"chat", "terminal"} and gaps() == [False, True]
        await pilot.press("f9")
        await stage.settled(pilot)
        assert panes.shown.shown == {"terminal"} and gaps() == [False, False]


@pytest.mark.parametrize(("pane", "gap"), [("files", "#files-gap"), ("terminal", "#terminal-gap")])
async def test_each_gap_drags_its_own_pane_and_gives_it_its_usual_width_back(tmp_path, pane, gap):
    app = stage.Stage(tmp_path)
    async with app.run_test(size=(200, 48)) as pilot:
        await begin(app, pilot)
        panes, usual = app.session.panes, app.session.panes.shown
        x, y = app.session.query_one(gap).region.offset
        wider = x + (4 if pane == "files" else -4)
        await pilot.mouse_down(offset=(x, y))
        await pilot.hover(offset=(wider, y))
        await pilot.mouse_up(offset=(wider, y))
        await stage.settled(pilot)
        other = "terminal" if pane == "files" else "files"
        assert panes.shown.width(pane) == usual.width(pane) + 4
        assert panes.shown.width(other) == usual.width(other)
        assert app.parts.remembered.wants == panes.wants
        await pilot.click(offset=(wider, y), times=2)
        await stage.settled(pilot)
        assert panes.shown == usual


async def test_what_the_person_wants_of_the_panes_is_kept_when_it_changes_and_only_then(tmp_path):
    app = stage.Stage(tmp_path)
    async with app.run_test(size=(160, 48)) as pilot:
        await begin(app, pilot)
        await pilot.press("f7")
        await stage.settled(pilot)
        assert memory.recall(app.project).wants.folded == {"files"}
        memory.keep(app.project, memory.Remembered(theme="of another window"))
        app.session.panes.released()  # a gap that was let go of where it had been taken
        assert memory.recall(app.project).theme == "of another window"


async def test_the_chat_stands_above_what_else_is_in_its_column(tmp_path):
    app = stage.Stage(tmp_path)
    async with app.run_test(size=(120, 40)) as pilot:
        await begin(app, pilot)
        strip = app.session.query_one("#strip")
        assert strip.display and app.parts.chat.region.bottom <= strip.region.y
