"""What is done from the screen as a whole: choosing, asking before losing, leaving."""

from __future__ import annotations

import asyncio
import importlib.util
from pathlib import Path

import pytest
from textual import events

from codepilot import events as ev
from codepilot_tui.docks.words import WordsBody
from codepilot_tui.pages.find import FindPage
from codepilot_tui.pages.keys import KeysPage
from codepilot_tui.popups.leader import LeaderPopup
from codepilot_tui.popups.menu import MenuPopup
from codepilot_tui.popups.pick import PickPopup
from codepilot_tui.theme import tokens_for
from codepilot_tui.widgets.composer_commands import CommandRows
from codepilot_tui.widgets.popup import Popup

_spec = importlib.util.spec_from_file_location("stage", Path(__file__).parents[2] / "snapshots" / "stage.py")
stage = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(stage)

pytestmark = pytest.mark.slow


def rows_of(app) -> list[str]:
    return [strip.text.rstrip() for strip in app.screen._compositor.render_strips()]


async def app_until(pilot, condition) -> None:
    async with asyncio.timeout(60):
        while not condition():
            await pilot.pause(0.01)


def popup(app, kind: type[Popup] = Popup):
    found = app.screen.query(kind)
    return found.first() if found else None


async def test_the_palette_offers_what_can_be_done_now_with_its_keys_and_does_it(tmp_path):
    app = stage.Stage(tmp_path)
    async with app.run_test(size=(120, 40)) as pilot:
        await stage.begin(app, pilot, terminal=False)
        await pilot.press("ctrl+p")
        await stage.settled(pilot)
        offered = {option.value: option for option in popup(app, PickPopup)._options}
        assert "palette" not in offered, "it is open already"
        assert "stop" not in offered, "nothing works"
        assert "close_terminal" not in offered, "there is none"
        assert "Ctrl+Q" in str(offered["quit"]) and "/quit" in str(offered["quit"])
        await pilot.press(*"go to the files", "enter")
        await stage.settled(pilot)
        assert popup(app) is None
        assert app.session.facts().place == "files"


async def test_esc_closes_the_palette_and_does_nothing(tmp_path):
    app = stage.Stage(tmp_path)
    async with app.run_test(size=(120, 40)) as pilot:
        await stage.begin(app, pilot, terminal=False)
        await pilot.press("ctrl+p", "escape")
        await stage.settled(pilot)
        assert popup(app) is None and app.session.facts().place == "composer"
        assert app.left == []


async def test_the_menu_of_a_place_runs_what_is_chosen(tmp_path):
    app = stage.Stage(tmp_path)
    async with app.run_test(size=(120, 40)) as pilot:
        await stage.begin(app, pilot, terminal=False)
        await pilot.press("f3", "f10")
        await stage.settled(pilot)
        menu = popup(app, MenuPopup)
        assert menu is not None
        await pilot.press("escape")
        await stage.settled(pilot)
        assert popup(app) is None and app.session.facts().place == "chat"


async def test_what_is_typed_right_behind_the_leaders_letter_is_for_what_it_opens(tmp_path):
    app = stage.Stage(tmp_path)
    async with app.run_test(size=(120, 40)) as pilot:
        await stage.begin(app, pilot, terminal=False)
        for key in ("ctrl+x", "p", *"files"):  # none of them waits for the one before
            app.post_message(events.Key(key, key if len(key) == 1 else None))
        await stage.settled(pilot)
        palette = popup(app, PickPopup)
        assert palette is not None and palette.field_now().value == "files"
        assert app.session.composer.editor.text == ""


def read_in_one_piece(app, *keys: str) -> None:
    """None of them waits for the one before."""
    for key in keys:
        app.post_message(events.Key(key, key if len(key) == 1 else None))


