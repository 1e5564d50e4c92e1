"""Several sessions open at once: each with an agent and a screen of its own."""

from __future__ import annotations

import importlib.util
from pathlib import Path

from codepilot.errors import SessionError
from codepilot.journal.library import find_session, rename_session
from codepilot.journal.overview import overview_of
from codepilot.journal.place import sessions_root
from codepilot.testing import Turn
from codepilot_tui.theme import load_theme

_spec = importlib.util.spec_from_file_location("stage", Path(__file__).parents[2] / "snapshots" / "stage.py")
stage = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(stage)

ASKED = Turn(text="```codepilot\nanswer = ask_user('Which one?')\n```\n")


async def talk(app, pilot, words, answer):
    """Say something in the tab that is shown, and have it answered."""
    await stage.send(pilot, words)
    await app.until(lambda: answer in app.seen())
    await app.is_idle()


async def begin_another(app, pilot, number=2):
    """Open a new session."""
    await app.run_named("new_session")  # its key would be swallowed by a question that opens in this moment
    await app.until(lambda: len(app.tabs.all) == number and app.session.parts is not None)
    await app.is_up()


async def test_a_new_session_stands_beside_the_old_one_and_each_keeps_its_own(live):
    app = live([stage.done("One."), Turn(text="```completion\nTwo.\n```", match="second")], kept="the-first")
    async with app.run_test(size=(120, 40)) as pilot:
        await app.is_up()
        await talk(app, pilot, "first words", "One.")
        await app.until(lambda: not app.session.query_one("#tabs").display)
        app.session.composer.text = "a draft"
        await pilot.press("alt+n")
        await app.until(lambda: len(app.tabs.all) == 2 and app.session.parts is not None)
        await app.is_up()
        assert app.session.docks.dock is None, "nothing is lost, so nothing is asked"
        assert "One." not in app.seen() and app.session.composer.text == ""
        await talk(app, pilot, "second words", "Two.")
        assert "first words" not in str(app.server.requests[-1].body["messages"])
        await app.until(lambda: "1 first words ○" in app.seen() and "2 second words ○" in app.seen())
        await pilot.press("alt+1")
        await app.until(lambda: "One." in app.seen() and "Two." not in app.seen())
        assert app.session.composer.text == "a draft" and app.session.facts().place == "composer"
        await app.run_named("tab_2")
        await app.until(lambda: "Two." in app.seen())
        assert app.tabs.of("the-first") == 1 and app.tabs.of("another") == 0


async def test_a_hidden_session_works_on_and_its_question_waits_until_it_is_shown(live):
    app = live([ASKED, stage.done("Blue it is.")], kept="the-first")
    async with app.run_test(size=(120, 40)) as pilot:
        await app.is_up()
        await stage.send(pilot, "paint it")
        first = app.session
        app.session.composer.text = ""
        # A session in which nothing was said yet is new: there is no other to be begun.
        await app.until(lambda: app.parts.agent.working and app.parts.agent.transcript.items)
        await begin_another(app, pilot)
        await app.until(lambda: "1 paint it ? asks" in app.seen())
        assert first.docks.dock is None or not first.is_shown
        await app.run_named("quit")
        await app.asks()
        assert "Agents work in other tabs." in app.seen() and "asks" in app.seen()
        await pilot.press("n")
        await app.until(lambda: app.session.docks.dock is None)
        await pilot.press("alt+1")
        await app.asks()
        assert app.session is first
        await pilot.press(*"blue", "enter")
        await app.until(lambda: "Blue it is." in app.seen())


async def test_a_tab_that_is_closed_gives_its_session_back(live):
    app = live([stage.done("One.")], kept="the-first")
    async with app.run_test(size=(120, 40)) as pilot:
        await app.is_up()
        await talk(app, pilot, "first words", "One.")
        await begin_another(app, pilot)
        await pilot.press("alt+1")
        await app.until(lambda: "One." in app.seen())
        await app.run_named("close_tab")
        await app.until(lambda: len(app.tabs.all) == 1)
        await app.until(lambda: app.tabs.of("the-first") == 0 and "One." not in app.seen())
        assert app.tabs.all == [app.tabs.shown]
        await app.run_named("close_tab")
        await app.until(lambda: app.notice() == "This is the only open session.")


async def test_what_was_not_written_of_a_closed_tab_stands_in_the_chat_that_goes_on(live):
    app = live([stage.done("One."), Turn(text="```completion\nTwo.\n```", match="second")], kept="the-first")
    async with app.run_test(size=(120, 40)) as pilot:
        await app.is_up()
        await talk(app, pilot, "first words", "One.")
        await begin_another(app, pilot)
        sessions = sessions_root()
        sessions.rename(sessions.with_name("elsewhere"))
        sessions.write_text("no folder")
        await talk(app, pilot, "second words", "Two.")
        assert "Not a directory" in app.seen()
        await app.run_named("close_tab")
        await app.until(lambda: "records" in app.seen() and "One." in app.seen())
        (lost,) = app.tabs.lost.texts
        assert "records were not written to" in lost and "session-of-tab-2" in lost


async def test_a_tab_whose_agent_works_is_closed_after_a_question_only(live):
    app = live([ASKED], kept="the-first")
    async with app.run_test(size=(120, 40)) as pilot:
        await app.is_up()
        await stage.send(pilot, "paint it")
        await app.asks()
        await pilot.press("escape")
        await begin_another(app, pilot)
        await app.tabs.close(1)
        await app.until(lambda: "Close this tab? The agent is working." in app.seen())
        await app.asks()
        closed = app.tabs.all[0].session
        await pilot.press("y")
        await app.until(lambda: len(app.tabs.all) == 1)
        assert closed.is_running, "its agent is ended first"
        await app.tabs.end_all()  # found by use: the program ended in the middle of that, with a traceback
        assert not closed.is_running


