"""Esc and Ctrl+C on the real screen: each press closes, clears, stops or leaves one thing."""

from __future__ import annotations

import asyncio
import importlib.util
import time
from pathlib import Path

import pytest
from textual import events
from textual.geometry import Offset

from codepilot_tui.bench import ladder
from codepilot_tui.bridge import Pending
from codepilot_tui.docks.dock_rows import ChipRows
from codepilot_tui.pages.file import FilePage
from codepilot_tui.screens.escape import Ladder
from codepilot_tui.widgets.terminal import TerminalPane

_spec = importlib.util.spec_from_file_location("stage", Path(__file__).parents[2] / "snapshots" / "stage.py")
stage = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(stage)

pytestmark = pytest.mark.slow


def footer(app):
    return [(hint.key, hint.word) for hint in app.session.query_one("#status").hints]


async def _word_of_the_chat(app, pilot):
    """Two clicks on a word of the chat; where it stands."""
    chat = app.parts.chat
    rows = [strip.text for strip in app.session._compositor.render_strips()]
    row = next(y for y, text in enumerate(rows) if "negative" in text)
    at = Offset(rows[row].index("negative") + 1, row) - chat.region.offset
    await pilot.double_click(chat, offset=at)
    await stage.settled(pilot)
    assert app.session.get_selected_text() == "negative." and ("Ctrl+C", "copy") in footer(app)
    return at


async def test_esc_comes_back_from_a_pane_to_the_composer(tmp_path):
    app = stage.Stage(tmp_path)
    async with app.run_test(size=(160, 48)) as pilot:
        await stage.begin(app, pilot)
        for key in ("f2", "f3", "f4"):
            await pilot.press(key, "escape")
            await stage.settled(pilot)
            assert app.session.facts().place == "composer"


async def test_esc_closes_a_page_and_only_that(tmp_path):
    app = stage.Stage(tmp_path)
    async with app.run_test(size=(160, 48)) as pilot:
        await stage.begin(app, pilot)
        await pilot.press("f9")
        app.session.open_page(FilePage("a.py", "x = 1\n"))
        await stage.settled(pilot)
        await app.session.ladder.escape()
        await stage.settled(pilot)
        assert app.session.pages.page is None
        assert app.session.facts().maximised
        await pilot.press("escape")
        await stage.settled(pilot)
        assert not app.session.facts().maximised


async def test_ctrl_c_copies_what_is_selected_and_then_forgets_the_selection(tmp_path):
    app = stage.Stage(tmp_path)
    async with app.run_test(size=(160, 48)) as pilot:
        await stage.begin(app, pilot)
        app.session.composer.text = "a draft"
        await _word_of_the_chat(app, pilot)
        await pilot.press("ctrl+c")
        await stage.settled(pilot)
        assert app.clipboard == "negative." and app.session.composer.text == "a draft"
        assert not app.session.facts().selection
        assert app.session.query_one("#status").notice == "Copied (through your terminal)."


async def test_the_offer_to_quit_ends_after_a_while(tmp_path):
    """A Ctrl+C long after the first one is a first one again."""
    app = stage.Stage(tmp_path)
    async with app.run_test(size=(160, 48)) as pilot:
        await stage.begin(app, pilot)
        clock = [100.0]
        app.session.ladder = Ladder(app.session, lambda: clock[0])
        assert not app.session.ladder.armed
        await app.session.ladder.interrupt()
        assert app.session.ladder.armed and app.session.facts().quit_armed
        assert app.session.query_one("#status").notice == "Ctrl+C again quits"
        clock[0] += ladder.ARMED - 0.01
        assert app.session.ladder.armed
        clock[0] += 0.01
        assert not app.session.ladder.armed
        await app.session.ladder.interrupt()
        assert app.left == []
        await app.session.ladder.interrupt()
        await stage.settled(pilot)
        assert app.left == [""] and not app.session.ladder.armed


async def test_the_offer_to_quit_is_taken_off_the_screen_when_it_holds_no_more(tmp_path):
    app = stage.Stage(tmp_path)
    async with app.run_test(size=(160, 48)) as pilot:
        await stage.begin(app, pilot)
        app.session.ladder = Ladder(app.session, time.monotonic)
        await app.session.ladder.interrupt()
        assert app.session.query_one("#status").notice == "Ctrl+C again quits"
        async with asyncio.timeout(60):
            while app.session.query_one("#status").notice:
                await pilot.pause(0.01)
        assert not app.session.ladder.armed


async def test_esc_in_the_composer_stops_the_agent_and_ctrl_c_with_nothing_to_clear_too(live):
    for key in ("escape", "ctrl+c"):
        app = live([stage.ASKS, stage.ASKS])
        async with app.run_test(size=(160, 48)) as pilot:
            app.session.composer.text = "Do it."
            app.session.to_composer()
            await pilot.pause()
            await pilot.press("enter")
            await app.asks()
            app.session.to_composer()
            await pilot.pause()
            await pilot.press(key)
            await app.is_idle()
            assert app.left == []
            await app.until(lambda: app.session.docks.dock is None)