@pytest.mark.parametrize(
    ("keys", "words"),
    [
        (("ctrl+p", *"thx", "backspace", "e"), "the"),
        (("ctrl+p", *"the", "ctrl+u", *"qu"), "qu"),
        (("ctrl+x", "p", *"ab", "left", "c"), "acb"),
        (("alt+t", *"pa", "backspace", "e"), "pe"),
    ],
)
async def test_a_burst_that_opens_a_list_is_typed_into_its_field_in_its_order(tmp_path, keys, words):
    app = stage.Stage(tmp_path)
    async with app.run_test(size=(120, 40)) as pilot:
        await stage.begin(app, pilot, terminal=False)
        read_in_one_piece(app, *keys)
        await stage.settled(pilot)
        assert popup(app, PickPopup).field.value == words
        assert app.session.composer.editor.text == ""


async def test_enter_in_a_burst_is_for_what_the_letters_before_it_chose(tmp_path):
    """Seen: the first command of the palette ran, which is to stop the agent while it works."""
    app = stage.Stage(tmp_path)
    async with app.run_test(size=(120, 40)) as pilot:
        await stage.begin(app, pilot, terminal=False)
        read_in_one_piece(app, "ctrl+p", *"go to the files", "enter", "down", *"ab", "backspace", "c")
        await app_until(pilot, lambda: app.session.composer.editor.text == "ac")
        assert popup(app) is None


async def test_a_burst_over_a_question_is_written_in_its_order(tmp_path):
    app = stage.Stage(tmp_path)
    async with app.run_test(size=(120, 40)) as pilot:
        await stage.begin(app, pilot, terminal=False)
        await stage.STAGINGS["question"][1](app, pilot)
        await stage.settled(pilot)
        read_in_one_piece(app, *"what", "backspace", "X")
        await app_until(pilot, lambda: app.session.composer.editor.text == "whaX")
        app.stop_asking()


@pytest.mark.parametrize("key", ["~", "escape", "f3", "down"])
async def test_any_other_key_ends_the_leader_and_nothing_else(tmp_path, key):
    app = stage.Stage(tmp_path)
    async with app.run_test(size=(120, 40)) as pilot:
        await stage.begin(app, pilot, terminal=False)
        await pilot.press("ctrl+x", key)
        await stage.settled(pilot)
        assert popup(app) is None and app.session.facts().place == "composer"
        assert app.session.composer.editor.text == ""
        assert ("Ctrl+X ~ is not a command. Ctrl+X h lists all keys." in rows_of(app)[-1]) == (key == "~")


@pytest.mark.parametrize("size", [(200, 60), (160, 48), (120, 40), (80, 24)])
async def test_the_leaders_letters_leave_no_strip_of_a_pane_beside_them(tmp_path, size):
    app = stage.Stage(tmp_path)
    async with app.run_test(size=size) as pilot:
        await stage.begin(app, pilot, terminal=False)
        await pilot.press("ctrl+x")
        await stage.settled(pilot)
        shown = popup(app, LeaderPopup).region
        columns = [pane.region for pane in app.session.query("#body > *") if pane.display]
        assert shown.right in {column.right for column in columns} | {size[0]}
        assert shown.bottom == app.session.composer.region.y


async def test_a_menu_names_the_letter_of_an_answer_once(tmp_path):
    app = stage.Stage(tmp_path)
    async with app.run_test(size=(120, 40)) as pilot:
        await stage.begin(app, pilot, terminal=False)
        await stage.STAGINGS["question"][1](app, pilot)
        await pilot.press("f10")
        await stage.settled(pilot)
        options = popup(app, MenuPopup).rows.options
        assert [(each.letter, each.note) for each in options if each.value == "allow"] == [("y", "")]
        assert [(each.letter, each.note) for each in options if each.value == "later"] == [("", "Esc")]
        app.stop_asking()


