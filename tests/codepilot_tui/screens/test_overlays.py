"""Docks, pages and popups in the real session screen: where they stand, what stays in sight, what the keys do."""

import asyncio
import importlib.util
from dataclasses import replace
from pathlib import Path

import pytest
from textual import events

from codepilot import events as ev
from codepilot.decision import Decision, PermissionRequest
from codepilot_tui.bench.ladder import escape_word
from codepilot_tui.bridge import Pending
from codepilot_tui.docks.edits import EditsDock
from codepilot_tui.pages.file import FilePage
from codepilot_tui.pages.keys import KeysPage
from codepilot_tui.watcher import DiskChange
from codepilot_tui.widgets.popup import Popup

_spec = importlib.util.spec_from_file_location("stage", Path(__file__).parents[2] / "snapshots" / "stage.py")
stage = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(stage)

SIZES = pytest.mark.parametrize("size", [(160, 48), (120, 40), (80, 24), (60, 20)])
ASKED = (
    *stage.step(
        3,
        "Now I push it, because the branch was rebased.",
        ev.ToolStarted(call_id="c9", tool="execute", args={}, label="main › git push"),
        ev.PermissionAsked(
            request_id="r1", call_id="c9", tool="execute", description="Execute: git push", kind="command"
        ),
    ),
)
EDIT = PermissionRequest(
    id="r3", call_id="c9", tool="edit_file", description="Write", kind="edit", path="inventory/stock.py",
    before=stage.BEFORE, after=stage.AFTER, why="mode ask",
)  # fmt: skip


async def until(pilot, condition):
    async with asyncio.timeout(60):
        while not condition():
            await pilot.pause(0.01)


def text(app) -> str:
    lines = app.screen._compositor.render_strips()
    return "\n".join(strip.text.rstrip() for strip in lines[: app.size.height])


def status(app) -> str:
    return text(app).split("\n")[-1]


async def ask(app, pilot, request=stage.COMMAND) -> Pending:
    app.play(stage.TASK, *stage.LOOKED, *stage.EDITED, *ASKED)
    pending = Pending(request, "")
    app.parts.questions.ask(pending)
    await until(pilot, lambda: app.session.docks.dock is not None and app.session.docks.dock.ready)
    return pending


async def ask_for_edits(app, pilot, request) -> Pending:
    app.put_on_disk(request)
    return await ask(app, pilot, request)


@SIZES
async def test_the_sentence_and_the_call_stay_in_sight_above_the_question(tmp_path, size):
    app = stage.Stage(tmp_path)
    async with app.run_test(size=size) as pilot:
        for _ in range(4):
            await stage.begin(app, pilot, terminal=False)
        app.parts.chat.action_page_up()
        app.parts.chat.action_page_up()
        await stage.settled(pilot)
        assert app.parts.chat.scroll_y < app.parts.chat.max_scroll_y, "the person reads further up"
        pending = await ask(app, pilot)
        await stage.settled(pilot)
        seen = text(app)
        assert "Run this command?" in seen and "git push origin --force-with-lease fix/stock" in seen
        dock, session = app.session.docks.dock, app.session
        if size[1] > 20:
            assert "the branch was rebased" in seen
            assert "main › git push" in seen
            rows = seen.split("\n")
            call = max(at for at, row in enumerate(rows) if "main › git push" in row)
            assert call < dock.region.y
            if app.parts.chat.virtual_size.height > app.parts.chat.size.height:
                assert call >= dock.region.y - 2, "directly above"
        assert dock.region.bottom <= session.composer.region.y
        if size[0] >= 110:
            chat = session.query_one("#chat-column").region
            assert (dock.region.x, dock.region.width) == (chat.x, chat.width)
        else:
            assert dock.region.width == size[0]
        await pilot.press("n")
        assert pending.future.result(0) == Decision(allow=False)
        assert session.facts().place == "composer"


@SIZES
async def test_a_question_does_not_hide_the_panes_until_it_has_its_rows(tmp_path, size):
    app = stage.Stage(tmp_path)
    async with app.run_test(size=size) as pilot:
        await stage.settled(pilot)
        session, laid_out = app.session, []
        session.screen_layout_refresh_signal.subscribe(
            session, lambda _: laid_out.append(session.docks.region.height)
        )
        await ask(app, pilot)
        await stage.settled(pilot)
        assert (
            max(laid_out)
            == laid_out[-1]
            == session.docks.region.height
            < session.query_one("#body").region.height
        )
        await pilot.press("n")