async def test_what_is_typed_after_ctrl_c_is_not_cleared_by_it(tmp_path):
    app = stage.Stage(tmp_path)
    async with app.run_test(size=(160, 48)) as pilot:
        await stage.begin(app, pilot)
        for key in ("a", "b", "ctrl+c", "c", "d"):
            app.post_message(events.Key(key, key if len(key) == 1 else None))
        await stage.settled(pilot)
        assert app.session.composer.text == "cd"
        assert app.left == []


@pytest.mark.parametrize("key", ["", "f2", "f3", "f1", "f10", "ctrl+p", "alt+t", "ctrl+x"])
async def test_ctrl_c_closes_what_covers_the_draft_then_clears_it_and_then_says_what_quits(tmp_path, key):
    """Found by use: a popup stayed, and the second press quit with the draft in the composer.

    A popup or a page is closed first: what it covers is not to be cleared unseen.
    """
    app = stage.Stage(tmp_path)
    async with app.run_test(size=(80, 24)) as pilot:
        await stage.begin(app, pilot)
        app.left = []
        app.session.composer.text = "a draft"
        if key:
            await pilot.press(key)
            await stage.settled(pilot)
        if key not in ("", "f2", "f3"):
            assert app.session.facts().place in ("popup", "page")
            await pilot.press("ctrl+c")
            await stage.settled(pilot)
            assert app.place() == "composer" and app.session.composer.text == "a draft" and app.notice() == ""
        await pilot.press("ctrl+c")
        assert app.session.composer.text == "" and app.notice() == "" and app.left == []
        assert app.session.composer.history.texts[-1] == "a draft"
        await pilot.press("ctrl+c")
        assert app.notice() == "Ctrl+C again quits" and app.left == []
        await pilot.press("ctrl+c")
        await stage.settled(pilot)
        assert app.left == [""]


async def test_what_is_typed_in_a_popup_is_cleared_before_the_popup_closes(tmp_path):
    app = stage.Stage(tmp_path)
    async with app.run_test(size=(80, 24)) as pilot:
        await stage.begin(app, pilot)
        await pilot.press("ctrl+p", *"quit")
        await stage.settled(pilot)
        await pilot.press("ctrl+c")
        assert app.session.facts().place == "popup" and not app.session.facts().draft
        await pilot.press("ctrl+c")
        await stage.settled(pilot)
        assert app.place() == "composer" and app.notice() == ""


async def test_another_key_between_two_ctrl_c_clears_again(tmp_path):
    app = stage.Stage(tmp_path)
    async with app.run_test(size=(160, 48)) as pilot:
        await stage.begin(app, pilot)
        await pilot.press("ctrl+c", "x", "ctrl+c")
        assert app.left == [] and app.session.composer.text == ""
        assert not app.session.facts().quit_armed  # a draft was cleared, and that announces nothing
        await pilot.press("ctrl+c")
        assert app.left == []


async def test_ctrl_c_empties_the_answer_that_is_written_and_leaves_the_draft(tmp_path):
    app = stage.Stage(tmp_path)
    async with app.run_test(size=(120, 40)) as pilot:
        await stage.settled(pilot)
        app.session.composer.text = "a draft"
        pending = Pending(None, "Which one?")
        app.parts.questions.ask(pending)
        app.parts.questions.recall()
        async with asyncio.timeout(60):
            while not (app.session.docks.dock is not None and app.session.docks.dock.typing):
                await pilot.pause(0.01)
        await pilot.press(*"blue")
        assert app.session.docks.dock.draft == "blue"
        await pilot.press("ctrl+c")
        assert app.session.docks.dock.draft == "" and app.session.composer.text == "a draft"
        pending.future.cancel()
        app.parts.questions.withdraw(pending)


async def _by_two_clicks(app, pilot):
    await pilot.double_click(app.session.composer.editor, offset=(9, 1))


async def _by_a_drag(app, pilot):
    editor = app.session.composer.editor
    start = editor.cursor_screen_offset - editor.region.offset
    await pilot.mouse_down(editor, offset=start)
    await pilot.hover(editor, offset=(start.x - 4, start.y))
    await pilot.mouse_up(editor, offset=(start.x - 4, start.y))


async def _by_keys(app, pilot):
    await pilot.press("shift+left", "shift+left")