@pytest.mark.parametrize("size", [(80, 24), (60, 20), (40, 10)])
async def test_all_commands_after_a_slash_are_seen_or_there_is_a_bar_to_scroll(tmp_path, size):
    app = stage.Stage(tmp_path)
    async with app.run_test(size=size) as pilot:
        await stage.begin(app, pilot, terminal=False)
        await stage.STAGINGS["question"][1](app, pilot)
        await pilot.press("escape", "/")
        await stage.settled(pilot)
        rows = app.session.query_one(CommandRows)
        wanted = {
            action.slash
            for action in app.keymap_table.commands
            if action.slash and action.available(app.session.facts())
        }
        assert len(wanted) >= 6
        seen = {rows.render_line(row).text.strip("▎ ").split()[0] for row in range(rows.size.height)}
        assert seen == wanted or rows.show_vertical_scrollbar
        assert (seen == wanted) == (size != (40, 10))
        app.stop_asking()


async def test_find_shows_the_words_it_was_given_and_goes_to_what_is_chosen(tmp_path):
    app = stage.Stage(tmp_path)
    async with app.run_test(size=(120, 40)) as pilot:
        await stage.begin(app, pilot, terminal=False)
        await app.session.run("find_chat", "no guard")
        await stage.settled(pilot)
        page = app.session.pages.page
        assert isinstance(page, FindPage) and page.field.value == "no guard"
        await app.session.run("find_chat", "other words")
        assert app.session.pages.page is page, "one page of it is enough"
        await pilot.press("enter")
        await stage.settled(pilot)
        assert app.session.pages.page is None
        assert app.session.facts().place == "chat"


async def test_find_shows_the_line_of_a_long_message_and_marks_the_words(tmp_path):
    app = stage.Stage(tmp_path)
    async with app.run_test(size=(60, 20)) as pilot:
        await stage.begin(app, pilot, terminal=False)
        pasted = "\n".join(f"pasted line {n} with words" for n in range(1, 121))
        app.play(ev.TaskStarted(task=pasted, number=2), ev.TaskFinished(status="done"))
        await stage.settled(pilot)
        await pilot.press("f5", "alt+slash", *"line 117")
        await stage.settled(pilot)
        assert any(row.endswith("  1 line") for row in rows_of(app))
        await pilot.press("enter")
        await stage.settled(pilot)
        (at,) = (y for y, row in enumerate(rows_of(app)) if "pasted line 117 with words" in row)
        strip = app.screen._compositor.render_strips()[at]
        found = tokens_for(app).style("ground", "warn").bgcolor
        marked = [part.text for part in strip if part.style is not None and part.style.bgcolor == found]
        assert marked == ["line", "117"]


async def test_find_that_is_left_goes_nowhere(tmp_path):
    app = stage.Stage(tmp_path)
    async with app.run_test(size=(120, 40)) as pilot:
        await stage.begin(app, pilot, terminal=False)
        await app.session.run("find_chat", "no guard")
        await stage.settled(pilot)
        await pilot.press("escape", "escape")  # the words, then the page
        await stage.settled(pilot)
        assert app.session.pages.page is None and app.session.facts().place == "composer"


async def test_f1_opens_one_page_of_keys_and_esc_comes_back(tmp_path):
    app = stage.Stage(tmp_path)
    async with app.run_test(size=(120, 40)) as pilot:
        await stage.begin(app, pilot, terminal=False)
        await pilot.press("f1")
        await stage.settled(pilot)
        page = app.session.pages.page
        assert isinstance(page, KeysPage)
        assert (
            app.session.facts().place == "page"
            and app.session.here().offered == page.offered() != frozenset()
        )
        await app.session.run("help")
        await stage.settled(pilot)
        assert app.session.pages.page is page
        await pilot.press("escape")
        await stage.settled(pilot)
        assert app.session.pages.page is None