@SIZES
async def test_an_edit_has_all_columns_and_gives_them_back(tmp_path, size):
    app = stage.Stage(tmp_path)
    async with app.run_test(size=size) as pilot:
        await stage.settled(pilot)
        chat = app.session.query_one("#chat-column").region
        pending = await ask_for_edits(app, pilot, EDIT)
        await stage.settled(pilot)
        dock = app.session.docks.dock
        assert isinstance(dock, EditsDock)
        assert (dock.region.x, dock.region.width) == (0, size[0])
        assert "raise OutOfStock" in text(app)
        await pilot.press("f5")
        if size == (60, 20):  # it may have all rows in any case, and needs fewer
            assert "All of the question is shown already." in text(app)
        else:
            await until(pilot, lambda: dock.region.height == app.session.query_one("#body").region.height)
            await pilot.press("f5")
        await pilot.press("y")
        assert pending.future.result(0) == Decision(allow=True)
        await until(pilot, lambda: app.session.query_one("#chat-column").region == chat)


@pytest.mark.parametrize("size", [(160, 48), (100, 30)])
async def test_a_question_made_full_is_small_again_where_f5_has_no_use(tmp_path, size):
    """Found by use: it covered the chat for ever, and no key made it small."""
    app = stage.Stage(tmp_path)
    async with app.run_test(size=size) as pilot:
        await stage.settled(pilot)
        await ask_for_edits(app, pilot, EDIT)
        await stage.settled(pilot)
        dock = app.session.docks.dock
        assert isinstance(dock, EditsDock)
        body = app.session.query_one("#body")
        await pilot.press("f5")
        await until(pilot, lambda: dock.region.height == body.region.height)
        assert "F5 less" in text(app)
        await pilot.resize_terminal(60, 20)
        await until(pilot, lambda: dock.region.height < body.region.height)
        assert "F5" not in text(app)
        await pilot.resize_terminal(*size)
        await until(pilot, lambda: "F5 full" in text(app))
        assert dock.region.height < body.region.height
        await pilot.press("f5")
        await until(pilot, lambda: dock.region.height == body.region.height)
        await pilot.press("n")


async def test_letters_over_a_deaf_question_reach_a_draft_that_is_being_written_and_nothing_else(tmp_path):
    app = stage.Stage(tmp_path)
    async with app.run_test(size=(120, 40)) as pilot:
        await stage.settled(pilot)
        await ask(app, pilot)
        dock = app.session.docks.dock
        dock.arming.deaf = 3600
        dock.arm()
        await pilot.press("y", "y")
        assert app.session.composer.text == ""
        app.parts.questions.typed(composer=True)
        await pilot.press("o", "k")
        assert app.session.composer.text == "ok"


async def test_words_over_a_question_that_is_ready_reach_the_draft(tmp_path):
    app = stage.Stage(tmp_path)
    async with app.run_test(size=(120, 40)) as pilot:
        await stage.settled(pilot)
        pending = await ask(app, pilot)
        for character in "look, my words":
            app.post_message(events.Key("space" if character == " " else character, character))
        await until(pilot, lambda: app.session.composer.text == "look, my words")
        app.post_message(events.Paste("\nand\nyours"))
        await until(pilot, lambda: app.session.composer.text == "look, my words\nand\nyours")
        assert pending.open and app.session.facts().place == "composer", "what follows is typed there, too"


async def test_a_click_elsewhere_only_peeks(tmp_path):
    app = stage.Stage(tmp_path)
    async with app.run_test(size=(120, 40)) as pilot:
        await stage.settled(pilot)
        pending = await ask(app, pilot)
        await pilot.click("#composer Editor")
        await pilot.press("y", "e", "s")
        assert pending.open and app.session.composer.text == "yes"
        assert "Ctrl+O answer" in text(app)
        dock = app.session.docks.dock
        dock.arming.deaf = 3600
        await pilot.press("ctrl+o")
        assert dock.ready and dock.holds_focus
        await pilot.press("f3")
        await until(pilot, lambda: dock.arming.state == "away")
        await pilot.press("ctrl+o")
        await until(pilot, lambda: dock.ready)
        await pilot.press("escape")
        await until(pilot, lambda: "Ctrl+O answer" in text(app) and app.session.docks.dock is None)
        assert pending.open and app.session.facts().place == "composer"


