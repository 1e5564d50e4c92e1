"""The session screen under the hands of a person: where keys go, what leaves and what comes back."""

from __future__ import annotations

import asyncio
import importlib.util
from pathlib import Path

import pytest
from textual import events
from textual.widget import Widget

from codepilot_tui.bench import memory
from codepilot_tui.frame_timer import FrameTimer
from codepilot_tui.popups.menu import MenuPopup
from codepilot_tui.widgets.chat import ChatView
from codepilot_tui.widgets.terminal.tabs import TerminalTabs

_spec = importlib.util.spec_from_file_location("stage", Path(__file__).parents[2] / "snapshots" / "stage.py")
stage = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(stage)


@pytest.mark.parametrize("name", ["chat", "files", "changes"])
async def test_letters_typed_in_a_reading_pane_go_to_the_composer_in_their_order(tmp_path, name):
    app = stage.Stage(tmp_path)
    async with app.run_test(size=(160, 48)) as pilot:
        await stage.begin(app, pilot)
        await stage.STAGINGS[name][1](app, pilot)
        for letter in "copy yn":  # all at once, as a fast typist or a slow machine has it
            app.post_message(events.Key("space" if letter == " " else letter, letter))
        await stage.settled(pilot)
        assert app.session.composer.text == "copy yn"
        assert app.place() == "composer"
        assert app.clipboard == ""


async def test_what_comes_in_while_the_program_ends_finds_no_parts_and_is_let_go(tmp_path):
    """A terminal that was joined as the screen went asked for its composer, and the program ended with a traceback."""
    app = stage.Stage(tmp_path)
    async with app.run_test(size=(160, 48)) as pilot:
        await stage.begin(app, pilot)
        session = app.session
        assert session.stands
    assert not session.stands
    session.changed()
    session.tell("Too late to be read.")


class _SeesTheEnd(Widget):
    """Is gone before the pane that it is in."""

    def on_unmount(self) -> None:
        self.still_waits = [
            each for each in self.app.workers if each.group == "awaited" and not each.is_cancelled
        ]


async def test_what_a_part_waits_for_comes_no_more_once_its_own_parts_go(tmp_path):
    """Git's letters came into a tree that was gone, and the end of the program was a traceback."""
    app = stage.Stage(tmp_path)
    async with app.run_test(size=(160, 48)) as pilot:
        await stage.begin(app, pilot)
        files = app.session.parts.files
        awaited = files.run_worker(asyncio.Event().wait(), group="awaited")
        await files.pane.mount(part := _SeesTheEnd())
        assert awaited.is_running
    assert part.still_waits == []


async def test_a_paste_into_the_chat_is_meant_for_the_composer(tmp_path):
    app = stage.Stage(tmp_path)
    async with app.run_test(size=(160, 48)) as pilot:
        await stage.begin(app, pilot)
        await pilot.press("f3")
        app.session.focused.post_message(events.Paste("two\nlines"))
        await stage.settled(pilot)
        assert app.session.composer.text == "two\nlines"


async def test_the_screen_is_painted_by_the_timer_that_makes_no_key_wait_two_frames(tmp_path):
    app = stage.Stage(tmp_path)
    async with app.run_test(size=(160, 48)):
        assert isinstance(app.session._update_timer, FrameTimer)
        assert app.session._update_timer in app.session._timers, "or it would go on after the screen"


async def test_tab_goes_from_pane_to_pane_and_back_to_the_composer(tmp_path):
    app = stage.Stage(tmp_path)
    async with app.run_test(size=(160, 48)) as pilot:
        await stage.begin(app, pilot)
        await pilot.press("f2")
        seen = [app.place()]
        for _ in range(3):
            await pilot.press("tab")
            seen.append(app.place())
        assert seen == ["files", "changes", "chat", "terminal"]


async def test_an_error_stays_until_the_next_key(tmp_path):
    app = stage.Stage(tmp_path)
    async with app.run_test(size=(160, 48)) as pilot:
        await stage.begin(app, pilot)
        app.session.tell("It failed", "error")
        await stage.settled(pilot)
        assert app.notice() == "It failed"
        await pilot.press("x")
        assert app.notice() == ""


async def test_a_gap_is_dragged_and_the_width_is_remembered(tmp_path):
    app = stage.Stage(tmp_path)
    async with app.run_test(size=(160, 48)) as pilot:
        await stage.begin(app, pilot)
        before = app.session.panes.shown.terminal
        gap = app.session.query_one("#terminal-gap")
        await pilot.mouse_down(gap, offset=(0, 5))
        await pilot.hover(app.session, offset=(gap.region.x - 10, 6))
        await pilot.mouse_up(app.session, offset=(gap.region.x, 6))
        await stage.settled(pilot)
        assert app.session.panes.shown.terminal == before + 10
        kept = memory.recall(app.parts.plan.work_dir).wants
        assert kept.terminal is not None
        await pilot.click(gap, times=2)
        await stage.settled(pilot)
        assert app.session.panes.shown.terminal == before
        assert memory.recall(app.parts.plan.work_dir).wants.terminal is None