@pytest.mark.parametrize("select", [_by_two_clicks, _by_a_drag, _by_keys])
@pytest.mark.parametrize("size", [(160, 48), (80, 24)])
async def test_what_is_selected_in_the_draft_is_copied_and_the_footer_says_so(tmp_path, select, size):
    app = stage.Stage(tmp_path)
    async with app.run_test(size=size) as pilot:
        await stage.begin(app, pilot)
        app.session.composer.text = "alpha beta gamma"
        app.session.to_composer()
        await stage.settled(pilot)
        for copies in ("key", "click on the hint"):
            await select(app, pilot)
            await stage.settled(pilot)
            marked = app.session.composer.editor.selected_text
            assert marked and not app.session.selections
            assert {("Esc", "deselect"), ("Ctrl+C", "copy")} <= set(footer(app))
            app._clipboard = ""
            if copies == "key":
                await pilot.press("ctrl+c")
            else:
                await pilot.click("#status", offset=(app.hint("interrupt"), 0))
            await stage.settled(pilot)
            assert app.clipboard == marked and app.notice() == "Copied (through your terminal)."
            assert app.session.composer.text == "alpha beta gamma" and app.left == []
            app.session.tell("")
            await pilot.press("escape")
            await stage.settled(pilot)
            assert app.session.composer.editor.selected_text == ""
            assert ("Ctrl+C", "copy") not in footer(app)
            assert app.session.composer.text == "alpha beta gamma"


async def test_what_is_selected_in_the_chat_is_copied_by_a_click_on_the_hint(tmp_path):
    app = stage.Stage(tmp_path)
    async with app.run_test(size=(160, 48)) as pilot:
        await stage.begin(app, pilot)
        app.session.composer.text = "a draft"
        await _word_of_the_chat(app, pilot)
        await pilot.click("#status", offset=(app.hint("interrupt"), 0))
        await stage.settled(pilot)
        assert app.clipboard == "negative." and app.session.composer.text == "a draft"
        assert not app.session.selections and app.notice() == "Copied (through your terminal)."


async def test_the_right_button_leaves_what_is_selected_in_the_chat(tmp_path):
    app = stage.Stage(tmp_path)
    async with app.run_test(size=(160, 48)) as pilot:
        await stage.begin(app, pilot)
        at = await _word_of_the_chat(app, pilot)
        await pilot.mouse_down(app.parts.chat, offset=at, button=3)
        await pilot.hover(app.parts.chat, offset=at + (3, 1))
        assert app.session.get_selected_text() == "negative."
        await pilot.click(app.parts.chat, offset=at, button=3)
        await stage.settled(pilot)
        assert app.session.facts().place == "popup"
        await pilot.press("escape")
        await stage.settled(pilot)
        assert app.session.get_selected_text() == "negative."
        await pilot.press("ctrl+c")
        assert app.clipboard == "negative."


@pytest.mark.parametrize("place", ["question", "palette", "find bar"])
async def test_a_word_of_each_field_is_selected_by_two_clicks_and_copied(tmp_path, place):
    app = stage.Stage(tmp_path)
    async with app.run_test(size=(120, 40)) as pilot:
        await stage.begin(app, pilot)
        pending = Pending(None, "Which one?")
        if place == "question":
            app.parts.questions.ask(pending)
            app.parts.questions.recall()
        else:
            await app.run_named("palette" if place == "palette" else "find_terminal")
        await stage.settled(pilot)
        await pilot.press(*"blue", "space", *"red")
        await stage.settled(pilot)
        field = app.focused
        await pilot.double_click(field, offset=(3, 0))
        await stage.settled(pilot)
        assert field.selected_text == "blue" and not app.session.selections
        assert ("Ctrl+C", "copy") in footer(app)
        await pilot.press("ctrl+c")
        await stage.settled(pilot)
        assert app.clipboard == "blue" and app.notice() == "Copied (through your terminal)."
        await pilot.press("x")
        assert getattr(field, "text", None) == "x red" or getattr(field, "value", None) == "x red"
        pending.future.cancel()


@pytest.mark.parametrize("place", ["question", "page"])
async def test_esc_takes_the_selection_before_it_leaves_a_question_or_a_page(tmp_path, place):
    """Seen: it put the question off, and what was typed over the words went into the message."""
    app = stage.Stage(tmp_path)
    async with app.run_test(size=(120, 40)) as pilot:
        await stage.begin(app, pilot)
        pending = Pending(None, "Which one?")
        if place == "question":
            app.parts.questions.ask(pending)
            app.parts.questions.recall()
        else:
            await app.run_named("find_chat", "blue red")
        await stage.settled(pilot)
        if place == "question":
            await pilot.press(*"blue", "space", *"red")
        field = app.focused
        await pilot.double_click(field, offset=(3, 0))
        await stage.settled(pilot)
        assert field.selected_text == "blue"
        await pilot.press("escape")
        assert field.selected_text == "" and app.focused is field and app.place() == place
        assert (field.text if place == "question" else field.value) == "blue red"
        await pilot.press("escape", "escape")
        assert app.place() != place
        pending.future.cancel()