async def test_a_session_that_is_renamed_has_its_title_in_the_row_of_tabs(live):
    app = live([stage.done("One."), Turn(text="```completion\nTwo.\n```", match="second")], kept="the-first")
    async with app.run_test(size=(120, 40)) as pilot:
        await app.is_up()
        await talk(app, pilot, "first words", "One.")
        await begin_another(app, pilot)
        await talk(app, pilot, "second words", "Two.")
        await app.run_named("sessions")
        await app.until(lambda: app.session.facts().kind == "sessions")
        page = app.session.pages.page
        for name, title in (("the-first", "The stock"), (app.tabs.shown.session_id, "The report")):
            await app.until(lambda: page.list.count == 2)
            place = [row.id for row in page.list.rows].index(name)
            page.list.move_to(place)
            await pilot.press("f2")
            await app.until(lambda: page.entry.field.has_focus)
            page.entry.field.value = title
            await pilot.press("enter")
            await app.until(lambda title=title: f"{title} ○" in app.seen())
        assert "1 The stock ○" in app.seen() and "2 The report ○" in app.seen()


async def test_a_session_that_is_opened_again_has_its_title_in_the_row_of_tabs(live):
    app = live([stage.done("One.")], kept="the-first")
    async with app.run_test(size=(120, 40)) as pilot:
        await app.is_up()
        await talk(app, pilot, "first words", "One.")
        await begin_another(app, pilot)
        await app.tabs.close(1)
        await app.until(lambda: find_session("the-first").is_free())
        rename_session("the-first", "The stock")
        await app.session.sessions.open(overview_of(find_session("the-first")))
        await app.until(lambda: "2 The stock ○" in app.seen())


async def test_another_theme_reaches_every_tab_with_all_that_it_shows(live):
    """The chat with a difference, the page of changes, the terminal, what is resumed: nothing keeps the old colours."""
    edit = Turn(text="```codepilot\nwrite_file('a.py')\n```\n\n```text filename=a.py\nx = 1\n```\n")
    app = live([edit, stage.done("One."), Turn(text="```completion\nTwo.\n```", match="second")], kept="one")

    def colours():
        strips = app.screen._compositor.render_strips()
        styles = [part.style for strip in strips for part in strip if part.style]
        return {c.get_truecolor().hex for style in styles for c in (style.color, style.bgcolor) if c}

    async with app.run_test(size=(160, 44)) as pilot:
        await app.is_up()
        app.parts.agent.bridge.set_mode("auto-edit")
        await talk(app, pilot, "first words", "One.")
        dusk, paper = (load_theme(name) for name in ("dusk", "paper"))
        old = set(dusk.colours.values()) - set(paper.colours.values())
        assert colours() & old
        await pilot.press("f2", "tab", "right")
        await app.until(lambda: app.session.facts().kind == "stream" and "x = 1" in app.seen())
        await begin_another(app, pilot)
        await talk(app, pilot, "second words", "Two.")
        await app.run_named("theme", "paper")
        await app.until(lambda: app.theme == "paper")
        await stage.settled(pilot)
        assert not colours() & old, "the tab in which it was chosen"
        await pilot.press("alt+1")
        await app.until(lambda: "x = 1" in app.seen())
        await stage.settled(pilot)
        assert not colours() & old, "the page of the other tab"
        await pilot.press("escape")
        await app.until(lambda: "One." in app.seen())
        await stage.settled(pilot)
        assert not colours() & old, "what was behind the page"
        for key in ("f3", "f4", "f2"):
            await pilot.press(key)
            await stage.settled(pilot)
            assert not colours() & old, key
        await pilot.press("alt+2")
        await app.until(lambda: "Two." in app.seen())
        await app.run_named("theme", "dusk")
        await pilot.press("alt+1")
        await app.until(lambda: "One." in app.seen())
        await stage.settled(pilot)
        new = set(paper.colours.values()) - set(dusk.colours.values())
        assert not colours() & new, "and back"


async def test_a_session_is_played_again_by_its_command(live):
    app = live([stage.done("One.")], kept="the-first")
    async with app.run_test(size=(120, 40)) as pilot:
        await app.is_up()
        await app.run_named("replay")
        await app.until(lambda: "Nothing was said in this session yet." in app.notice())
        await talk(app, pilot, "first words", "One.")
        await app.run_named("replay", "no-such-session")
        await app.until(lambda: "There is no session" in app.notice())
        for argument in ("the-f", ""):
            await app.run_named("replay", argument)
            await app.until(lambda: "Replay: first words" in app.seen() and "at the end" in app.seen())
            await app.until(lambda: "One." in app.seen())
            await pilot.press("escape")
            await app.until(lambda: app.session.pages.page is None)


async def test_a_session_that_cannot_be_opened_after_its_tab_was_closed_says_so(live):
    """Found by reading: it looked for its tab, and that ended the worker with an exception of the interpreter."""
    app = live([stage.done("One.")], kept="the-first")
    async with app.run_test(size=(120, 40)) as pilot:
        await app.is_up()
        await talk(app, pilot, "first words", "One.")
        await begin_another(app, pilot)
        gone = app.session
        await app.run_named("close_tab")
        await app.until(lambda: len(app.tabs.all) == 1 and app.session is not gone)
        await app.tabs.fail(gone, SessionError("It is held elsewhere."))
        await app.until(lambda: "It is held elsewhere." in app.notice())
        assert len(app.tabs.all) == 1 and app.is_running