async def test_a_theme_is_taken_by_its_name_or_from_the_list_and_an_unknown_one_is_refused(tmp_path):
    app = stage.Stage(tmp_path)
    async with app.run_test(size=(120, 40)) as pilot:
        await stage.begin(app, pilot, terminal=False)
        await app.session.run("theme", "paper")
        assert app.theme == "paper"
        await app.session.run("theme", "papre")
        assert app.theme == "paper"
        assert app.session.query_one("#status").notice.startswith("No theme papre. There are ")
        await app.session.run("theme")
        await stage.settled(pilot)
        await pilot.press(*"dusk", "enter")
        await stage.settled(pilot)
        assert app.theme == "dusk"
        await app.session.run("theme")
        await stage.settled(pilot)
        await pilot.press("escape")
        await stage.settled(pilot)
        assert app.theme == "dusk"


async def test_the_mouse_is_given_to_the_terminal_and_taken_back(tmp_path):
    app = stage.Stage(tmp_path)
    async with app.run_test(size=(120, 40)) as pilot:
        await stage.begin(app, pilot, terminal=False)
        await pilot.press("f12")
        assert app.session.query_one("#status").notice == (
            "Mouse off: your terminal selects text now. F12 turns it on."
        )
        await pilot.press("f12")
        assert app.session.query_one("#status").notice == "Mouse on."


async def test_before_the_agent_is_up_no_model_can_be_chosen_and_nothing_is_to_be_lost(tmp_path):
    app = stage.Stage(tmp_path)
    async with app.run_test(size=(120, 40)) as pilot:
        await stage.settled(pilot)
        app.left = []
        commands = app.session.commands
        await commands.choose_model("openai:x")
        assert app.session.query_one("#status").notice.startswith("Starting.")
        await app.session.sessions.new()
        assert app.session.query_one("#status").notice == "Starting. The conversation is new."
        await app.session.run("quit")
        assert app.left == [""]


async def test_nothing_is_looked_for_before_there_is_a_conversation(tmp_path):
    class Early(stage.Stage):
        async def show_session(self):
            await self.tabs.show_first()
            await self.session.furnish()

    app = Early(tmp_path)
    async with app.run_test(size=(120, 40)):
        await until_furnished(app)
        app.session.commands.find_chat("words")
        assert app.session.pages.page is None


async def until_furnished(app):
    async with asyncio.timeout(60):
        while app.session.pages is None:
            await asyncio.sleep(0.01)


async def test_an_empty_conversation_is_begun_anew_without_a_question(live):
    app = live([])
    async with app.run_test(size=(120, 40)):
        await app.is_up()
        await app.session.sessions.new()
        assert app.session.docks.dock is None


async def test_while_the_agent_works_its_model_and_its_conversation_stay(live):
    app = live([stage.ASKS])
    async with app.run_test(size=(120, 40)) as pilot:
        await stage.send(pilot, "Do it.")
        await app.asks()
        for key in ("alt+m", "alt+n"):
            app.session.tell("")
            await pilot.press(key)
            await app.until(lambda: app.notice() == "The agent waits for your answer.")
        await pilot.press("escape")
        await app.until(lambda: app.session.docks.dock is None)
        for key in ("alt+m", "alt+n"):
            app.session.tell("")
            await pilot.press(key)
            said = "The agent waits for your answer. Ctrl+O goes to its question."
            await app.until(lambda said=said: app.notice() == said)
        assert app.session.docks.dock is None and popup(app) is None


async def test_the_theme_is_chosen_at_a_question_too(tmp_path):
    app = stage.Stage(tmp_path)
    async with app.run_test(size=(120, 40)) as pilot:
        await stage.settled(pilot)
        await stage.STAGINGS["question"][1](app, pilot)
        dock = app.session.docks.dock
        await pilot.press("alt+t")
        await stage.settled(pilot)
        assert popup(app, PickPopup) is not None
        await pilot.press("escape")
        await stage.settled(pilot)
        assert popup(app) is None and app.session.docks.dock is dock and dock.holds_focus