async def test_a_click_on_the_row_that_names_the_question_opens_it(tmp_path):
    app = stage.Stage(tmp_path)
    async with app.run_test(size=(120, 40)) as pilot:
        await stage.settled(pilot)
        await ask(app, pilot)
        await pilot.press("escape")
        await until(pilot, lambda: "Ctrl+O answer" in text(app) and app.session.docks.dock is None)
        await stage.settled(pilot)
        await pilot.click("#banner", offset=(30, 0))
        await until(pilot, lambda: app.session.docks.dock is not None and app.session.docks.dock.holds_focus)
        await pilot.press("escape")
        await until(pilot, lambda: app.session.docks.dock is None)
        assert app.session.facts().place == "composer"


async def ask_in_words(app, pilot) -> Pending:
    app.play(stage.TASK, *stage.LOOKED)
    pending = Pending(None, "Which one?")
    app.parts.questions.ask(pending)
    await until(pilot, lambda: app.session.docks.dock is not None and app.session.docks.dock.typing)
    return pending


async def test_ctrl_c_clears_an_answer_before_it_stops_and_leaves_the_draft_alone(tmp_path):
    app = stage.Stage(tmp_path)
    async with app.run_test(size=(120, 40)) as pilot:
        await stage.settled(pilot)
        await ask_in_words(app, pilot)
        app.session.composer.text = "a draft"
        answer = app.session.docks.dock.answer
        await pilot.press(*"mine", "alt+enter", *"too", "ctrl+c")
        await until(pilot, lambda: answer.text == "")
        assert app.session.composer.text == "a draft"
        await pilot.press("ctrl+z")
        assert answer.text == "mine\ntoo"


async def test_wide_characters_of_a_change_are_all_shown(tmp_path):
    """The borders of the panes beneath pass on odd columns or on even ones."""
    wide = "日" * 34
    lines = f"{wide}\n {wide}\n"
    request = replace(EDIT, before=lines.replace("日", "本"), after=lines)
    app = stage.Stage(tmp_path)
    async with app.run_test(size=(160, 48)) as pilot:
        await stage.settled(pilot)
        await ask_for_edits(app, pilot, request)
        await stage.settled(pilot)
        assert text(app).count(wide) == text(app).count(wide.replace("日", "本")) == 2
        await pilot.press("f5")
        await until(pilot, lambda: "F5 less" in text(app))
        assert text(app).count(wide) == text(app).count(wide.replace("日", "本")) == 2


async def test_the_keys_of_a_question_are_those_that_the_footer_names(tmp_path):
    app = stage.Stage(tmp_path)
    async with app.run_test(size=(120, 40)) as pilot:
        await stage.settled(pilot)
        pending = await ask(app, pilot)
        dock = app.session.docks.dock
        await until(pilot, lambda: "Esc later" in text(app) and "Ctrl+C stop" in status(app))
        await pilot.press("d", *"use make")
        await until(pilot, lambda: "Esc back" in text(app) and "Ctrl+C clear" in status(app))
        assert escape_word(app.session.facts()) == "back"
        await app.run_named("back")
        await until(pilot, lambda: not dock.writing and "Esc later" in text(app))
        assert app.session.docks.dock is dock and dock.reason.text == "use make"
        await until(pilot, lambda: dock.ready)
        await pilot.press("d", "ctrl+c")
        assert dock.reason.text == "" and pending.open
        await pilot.press("escape", "escape")
        await until(pilot, lambda: app.session.docks.dock is None and "Esc stop" in status(app))
        assert pending.open and app.session.facts().working


async def test_several_questions_are_walked_with_tab(tmp_path):
    app = stage.Stage(tmp_path)
    async with app.run_test(size=(120, 40)) as pilot:
        await stage.settled(pilot)
        app.put_on_disk(EDIT)
        first = await ask(app, pilot)
        second = Pending(EDIT, "")
        app.parts.questions.ask(second)
        await until(pilot, lambda: "1 of 2" in text(app) and "Tab next" in text(app))
        await pilot.press("tab")
        await until(pilot, lambda: "2 of 2" in text(app) and isinstance(app.session.docks.dock, EditsDock))
        await until(pilot, lambda: app.session.docks.dock.ready)
        await pilot.press("y")
        await until(pilot, lambda: app.session.docks.dock is not None and app.session.docks.dock.ready)
        assert second.future.result(0) == Decision(allow=True)
        await pilot.press("n")
        assert first.future.result(0) == Decision(allow=False)
        assert app.session.docks.dock is None