async def test_two_clicks_beside_all_words_select_nothing(tmp_path):
    """They selected the page with all that is in it, and Ctrl+C copied the names of its widgets."""
    app = stage.Stage(tmp_path)
    async with app.run_test(size=(120, 40)) as pilot:
        await stage.begin(app, pilot)
        app.session.open_page(FilePage("a.py", "x = 1\n"))
        await stage.settled(pilot)
        page = app.session.pages.page
        for clicks in (2, 3):
            await pilot.click(page, offset=(1, 1), times=clicks)
            assert not app.session.selections


@pytest.mark.parametrize("over", ["#body", "#composer", "#status", TerminalPane])
async def test_a_drag_that_leaves_the_chat_selects_in_the_chat(tmp_path, drag, over):
    """Up to the row of the mouse. It took all of the chat, and titles of other panes with it."""
    app = stage.Stage(tmp_path)
    async with app.run_test(size=(160, 48)) as pilot:
        await stage.begin(app, pilot)
        app.changed()
        at = await _word_of_the_chat(app, pilot)
        chat = app.parts.chat
        place = app.session.query_one(over).region
        below = over in ("#composer", "#status")
        end = Offset(place.x + 1, place.y if below else chat.region.y + at.y + 3) - chat.region.offset
        await drag(pilot, chat, at, end)
        await stage.settled(pilot)
        assert list(app.session.selections) == [chat]
        text = app.session.get_selected_text()
        assert text.startswith("egative. Fix it") and "CHANGES" not in text
        assert ("all eight tests pass" in text) is below


@pytest.mark.parametrize("over", ["#chat", "#chat-title"])
async def test_a_drag_over_nothing_selects_nothing(tmp_path, drag, over):
    """Ctrl+C was "copy" then, copied nothing, and stopped, cleared and quit nothing more."""
    app = stage.Stage(tmp_path)
    async with app.run_test(size=(160, 48)) as pilot:
        await stage.begin(app, pilot)
        app.session.composer.text = "a draft"
        pane = app.session.query_one(over)
        right = pane.region.width - 3
        rows = [strip.text for strip in app.session._compositor.render_strips()][pane.region.y :]
        blank = next(y for y, row in enumerate(rows) if not row[pane.region.x + right - 6 :][:7].strip())
        await drag(pilot, pane, (right - 6, blank), (right, blank))
        await stage.settled(pilot)
        assert not app.session.selections and not app.session.facts().selection
        await pilot.press("ctrl+c")
        assert app.session.composer.text == ""


async def test_a_drag_past_the_edge_of_the_chat_scrolls_it(tmp_path):
    app = stage.Stage(tmp_path)
    async with app.run_test(size=(100, 24)) as pilot:
        await stage.begin(app, pilot)
        chat = app.parts.chat
        chat.focus()
        await pilot.press("home")
        await stage.settled(pilot)
        assert chat.scroll_y == 0 < chat.max_scroll_y
        x, y = chat.region.offset + (8, chat.size.height // 2)
        bottom = app.session.query_one("#composer").region.bottom - 1
        for kind, row in ((events.MouseDown, y), (events.MouseMove, bottom - 1), (events.MouseMove, bottom)):
            app.post_message(kind(None, x, row, 0, 1, 1, False, False, False, x, row))
            await pilot.pause()
        async with asyncio.timeout(60):
            while chat.scroll_y < chat.max_scroll_y or "42 s" not in (app.session.get_selected_text() or ""):
                await pilot.pause(0.01)
        app.post_message(events.MouseUp(None, x, bottom, 0, 0, 1, False, False, False, x, bottom))


@pytest.mark.parametrize("staging", ["question", "question about edits"])
async def test_ctrl_c_behind_a_drag_at_a_question_copies_and_never_stops(tmp_path, drag, staging):
    app = stage.Stage(tmp_path)
    async with app.run_test(size=(160, 48)) as pilot:
        await stage.begin(app, pilot)
        place, bring = stage.STAGINGS[staging]
        await bring(app, pilot)
        await stage.settled(pilot)
        assert app.place() == place
        dock = app.session.docks.dock
        body = dock.browser.diff if "edits" in staging else dock.query_one(".dock-body")
        await drag(pilot, body, (body.size.width - 30, 0), (body.size.width - 2, 2))
        selected = app.session.get_selected_text()
        assert selected and ("Ctrl+C", "copy") in footer(app)
        await pilot.press("ctrl+c")
        await stage.settled(pilot)
        assert app.clipboard == selected and app.session.docks.dock is dock
        chips = dock.query_one(ChipRows)
        await drag(pilot, chips, (1, 0), (20, 0))
        assert not app.session.selections and app.session.facts().dragged
        await pilot.press("ctrl+c")
        assert not app.session.facts().dragged, "the next one is meant"