async def test_a_new_conversation_that_is_not_wanted_keeps_the_old_one(live):
    app = live([stage.done("One.")])
    async with app.run_test(size=(120, 40)) as pilot:
        await stage.send(pilot, "first words")
        await app.until(lambda: "One." in app.seen())
        await app.is_idle()
        await app.session.run("new_session")
        await app.asks()
        await pilot.press("n")
        await app.until(lambda: app.session.docks.dock is None)
        assert app.parts.agent.transcript.items and "One." in app.seen()


async def test_the_models_to_choose_from_begin_with_the_one_in_use(live, monkeypatch):
    for name in ("ANTHROPIC_API_KEY", "OPENROUTER_API_KEY"):
        monkeypatch.setenv(name, "k")
    app = live([])
    async with app.run_test(size=(120, 40)) as pilot:
        await app.is_up()
        await app.session.run("model")
        await app.until(lambda: popup(app, PickPopup) is not None)
        options = popup(app, PickPopup)._options
        assert (options[0].value, options[0].note) == ("openai:scripted", "in use")
        for other in ("anthropic:", "openrouter:"):
            assert any(option.value.startswith(other) for option in options[1:])
        assert [option.value for option in options].count("openai:scripted") == 1
        await pilot.press("enter")
        await app.until(lambda: popup(app) is None)
        assert app.notice() == "", "the one in use was chosen: nothing to say"
        await app.session.run("model")
        await app.until(lambda: popup(app, PickPopup) is not None)
        await pilot.press(*"anthropic", "enter")
        await app.until(lambda: app.parts.agent.bridge.model.provider == "anthropic")
        await app.until(lambda: app.notice().startswith("The model is now anthropic:"))


async def test_what_is_said_at_quitting_of_the_agent_stays_true(live):
    app = live([stage.ASKS])
    async with app.run_test(size=(120, 40)) as pilot:
        await stage.send(pilot, "Do it.")
        await app.asks()
        await pilot.press("ctrl+q")
        await app.until(lambda: "It is waiting for you. Quitting stops the task." in app.seen())
        await app.session.run("stop")
        await app.until(lambda: "Quit? Nothing is running any more." in app.seen())
        await app.until(lambda: "its task has ended." in app.seen() and "stop it" not in app.seen())


async def test_quitting_while_the_agent_works_is_asked_about(live):
    app = live([stage.ASKS, stage.done("So.")])
    async with app.run_test(size=(120, 40)) as pilot:
        await stage.send(pilot, "Do it.")
        await app.asks()
        await pilot.press("ctrl+q")
        await app.until(lambda: "Quit" in app.session.docks.dock.title and app.session.docks.dock.ready)
        await app.session.run("quit")
        await pilot.pause()
        assert app.left == [], "the question about it stands already"
        await pilot.press("escape")
        await app.until(lambda: app.session.docks.dock is None or "Quit" not in app.session.docks.dock.title)
        assert app.left == []
        await app.session.run("quit")
        await app.until(lambda: app.session.docks.dock is not None and "Quit" in app.session.docks.dock.title)


@pytest.mark.parametrize(("on_exit", "left"), [("ask", "end"), ("detach", "")])
async def test_what_is_answered_at_quitting_counts_where_the_setting_asks(live, on_exit, left):
    """Elsewhere the setting says what becomes of the terminals."""
    app = live([stage.ASKS], on_exit=on_exit)
    async with app.run_test(size=(120, 40)) as pilot:
        await stage.send(pilot, "Do it.")
        await app.asks()
        await app.session.run("quit")
        await app.until(lambda: "Quit" in app.session.docks.dock.title and app.session.docks.dock.ready)
        await pilot.press("y")
        await app.until(lambda: app.left)
        assert app.left == [left]


async def test_an_idle_agent_with_idle_terminals_is_left_at_once(live):
    app = live([])
    async with app.run_test(size=(120, 40)) as pilot:
        await app.is_up()
        await pilot.press("ctrl+q")
        await app.until(lambda: app.left)
        assert app.left == [""] and app.session.docks.dock is None