@pytest.mark.parametrize(
    ("gone", "why"),
    [
        ("stopped", "The question is gone: the task was stopped."),
        ("lost", "The question is gone: the agent's Python was restarted."),
        ("answered", "The question was answered in another program."),
    ],
)
async def test_a_withdrawn_question_goes_and_says_so(tmp_path, gone, why):
    app = stage.Stage(tmp_path)
    async with app.run_test(size=(120, 40)) as pilot:
        await stage.settled(pilot)
        pending = await ask(app, pilot)
        pending.future.cancel()
        pending.gone = gone
        app.parts.questions.withdraw(pending)
        await until(pilot, lambda: app.session.docks.dock is None)
        await until(pilot, lambda: why in text(app))
        assert app.session.facts().place == "composer"


@SIZES
async def test_a_page_covers_all_but_the_bars_and_keeps_the_draft(tmp_path, size):
    app = stage.Stage(tmp_path)
    async with app.run_test(size=size) as pilot:
        await stage.settled(pilot)
        await pilot.press(*"xyzzy")
        await pilot.press("f1")
        await until(pilot, lambda: isinstance(app.session.pages.page, KeysPage))
        await stage.settled(pilot)
        page = app.session.pages.page
        assert page.region.y == 1 and page.region.bottom == size[1] - 1
        assert "Here: composer" in text(app) and "xyzzy" not in text(app)
        await pilot.press("f1")
        assert app.session.pages.page is page
        await pilot.press("escape")
        await until(pilot, lambda: app.session.pages.page is None)
        assert app.session.composer.text == "xyzzy"
        assert app.session.facts().place == "composer"
        await pilot.press("s")
        assert app.session.composer.text == "xyzzys"


async def test_a_question_waits_for_a_page_to_be_closed(tmp_path):
    app = stage.Stage(tmp_path)
    async with app.run_test(size=(120, 40)) as pilot:
        await stage.settled(pilot)
        app.session.open_page(FilePage("a.py", "x = 1\n"))
        await until(
            pilot, lambda: app.session.pages.page is not None and app.session.pages.page.field.has_focus
        )
        app.play(stage.TASK, *ASKED)
        app.parts.questions.ask(Pending(stage.COMMAND, ""))
        await until(pilot, lambda: app.parts.questions.waiting == 1)
        app.parts.questions.poll()  # as after a while in which nobody types
        await stage.settled(pilot)
        assert app.session.docks.dock is None
        await pilot.press("escape")
        await until(pilot, lambda: app.session.docks.dock is not None and app.session.docks.dock.ready)


@SIZES
async def test_popups_stand_under_the_bar_and_close_by_a_click_beside(tmp_path, size):
    app = stage.Stage(tmp_path)
    async with app.run_test(size=size) as pilot:
        await stage.settled(pilot)
        await pilot.press("ctrl+p")
        await until(pilot, lambda: bool(app.session.query(Popup)) and app.session.facts().place == "popup")
        popup = app.session.query_one(Popup)
        await until(pilot, lambda: popup.region.width == min(72, size[0]))
        assert popup.region.y == 1 and popup.region.height <= 10
        assert "Stop the agent" not in text(app)
        await pilot.click("#composer Editor")
        await until(pilot, lambda: not app.session.query(Popup))
        assert app.session.facts().place == "composer"
        await pilot.press("ctrl+p", *"theme", "enter")
        await until(pilot, lambda: "paper" in text(app) and "● dusk" in text(app))
        await pilot.press("down", "enter")
        await until(pilot, lambda: app.theme == "paper")