async def test_folding_leaves_a_handle_that_unfolds(tmp_path):
    app = stage.Stage(tmp_path)
    async with app.run_test(size=(160, 48)) as pilot:
        await stage.begin(app, pilot)
        await pilot.press("f7")
        await stage.settled(pilot)
        gap = app.session.query_one("#files-gap")
        assert gap.folded and not app.session.panes.shown.files
        assert memory.recall(app.parts.plan.work_dir).wants.folded == {"files"}
        await pilot.click(gap, offset=(0, gap.size.height // 2))
        await stage.settled(pilot)
        assert app.session.panes.shown.files


async def test_an_idle_terminal_is_a_row_that_leads_there(tmp_path):
    app = stage.Stage(tmp_path)
    async with app.run_test(size=(120, 40)) as pilot:
        await stage.begin(app, pilot)
        strip = app.session.query_one("#strip")
        assert strip.display and "main" in strip.render_line(0).text and "free" in strip.render_line(0).text
        await pilot.click(strip, offset=(5, 0))
        await stage.settled(pilot)
        assert app.place() == "terminal" and not strip.display
        await pilot.press("escape")
        await stage.settled(pilot)
        assert app.place() == "composer" and strip.display


async def test_the_tabs_of_a_narrow_window_are_buttons(tmp_path):
    app = stage.Stage(tmp_path)
    async with app.run_test(size=(80, 24)) as pilot:
        await stage.begin(app, pilot)
        top = app.session.query_one("#top")
        assert top.render_line(0).text.startswith(" chat   files   terminal ○")
        await pilot.click(top, offset=(9, 0))
        await stage.settled(pilot)
        assert app.place() == "files" and app.session.panes.shown.shown == {"files"}
        await pilot.click(top, offset=(2, 0))
        await stage.settled(pilot)
        assert app.place() == "chat" and app.session.panes.shown.shown == {"chat"}


async def test_the_leader_twice_goes_to_the_program(tmp_path):
    app = stage.Stage(tmp_path)
    async with app.run_test(size=(160, 48)) as pilot:
        await stage.begin(app, pilot)
        sent = []
        app.parts.terminals.send_key = sent.append
        await stage.STAGINGS["held terminal"][1](app, pilot)
        await pilot.press("ctrl+x", "ctrl+x")
        await stage.settled(pilot)
        assert sent == ["ctrl+x"]


async def test_the_window_says_what_wants_the_person(tmp_path):
    app = stage.Stage(tmp_path)
    async with app.run_test(size=(160, 48)) as pilot:
        await stage.begin(app, pilot)
        assert app.attention._title == app.project.name
        await stage.STAGINGS["question"][1](app, pilot)
        assert app.attention._title == f"? {app.project.name} · asks"
        app.stop_asking()


async def test_the_theme_is_remembered(tmp_path):
    app = stage.Stage(tmp_path)
    async with app.run_test(size=(160, 48)) as pilot:
        await stage.begin(app, pilot)
        app.parts.keep_theme("paper")
        assert memory.recall(app.parts.plan.work_dir).theme == "paper"


async def test_a_new_conversation_is_asked_about_where_one_would_be_lost(tmp_path):
    app = stage.Stage(tmp_path)
    async with app.run_test(size=(160, 48)) as pilot:
        await stage.begin(app, pilot)
        app.parts.agent.ready = True
        await pilot.press("alt+n")
        await stage.settled(pilot)
        assert app.session.docks.dock.title == "Start a new conversation?"
        await stage.settled(pilot)
        assert "messages and terminals stay" in "\n".join(
            strip.text for strip in app.screen._compositor.render_strips()
        )
        await pilot.press("escape")
        await stage.settled(pilot)
        assert app.session.docks.dock is None
        assert app.session.query_one(ChatView).rows.total


@pytest.mark.parametrize("button", [2, 3])
async def test_only_the_first_button_answers(tmp_path, button):
    """Found by use: a right click on `y allow once` ran the command."""
    app = stage.Stage(tmp_path)
    async with app.run_test(size=(100, 30)) as pilot:
        await stage.settled(pilot)
        await stage.STAGINGS["question"][1](app, pilot)
        await stage.settled(pilot)
        dock = app.session.docks.dock
        chips = dock.query_one("ChipRows")
        at = chips.made(chips.size.width).rows[0].text.index("allow once")
        await pilot.click(chips, offset=(at, 0), button=button)
        await stage.settled(pilot)
        assert app.asked.open and app.session.docks.dock is dock
        assert bool(app.session.query(MenuPopup)) is (button == 3)
        for menu in app.session.query(MenuPopup):
            menu.finish(None)
        await stage.settled(pilot)
        await pilot.click(chips, offset=(at, 0))
        await stage.settled(pilot)
        assert not app.asked.open


async def test_the_right_button_opens_the_menu_of_what_it_clicks(tmp_path):
    app = stage.Stage(tmp_path)
    async with app.run_test(size=(160, 48)) as pilot:
        await stage.begin(app, pilot)
        tree = app.session.query_one("#file-tree")
        await pilot.click(tree, offset=(4, 2), button=3)
        await stage.settled(pilot)
        assert tree.cursor == 2 and app.session.pages.page is None
        (menu,) = app.session.query(MenuPopup)
        assert "open_file" in [option.value for option in menu.rows.options]
        await pilot.press("escape")
        await stage.settled(pilot)
        assert tree.has_focus
        await pilot.click("ChatView", offset=(4, 4), button=3)
        await stage.settled(pilot)
        assert "copy_item" in [option.value for option in app.session.query_one(MenuPopup).rows.options]
        await pilot.press("escape")
        await pilot.click("TerminalView", offset=(4, 4), button=3)
        await stage.settled(pilot)
        assert "find_terminal" in [option.value for option in app.session.query_one(MenuPopup).rows.options]


@pytest.mark.parametrize("way", ["key", "leader", "right button"])
async def test_copy_this_item_copies_each_item_from_the_menu_and_says_so(tmp_path, way):
    """Found by use: it did nothing, without a word."""
    app = stage.Stage(tmp_path)
    async with app.run_test(size=(160, 48)) as pilot:
        await stage.begin(app, pilot)
        chat = app.session.query_one("ChatView")
        chat.focus()
        await pilot.press("home")
        rows, seen = chat.rows, set()
        for row in range(chat.size.height):
            if rows.line(row + chat.scroll_offset.y) is None or rows.index_at(row) in seen:
                continue
            seen.add(rows.index_at(row))
            rows.cursor.index = rows.index_at(row)
            if way == "right button":
                await pilot.click(chat, offset=(8, row), button=3)
            else:
                await pilot.press(*(("f10",) if way == "key" else ("ctrl+x", "space")))
            await stage.settled(pilot)
            menu = app.session.query_one(MenuPopup)
            wanted = rows.text_to_copy()
            at = [option.value for option in menu.rows.options].index("copy_item")
            await pilot.press(*["down"] * at, "enter")
            await stage.settled(pilot)
            assert wanted and app.clipboard == wanted
            assert app.session.query_one("#status").notice == "Copied (through your terminal)."
            app.session.tell("")
        assert len(seen) > 5


async def test_the_right_button_on_a_tab_opens_the_menu_of_its_terminal(tmp_path):
    """Found by use: it was taken for the left one."""
    app = stage.Stage(tmp_path)
    async with app.run_test(size=(160, 48)) as pilot:
        await stage.begin(app, pilot)
        app.terminal("server")
        await stage.settled(pilot)
        pane, tabs = app.parts.terminals.pane, app.session.query_one(TerminalTabs)
        for name in ("server", "main"):
            at = next(start for start, _, each in tabs._places if each == name)
            await pilot.click(tabs, offset=(at + 1, 0), button=3)
            await stage.settled(pilot)
            assert pane.active == name and app.place() == "popup"
            assert "close_terminal" in [
                option.value for option in app.session.query_one(MenuPopup).rows.options
            ]
            await pilot.press("escape")
            await stage.settled(pilot)
            assert app.session.focused is pane.active_view
        held = app.parts.terminals.holder
        await pilot.click(tabs, offset=(tabs._hint[0] + 1, 0), button=3)
        await stage.settled(pilot)
        assert app.parts.terminals.holder == held and not app.session.query(MenuPopup)


async def test_the_right_button_is_the_programs_where_it_asked_for_the_mouse(tmp_path):
    app = stage.Stage(tmp_path)
    async with app.run_test(size=(160, 48)) as pilot:
        await stage.begin(app, pilot, terminal=False)
        app.terminal(data=stage.TESTS + b"\x1b[?1000h\x1b[?1006h", owner="person")
        await app.run_named("focus_terminal")
        await stage.settled(pilot)
        await pilot.click("TerminalView", offset=(4, 4), button=3)
        await stage.settled(pilot)
        assert not app.session.query(MenuPopup)


async def test_a_letter_for_the_agents_terminal_is_answered(tmp_path):
    app = stage.Stage(tmp_path)
    async with app.run_test(size=(160, 48)) as pilot:
        await stage.begin(app, pilot)
        await stage.STAGINGS["agent's terminal"][1](app, pilot)
        await pilot.press("l")
        await stage.settled(pilot)
        notice = app.session.notices.shown
        assert notice is not None and notice.text == "The agent types here. F6 takes over."
        assert app.place() == "terminal" and not app.session.composer.text