@pytest.mark.parametrize(("on_exit", "asked"), [("ask", True), ("end", False)])
async def test_a_command_that_runs_is_named_before_quitting_unless_the_setting_decides(live, on_exit, asked):
    app = live([], on_exit=on_exit)
    async with app.run_test(size=(120, 40)) as pilot:
        await app.is_up()
        await app.until(lambda: app.parts.terminals.pane.state("main") == "idle")
        await pilot.press("f6")
        await app.until(lambda: app.parts.terminals.holder == "person")
        await pilot.press(*"sleep 321", "enter")
        await app.until(lambda: app.parts.terminals.pulse in ("busy", "held") and "sleep 321" in app.seen())
        await app.until(lambda: app.parts.terminals.pane.state("main") == "busy")
        await app.session.run("quit")
        if asked:
            await app.until(lambda: app.session.docks.dock is not None and app.session.docks.dock.ready)
            assert "main       sleep 321" in app.seen() and app.left == []
        else:
            await app.until(lambda: app.left)
            assert app.left == [""] and app.session.docks.dock is None


async def test_what_is_said_at_quitting_of_the_terminals_stays_true(live):
    app = live([])
    async with app.run_test(size=(120, 40)) as pilot:
        await app.is_up()
        await app.until(lambda: app.parts.terminals.pane.state("main") == "idle")
        await pilot.press("f6")
        await app.until(lambda: app.parts.terminals.holder == "person")
        await pilot.press(*"cat -", "enter")
        await app.until(lambda: app.parts.terminals.pane.state("main") in ("busy", "waiting"))
        await app.session.run("quit")
        await app.until(lambda: "main       cat -" in app.seen())
        app.parts.terminals.send_key("ctrl+d")
        await app.until(lambda: "Quit? Nothing is running any more." in app.seen())
        assert "cat -" not in str(app.session.docks.dock.query_one(WordsBody).lines)


async def test_a_job_in_the_background_is_named_by_its_command_before_quitting(live):
    app = live([])
    async with app.run_test(size=(120, 40)) as pilot:
        await app.is_up()
        await app.until(lambda: app.parts.terminals.pane.state("main") == "idle")
        await pilot.press("f6")
        await app.until(lambda: app.parts.terminals.holder == "person")
        await pilot.press(*"sleep 322 &", "enter")
        await app.until(lambda: "sleep 322 &" in app.seen())
        await pilot.press(*"clear", "enter")
        await app.until(
            lambda: "sleep 322" not in app.seen() and app.parts.terminals.pane.state("main") == "idle"
        )
        await app.session.run("quit")
        await app.until(lambda: app.session.docks.dock is not None and app.session.docks.dock.ready)
        await app.until(lambda: "main       sleep 322" in app.seen())


async def test_a_letter_that_means_nothing_now_says_why(tmp_path):
    app = stage.Stage(tmp_path)
    async with app.run_test(size=(120, 40)) as pilot:
        await stage.settled(pilot)
        await pilot.press("ctrl+x", "e")
        await stage.settled(pilot)
        assert (
            app.session.query_one("#status").notice
            == "Nothing to add: your next message tells the agent what it does not know yet."
        )


async def test_copy_this_item_in_the_menu_of_the_chat_copies_it(live):
    app = live([stage.done("One.")])
    async with app.run_test(size=(120, 40)) as pilot:
        await stage.send(pilot, "first words")
        await app.until(lambda: "One." in app.seen())
        await app.is_idle()
        await app.session.run("focus_chat")
        await stage.settled(pilot)
        await pilot.press("f10")
        await app.until(lambda: popup(app, MenuPopup) is not None)
        rows = popup(app, MenuPopup).rows
        await pilot.press(*["down"] * [option.value for option in rows.options].index("copy_item"), "enter")
        await app.until(lambda: app.notice() == "Copied (through your terminal).")
        assert app.clipboard == "One."