async def test_a_file_of_the_tree_is_opened_and_closed(tmp_path):
    app = stage.Stage(tmp_path)
    async with app.run_test(size=(120, 40)) as pilot:
        await stage.settled(pilot)
        await pilot.press("f2", "end", "enter")
        await until(pilot, lambda: isinstance(app.session.pages.page, FilePage))
        await until(pilot, lambda: app.session.pages.page.field.has_focus)
        await pilot.press("escape")
        await until(pilot, lambda: app.session.pages.page is None)
        assert app.session.facts().place == "files"


@SIZES
async def test_all_edits_of_a_step_are_one_question_and_one_answer(tmp_path, size):
    app = stage.Stage(tmp_path)
    async with app.run_test(size=size) as pilot:
        await stage.settled(pilot)
        pending = await ask_for_edits(app, pilot, stage.EDITS)
        await stage.settled(pilot)
        seen = text(app)
        for words in ("Change 3 files?", "change 1 of 3", "allow all 3", "inventory/stock.py"):
            assert words in seen
        await pilot.press(">")
        await until(pilot, lambda: "change 2 of 3" in text(app) and "def report" in text(app))
        await pilot.press(".")
        await until(pilot, lambda: "change 3 of 3" in text(app) and "CHANGELOG.md" in text(app))
        await pilot.press("y")
        assert pending.future.result(0) == Decision(allow=True, whole_step=True)


async def test_large_files_are_compared_before_they_are_asked_about_and_the_screen_goes_on(tmp_path):
    app = stage.Stage(tmp_path)
    huge = "".join(f"value_{number} = {number}\n" for number in range(100_000))
    request = replace(EDIT, before=None, after=huge, path="huge.py")
    async with app.run_test(size=(120, 40)) as pilot:
        await stage.settled(pilot)
        pending = Pending(request, "")
        app.parts.questions.ask(pending)
        assert app.session.notices.shown.text == "Comparing huge.py, which is large."
        assert app.parts.questions.waiting == 0
        await until(pilot, lambda: app.session.docks.dock is not None and app.session.docks.dock.ready)
        assert app.session.notices.shown is None
        seen = text(app)
        assert "Create huge.py?" in seen and "+100000" in seen.replace(",", "") and "value_0 = 0" in seen
        await pilot.press("end")
        await until(pilot, lambda: "more changed lines not shown" in text(app))
        await pilot.press("y")
        assert pending.future.result(0) == Decision(allow=True)


async def test_a_question_about_large_files_may_be_withdrawn_while_they_are_compared(tmp_path):
    app = stage.Stage(tmp_path)
    async with app.run_test(size=(120, 40)) as pilot:
        await stage.settled(pilot)
        pending = Pending(replace(EDIT, before=None, after="x = 1\n" * 200_000, path="huge.py"), "")
        app.parts.questions.ask(pending)
        pending.future.cancel()
        app.parts.questions.withdraw(pending)
        await stage.settled(pilot)
        assert app.parts.questions.waiting == 0 and app.session.docks.dock is None


async def test_a_file_saved_by_hand_while_the_question_stands_is_a_conflict(tmp_path):
    app = stage.Stage(tmp_path)
    file = app.project / "inventory" / "stock.py"
    file.write_text(stage.BEFORE)
    async with app.run_test(size=(160, 48)) as pilot:
        await stage.settled(pilot)
        await ask(app, pilot, EDIT)
        await stage.settled(pilot)
        assert "changed on disk" not in text(app)
        file.write_text("saved by hand\n")
        app.parts.files.disk_changed(DiskChange(frozenset(["inventory/stock.py"]), frozenset(["inventory"])))
        await until(pilot, lambda: "✗ stock.py changed on disk since the agent read it" in text(app))
        await until(pilot, lambda: app.session.docks.dock.ready)
        await pilot.press("o")
        await until(pilot, lambda: "saved by hand" in text(app) and app.session.facts().place == "page")
        assert "inventory/stock.py · − read by the agent, + now on disk" in text(app)
        await pilot.press("escape")
        await until(pilot, lambda: app.session.facts().place == "question")


async def test_a_file_that_is_another_when_the_question_opens_is_a_conflict(tmp_path):
    app = stage.Stage(tmp_path)
    (app.project / "inventory" / "stock.py").write_text("saved by hand\n")
    async with app.run_test(size=(120, 40)) as pilot:
        await stage.settled(pilot)
        await ask(app, pilot, EDIT)
        await until(pilot, lambda: "✗ stock.py changed on disk since the agent read it" in text(app))
