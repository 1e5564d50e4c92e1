"""The questions of the agent and of programs on the real screen: which opens, what is kept of it, who is told."""

from __future__ import annotations

import asyncio
import importlib.util
from dataclasses import replace
from pathlib import Path

import pytest
from textual import events
from textual.geometry import Offset

from codepilot.decision import Decision
from codepilot.testing import Turn
from codepilot_tui.bridge import Pending
from codepilot_tui.docks.confirm import ConfirmDock
from codepilot_tui.docks.edits import EditsDock
from codepilot_tui.docks.quit import QuitDock
from codepilot_tui.keyboard import InputTranslator
from codepilot_tui.screens import questions
from codepilot_tui.theme import tokens_for

_spec = importlib.util.spec_from_file_location("stage", Path(__file__).parents[2] / "snapshots" / "stage.py")
stage = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(stage)


async def until(pilot, condition):
    async with asyncio.timeout(60):
        while not condition():
            await pilot.pause(0.01)


def dock(app):
    return app.session.docks.dock


async def is_open(app, pilot):
    await until(pilot, lambda: dock(app) is not None and dock(app).ready)


async def asked_for_words(app, pilot, question: str) -> Pending:
    """A question that is answered in words, open and ready to be typed into."""
    pending = Pending(None, question)
    app.parts.questions.ask(pending)
    await until(pilot, lambda: dock(app) is not None and dock(app).typing)
    return pending


def banner(app) -> str:
    row = app.session.query_one("#banner")
    return str(row.render()) if row.display else ""


async def test_what_became_of_a_call_is_asked_and_can_be_put_off(tmp_path):
    app = stage.Stage(tmp_path)
    async with app.run_test(size=(120, 40)) as pilot:
        await stage.settled(pilot)
        pending = Pending.about("deploy to production")
        app.parts.questions.ask(pending)
        await is_open(app, pilot)
        assert dock(app).title == "Did this happen?"
        assert app.parts.questions.first == "Did deploy to production happen?"
        await pilot.press("escape")
        await until(pilot, lambda: dock(app) is None)
        assert pending.open
        app.parts.questions.recall()
        await is_open(app, pilot)
        await pilot.press("n")
        await until(pilot, lambda: not pending.open)
        assert pending.future.result() == "not run"


async def test_what_a_program_wishes_is_asked_like_a_question_and_its_answer_told(tmp_path):
    app = stage.Stage(tmp_path)
    async with app.run_test(size=(120, 40)) as pilot:
        await stage.settled(pilot)
        made, told = [], []

        def make():
            made.append(ConfirmDock("Let it?", "A program wants it.", yes="let", no="not"))
            return made[-1]

        app.session.wish("A program wants the clipboard", make, told.append)
        await is_open(app, pilot)
        assert dock(app) is made[0] and app.parts.questions.waiting == 1
        assert app.parts.questions.first == "A program wants the clipboard"
        await pilot.press("y")
        await until(pilot, lambda: told)
        assert told == [True] and app.parts.questions.waiting == 0
        app.session.wish("It wants it again", make, told.append)
        await is_open(app, pilot)
        await pilot.press("n")
        await until(pilot, lambda: len(told) == 2)
        assert told == [True, False] and len(made) == 2


async def test_letters_over_a_deaf_question_go_to_a_draft_that_was_being_written_just_then(
    tmp_path, monkeypatch
):
    monkeypatch.setattr(questions, "TYPING", 3600.0)
    app = stage.Stage(tmp_path)
    async with app.run_test(size=(120, 40)) as pilot:
        await stage.settled(pilot)
        app.session.wish(
            "A wish", lambda: ConfirmDock("Let it?", "It wants it.", deaf=3600.0), lambda answer: None
        )
        await until(pilot, lambda: dock(app) is not None and dock(app).has_focus)
        await pilot.press("y", "o")
        assert app.session.composer.text == "", "nobody was writing: these are no words for the draft"
        app.parts.questions.typed(composer=True)
        await pilot.press("y", "o")
        assert app.session.composer.text == "yo"
        monkeypatch.setattr(questions, "TYPING", 0.0)
        await pilot.press("u")
        assert app.session.composer.text == "yo", "it was too long ago"


async def test_a_word_that_is_typed_slowly_over_a_question_answers_nothing(tmp_path):
    app = stage.Stage(tmp_path)
    async with app.run_test(size=(80, 24)) as pilot:
        await stage.settled(pilot)
        await stage.STAGINGS["question"][1](app, pilot)
        await stage.settled(pilot)
        open_one = dock(app)
        for letter in "may":
            await pilot.press(letter)
            await stage.settled(pilot)
        assert app.session.composer.text == "may" and app.asked.open
        assert dock(app) is open_one and app.session.facts().place == "composer"
        assert any("Ctrl+O" in strip.text for strip in app.screen._compositor.render_strips())
        await pilot.press("ctrl+o")
        await stage.settled(pilot)
        await pilot.press("y")
        await until(pilot, lambda: not app.asked.open)


async def test_the_words_of_an_answer_are_kept_while_it_is_put_off(tmp_path):
    app = stage.Stage(tmp_path)
    async with app.run_test(size=(120, 40)) as pilot:
        await stage.settled(pilot)
        pending = await asked_for_words(app, pilot, "Which one?")
        await pilot.press(*"the blue")
        await pilot.press("escape", "escape")
        await until(pilot, lambda: dock(app) is None)
        assert pending.open
        app.parts.questions.recall()
        await until(pilot, lambda: dock(app) is not None and dock(app).typing)
        assert dock(app).draft == "the blue"
        await pilot.press("enter")
        assert pending.future.result(0) == "the blue"


async def test_the_reason_of_a_no_is_kept_while_the_question_is_put_off(tmp_path):
    """As the help says: "your words are kept"."""
    app = stage.Stage(tmp_path)
    async with app.run_test(size=(120, 40)) as pilot:
        await stage.settled(pilot)
        app.put_on_disk(stage.EDITS)
        for request in (stage.COMMAND, stage.EDITS):
            pending, other = Pending(request, ""), Pending(None, "And this?")
            app.parts.questions.ask(pending)
            await is_open(app, pilot)
            await pilot.press("d", *"use make", "escape", "escape")
            await until(pilot, lambda: dock(app) is None)
            await pilot.press("ctrl+o", "d")
            assert dock(app).reason.text == "use make" and dock(app).typing
            app.parts.questions.ask(other)
            await pilot.press("escape")
            await stage.settled(pilot)
            before = dock(app)
            await pilot.press("tab")
            await until(pilot, lambda: dock(app) not in (None, before))
            assert dock(app).draft == "", "each question has its own words"
            other.future.cancel()
            app.parts.questions.withdraw(other)
            await is_open(app, pilot)
            await pilot.press("d", *" test", "enter")
            await stage.settled(pilot)
            assert pending.future.result(0).reason == "use make test"


async def test_what_is_typed_right_behind_the_key_that_asks_for_a_question_is_for_it(tmp_path):
    """Answers are deaf where a question comes up by itself, and not where one asked for it."""
    app = stage.Stage(tmp_path)
    async with app.run_test(size=(60, 20)) as pilot:
        await stage.settled(pilot)
        pending = await asked_for_words(app, pilot, "Which colour?")
        await pilot.press("escape")
        await pilot.press("ctrl+o", *"blue")
        assert dock(app).draft == "blue" and app.session.composer.text == ""
        await pilot.press("f3")
        await pilot.click("HeadRow")
        await pilot.press(*"ish", "enter")
        assert pending.future.result(0) == "blueish"
        command = Pending(stage.COMMAND, "")
        app.parts.questions.ask(command)
        await is_open(app, pilot)
        for leave in (("escape", "ctrl+o"), ("f3", "ctrl+o"), ("f10", "escape"), ("f1", "escape")):
            await pilot.press(leave[0])
            await stage.settled(pilot)
            dock(app) and setattr(dock(app).arming, "deaf", 3600.0)
            await pilot.press(leave[1])
            await until(pilot, lambda: dock(app) is not None and dock(app).holds_focus)
            assert dock(app).ready, leave
        await pilot.press("d", *"use pytest", "enter")
        await stage.settled(pilot)
        assert command.future.result(0).reason == "use pytest"
        first, second = Pending(stage.COMMAND, ""), Pending(stage.COMMAND, "")
        app.parts.questions.ask(first)
        app.parts.questions.ask(second)
        await is_open(app, pilot)
        await pilot.press("escape", "ctrl+o", "y")
        assert first.future.result(0).allow
        await until(pilot, lambda: dock(app) is not None)
        assert not dock(app).ready, "nobody asked for the one that follows"
        second.future.cancel()
        app.parts.questions.withdraw(second)


async def test_the_row_says_that_the_agent_asks_only_where_it_does(tmp_path):
    app = stage.Stage(tmp_path)
    async with app.run_test(size=(120, 40)) as pilot:
        await stage.settled(pilot)
        app.session.wish(
            "A program in main wants it.", lambda: ConfirmDock("Let it?", ""), lambda answer: None
        )
        await is_open(app, pilot)
        await pilot.press("x")
        app.parts.questions._gate.later()
        dock(app).finish(None)
        await stage.settled(pilot)
        assert banner(app) == "Ctrl+O answer · A program in main wants it."
        pending = Pending(None, "Which?")
        app.parts.questions.ask(pending)
        assert banner(app) == "Ctrl+O answer · and 1 more · A program in main wants it."
        app.session.open_dock(ConfirmDock("Sure?", ""), lambda answer: None)
        await stage.settled(pilot)
        assert banner(app) == "and 1 more · A program in main wants it.", "the key goes to the open one first"
        pending.future.cancel()
        app.parts.questions.withdraw(pending)


async def test_the_row_above_the_composer_counts_the_other_questions(tmp_path):
    app = stage.Stage(tmp_path)
    async with app.run_test(size=(120, 40)) as pilot:
        await stage.settled(pilot)
        asked = []
        for count, words in ((1, ""), (2, "and 1 more"), (3, "and 2 more")):
            asked.append(Pending(None, f"Number {count}?"))
            app.parts.questions.ask(asked[-1])
            await until(pilot, lambda: dock(app) is not None)
            assert banner(app) == "", "one that is open names itself"
            while dock(app) is not None:
                await pilot.press("escape")
                await stage.settled(pilot)
            assert "Number 1?" in banner(app)
            assert words in banner(app) and ("more" in banner(app)) is bool(words)
            app.parts.questions.recall()
            await until(pilot, lambda: dock(app) is not None)
        for pending in asked:
            pending.future.cancel()
            app.parts.questions.withdraw(pending)


async def test_tab_at_the_only_question_stays_there(tmp_path):
    app = stage.Stage(tmp_path)
    async with app.run_test(size=(120, 40)) as pilot:
        await stage.settled(pilot)
        pending = Pending(stage.COMMAND, "")
        app.parts.questions.ask(pending)
        await is_open(app, pilot)
        first = dock(app)
        await pilot.press("tab")
        await stage.settled(pilot)
        assert dock(app) is first and pending.open
        assert not app.parts.questions.next()
        second = Pending(None, "And this?")
        app.parts.questions.ask(second)
        assert app.parts.questions.next(), "Tab was taken: the other one comes"
        await until(pilot, lambda: dock(app) not in (None, first))
        second.future.cancel()
        app.parts.questions.withdraw(second)
        await is_open(app, pilot)
        await pilot.press("n")
        assert app.parts.questions.next() is False


async def test_a_question_that_was_withdrawn_just_before_it_is_left_puts_no_other_off(tmp_path):
    """The agent was stopped, and the word of it is on its way while Esc is pressed."""
    app = stage.Stage(tmp_path)
    async with app.run_test(size=(120, 40)) as pilot:
        await stage.settled(pilot)
        first, second = Pending(stage.COMMAND, ""), Pending(None, "And this?")
        app.parts.questions.ask(first)
        app.parts.questions.ask(second)
        await is_open(app, pilot)
        first.future.cancel()
        await pilot.press("escape")
        await stage.settled(pilot)
        app.parts.questions.withdraw(first)
        await is_open(app, pilot)
        assert app.parts.questions.first == "And this?" and app.parts.questions.waiting == 1
        second.future.cancel()
        app.parts.questions.withdraw(second)


async def test_each_question_has_its_own_kind_of_dock(tmp_path):
    app = stage.Stage(tmp_path)
    async with app.run_test(size=(120, 40)) as pilot:
        await stage.settled(pilot)
        app.put_on_disk(stage.EDITS)
        pending = Pending(stage.EDITS, "")
        app.parts.questions.ask(pending)
        await is_open(app, pilot)
        assert isinstance(dock(app), EditsDock)
        assert app.parts.questions.first == "Change 3 files?"
        assert app.session.query_one("#status").notice == "", "only large files are said to be compared"
        await pilot.press("y")
        assert pending.future.result(0) == Decision(allow=True, whole_step=True)
        assert app.parts.questions.first == ""


async def test_a_question_that_is_left_for_a_pane_is_not_being_written_in(tmp_path):
    """Esc and Ctrl+C mean what they mean in the pane that has the keyboard."""
    app = stage.Stage(tmp_path)
    async with app.run_test(size=(160, 48)) as pilot:
        await stage.settled(pilot)
        app.terminal()
        app.parts.questions.ask(Pending(stage.COMMAND, ""))
        await is_open(app, pilot)
        await pilot.press("d", *"because")
        await until(pilot, lambda: app.session.facts().editor)
        await pilot.press("f4")
        await stage.settled(pilot)
        facts = app.session.facts()
        assert facts.place == "terminal" and facts.question_open and not facts.editor


async def test_the_terminal_can_be_taken_while_a_question_has_the_keyboard(live):
    """Its head says "F6 take", and neither that key nor a click did anything. The question stays, and can be answered."""
    app = live([])
    async with app.run_test(size=(160, 48)) as pilot:
        await app.is_up()
        await app.until(lambda: app.parts.terminals.pane.state("main") == "idle")
        pending = Pending(stage.COMMAND, "")
        app.parts.questions.ask(pending)
        await is_open(app, pilot)
        assert app.session.facts().place == "question" and "F6 take" in app.seen()
        await pilot.press("f6")
        await app.until(lambda: app.session.facts().place == "terminal-held")
        await pilot.press(*"echo $((6*7))", "enter")
        await app.until(lambda: "42" in app.seen())
        await pilot.press("f6")
        await app.until(lambda: app.parts.terminals.holder == "free")
        assert pending.open and dock(app) is not None
        head = app.parts.terminals.pane._tabs
        assert head._hint[1], "there is something to click"
        await pilot.press("ctrl+o")
        await is_open(app, pilot)
        await app.until(lambda: app.session.facts().place == "question")
        await pilot.click(type(head), offset=(head._hint[0] + 1, 0))
        await app.until(lambda: app.session.facts().place == "terminal-held")
        assert pending.open


async def test_a_question_waits_for_a_popup_and_for_another_dock(tmp_path):
    app = stage.Stage(tmp_path)
    async with app.run_test(size=(120, 40)) as pilot:
        await stage.settled(pilot)
        await pilot.press("ctrl+p")
        await stage.settled(pilot)
        pending = Pending(stage.COMMAND, "")
        app.parts.questions.ask(pending)
        app.parts.questions.poll()
        assert dock(app) is None
        await pilot.press("escape")
        await is_open(app, pilot)
        await pilot.press("escape")
        await until(pilot, lambda: dock(app) is None)
        app.session.open_dock(ConfirmDock("Sure?", "", yes="yes", no="no"), lambda _: None)
        await until(pilot, lambda: dock(app) is not None)
        other = dock(app)
        app.parts.questions.poll()
        assert dock(app) is other and pending.open


async def test_a_question_waits_while_the_person_types_in_a_terminal(tmp_path):
    app = stage.Stage(tmp_path)
    async with app.run_test(size=(160, 48)) as pilot:
        await stage.settled(pilot)
        await stage.STAGINGS["held terminal"][1](app, pilot)
        questions = app.parts.questions
        await until(pilot, lambda: app.session.facts().place == "terminal-held")
        questions._gate._idle_seconds = 0
        questions.recall()  # there is none yet: no question was wanted by that
        questions.ask(Pending(stage.COMMAND, ""))
        await pilot.pause()
        assert dock(app) is None and banner(app).startswith("Ctrl+X a answer")
        await app.run_named("answer")
        await is_open(app, pilot)
        await pilot.press("escape")
        await until(pilot, lambda: dock(app) is None)
        questions.ask(Pending(None, "Which one?"))
        await pilot.pause()
        assert dock(app) is None and app.session.facts().place == "terminal-held"
        app.parts.terminals._driver.states.set_owner("main", "free")
        await until(pilot, lambda: dock(app) is not None)
        assert "Which one?" in app.parts.questions._gate._queue[-1].item.question


async def test_the_row_says_what_the_question_says(tmp_path):
    app = stage.Stage(tmp_path)
    async with app.run_test(size=(160, 48)) as pilot:
        await stage.settled(pilot)
        questions = app.parts.questions
        for request, said in (
            (stage.COMMAND, "Run git push origin --force-with-lease fix/stock"),
            (stage.EDITS, "Change 3 files?"),
            (replace(stage.EDITS, step=()), "Change inventory/stock.py?"),
            (replace(stage.COMMAND, kind="custom", description="Use weather"), "Use weather"),
            (replace(stage.COMMAND, kind="input", description="Type yes"), "Type yes"),
        ):
            pending = Pending(request, "")
            questions.ask(pending)
            assert questions.first == said
            questions.withdraw(pending)
            pending.resolve(None)


async def test_the_key_of_the_row_goes_to_the_agents_question_and_not_to_another_dock(tmp_path):
    """As the row says: the `y` that is meant for the agent would otherwise close a terminal."""
    app = stage.Stage(tmp_path)
    async with app.run_test(size=(120, 40)) as pilot:
        await stage.settled(pilot)
        told = []
        app.session.open_dock(ConfirmDock("Close shell-1?", ""), told.append)
        await is_open(app, pilot)
        other = dock(app)
        pending = Pending(stage.COMMAND, "")
        app.parts.questions.ask(pending)
        await stage.settled(pilot)
        assert dock(app) is other and banner(app).startswith("The agent asks")
        await pilot.press("f3")
        await stage.settled(pilot)
        assert banner(app).startswith("Ctrl+O answer · The agent asks")
        await pilot.press("ctrl+o")
        await until(pilot, lambda: dock(app) is not other)
        await pilot.press("y")
        await until(pilot, lambda: not pending.open)
        assert pending.future.result(0).allow and not told
        await until(pilot, lambda: dock(app) is other and other.holds_focus)


async def test_the_key_of_the_row_takes_the_question_about_quitting_away(tmp_path):
    app = stage.Stage(tmp_path)
    async with app.run_test(size=(80, 24)) as pilot:
        await stage.settled(pilot)
        leaving = app.session.commands.leaving
        quitting = leaving.dock = QuitDock("thinking", deaf=0)
        told = []
        app.session.open_dock(quitting, lambda answer: (told.append(answer), setattr(leaving, "dock", None)))
        pending = Pending(stage.COMMAND, "")
        app.parts.questions.ask(pending)
        await stage.settled(pilot)
        assert dock(app) is quitting
        await pilot.press("f3", "ctrl+o")
        await until(pilot, lambda: dock(app) not in (None, quitting))
        await pilot.press("y")
        await until(pilot, lambda: not pending.open)
        await until(pilot, lambda: told == [None] and dock(app) is None)


async def test_a_question_does_not_take_the_keyboard_from_a_draft(tmp_path):
    """As with words typed at an open question: no letter of the message answers, until the person asks for it."""
    app = stage.Stage(tmp_path)
    async with app.run_test(size=(80, 24)) as pilot:
        await stage.settled(pilot)
        await pilot.press(*"ma")
        pending = Pending(stage.COMMAND, "")
        app.parts.questions.ask(pending)
        await until(pilot, lambda: dock(app) is not None)
        await stage.settled(pilot)
        assert app.session.facts().place == "composer" and not dock(app).ready
        await pilot.press("y")
        assert app.session.composer.text == "may" and pending.open
        await pilot.press("ctrl+o", "y")
        await until(pilot, lambda: not pending.open)
        assert app.session.composer.text == "may"
        await until(pilot, lambda: app.session.facts().place == "composer")


async def test_a_message_that_begins_with_y_and_comes_in_one_piece_is_no_answer(tmp_path):
    app = stage.Stage(tmp_path)
    async with app.run_test(size=(80, 24)) as pilot:
        await stage.settled(pilot)
        await stage.STAGINGS["question"][1](app, pilot)
        await is_open(app, pilot)
        for message in InputTranslator().feed(b"yes, but not m2"):
            app.post_message(message)
        await until(pilot, lambda: app.session.composer.text == "yes, but not m2")
        assert app.asked.open
        await pilot.press("ctrl+o")
        await is_open(app, pilot)
        for message in InputTranslator().feed(b"y"):
            app.post_message(message)
        await until(pilot, lambda: not app.asked.open)


async def test_the_row_of_a_question_that_was_put_off_says_what_the_question_said(tmp_path):
    """A file that does not exist yet is created, not changed."""
    app = stage.Stage(tmp_path)
    async with app.run_test(size=(120, 40)) as pilot:
        await stage.settled(pilot)
        new = replace(stage.EDITS, path="new.py", before=None, after="one\n", step=())
        twice = replace(new, step=(new, replace(new, before="one\n", after="two\n")))
        for request in (new, twice, replace(new, before="one\n", after=None), stage.EDITS):
            pending = Pending(request, "")
            app.parts.questions.ask(pending)
            await is_open(app, pilot)
            title = dock(app).title
            await pilot.press("escape")
            await until(pilot, lambda: dock(app) is None)
            assert banner(app) == f"Ctrl+O answer · The agent asks: {title}"
            pending.future.cancel()
            app.parts.questions.withdraw(pending)


@pytest.mark.parametrize("put_off", [False, True])
@pytest.mark.parametrize("kind", ["answer", "reason"])
async def test_words_for_a_question_that_was_withdrawn_become_the_draft_or_the_newest_of_the_history(
    tmp_path, kind, put_off
):
    """Seen: half an answer was lost when the worker died, and half a reason by a stop."""
    app = stage.Stage(tmp_path)
    async with app.run_test(size=(120, 40)) as pilot:
        await stage.settled(pilot)
        composer = app.session.composer
        for draft in ("", "a draft"):
            composer.text = draft
            pending = Pending(None, "Which one?") if kind == "answer" else Pending(stage.COMMAND, "")
            app.parts.questions.ask(pending)
            app.parts.questions.recall()
            await is_open(app, pilot)
            if kind == "reason":
                await pilot.press("d")
            await until(pilot, lambda: dock(app).typing)
            await pilot.press(*"because")
            if put_off:
                await pilot.press("escape", "escape")
                await until(pilot, lambda: dock(app) is None)
            pending.future.cancel()
            app.parts.questions.withdraw(pending)
            await until(pilot, lambda: dock(app) is None)
            assert app.parts.questions._drafts == {}
            assert composer.text == draft or not draft and composer.text == "because"
            where = "Up in the composer brings your words back" if draft else "your words are in the composer"
            await until(pilot, lambda where=where: seen(app, f"The question is gone: {where}."))
        await until(pilot, lambda: app.session.facts().place == "composer")
        await pilot.press("up")
        assert composer.text == "because"


async def test_an_answer_that_comes_a_moment_after_its_question_is_gone_is_kept(tmp_path):
    """The word that the worker died is on its way while Enter is pressed."""
    app = stage.Stage(tmp_path)
    async with app.run_test(size=(120, 40)) as pilot:
        await stage.settled(pilot)
        pending = await asked_for_words(app, pilot, "Which one?")
        await pilot.press(*"Bob")
        pending.future.cancel()
        await pilot.press("enter")
        await until(pilot, lambda: dock(app) is None)
        app.parts.questions.withdraw(pending)
        assert app.session.composer.text == "Bob"
        await until(pilot, lambda: seen(app, "The question is gone: your words are in the composer."))


@pytest.mark.parametrize("words", ["", "half"])
async def test_a_question_that_another_program_answers_says_so(live, words):
    app = live(
        [Turn(text="```codepilot\nprint(ask_user('Which one?'))\n```\n"), stage.done("Bob it is.")], task="Go"
    )
    async with app.run_test(size=(120, 40)) as pilot:
        await app.asks()
        await app.until(lambda: dock(app).typing)
        await pilot.press(*words)
        assert app.session.agent.bridge.runtime._agent.questions.give("Which one?", "Bob")
        kept = ": your words are in the composer" if words else ""
        await app.until(lambda: seen(app, f"The question was answered in another program{kept}."))
        await app.is_idle()
        assert app.session.composer.text == words


@pytest.mark.parametrize("way", ["stop", "quit"])
async def test_half_an_answer_outlives_the_task(live, way):
    app = live([Turn(text="```codepilot\nprint(ask_user('Which one?'))\n```\n")], task="Paint it")
    async with app.run_test(size=(80, 24)) as pilot:
        await app.asks()
        await app.until(lambda: dock(app).typing)
        await pilot.press(*"half an answer")
        if way == "stop":
            await pilot.press("ctrl+x", "s")
            await app.until(lambda: app.session.composer.text == "half an answer")
            await app.until(lambda: seen(app, "The question is gone: your words are in the composer."))
            await app.is_idle()
        await app.parts.close("end")
        assert app.session.composer.history.texts[-1] == "half an answer"


def seen(app, words: str) -> bool:
    return any(words in strip.text for strip in app.screen._compositor.render_strips())


async def test_a_held_answer_key_answers_once(tmp_path):
    app = stage.Stage(tmp_path)
    async with app.run_test(size=(80, 24)) as pilot:
        await stage.settled(pilot)
        await stage.STAGINGS["question"][1](app, pilot)
        await is_open(app, pilot)
        for message in InputTranslator().feed(b"nnnn"):
            app.post_message(message)
        await until(pilot, lambda: not app.asked.open)


async def test_a_question_that_is_asked_for_as_it_comes_has_the_keyboard(tmp_path):
    """Also above a draft, and where its rows are not there yet."""
    app = stage.Stage(tmp_path)
    async with app.run_test(size=(80, 24)) as pilot:
        await stage.settled(pilot)
        app.session.composer.text = "a draft"
        pending = Pending(stage.COMMAND, "")
        app.parts.questions.ask(pending)
        app.parts.questions.recall()
        await is_open(app, pilot)
        await pilot.press("y")
        await until(pilot, lambda: not pending.open)
        assert app.session.composer.text == "a draft"


async def test_a_question_that_came_while_another_dock_was_open_opens_when_that_one_ends(tmp_path):
    app = stage.Stage(tmp_path)
    async with app.run_test(size=(120, 40)) as pilot:
        await stage.settled(pilot)
        app.session.open_dock(ConfirmDock("Sure?", ""), lambda answer: None)
        await is_open(app, pilot)
        pending = Pending(stage.COMMAND, "")
        app.parts.questions.ask(pending)
        await stage.settled(pilot)
        await pilot.press("escape")
        await until(pilot, lambda: dock(app) is not None and "Run" in dock(app).title)
        pending.future.cancel()
        app.parts.questions.withdraw(pending)


async def test_a_dock_that_is_opened_over_a_page_is_seen(tmp_path):
    """Found by trying: Ctrl+Q at F1 asked below the page, and its `y` ended everything unseen."""
    app = stage.Stage(tmp_path)
    async with app.run_test(size=(80, 24)) as pilot:
        await stage.settled(pilot)
        asked = ConfirmDock("Is this seen?", "It is.")

        def seen():
            return asked.has_focus and any(
                "Is this seen?" in strip.text for strip in app.screen._compositor.render_strips()
            )

        await pilot.press("f1")
        await stage.settled(pilot)
        app.session.open_dock(asked, lambda answer: None)
        await until(pilot, seen)
        await pilot.press("f1")
        await stage.settled(pilot)
        assert app.session.pages.page is not None and not seen()
        app.session.recall(asked)
        await until(pilot, seen)
        assert app.session.pages.page is None


@pytest.mark.parametrize("draft", ["", "a draft"])
async def test_a_letter_that_takes_the_keyboard_away_leaves_a_question_that_looks_so(tmp_path, draft):
    """Its keys are grey, and so is its Esc: there Esc stops the task."""
    app = stage.Stage(tmp_path)
    async with app.run_test(size=(120, 40)) as pilot:
        await stage.settled(pilot)
        await stage.STAGINGS["question"][1](app, pilot)
        await is_open(app, pilot)
        app.session.composer.text = draft
        ready = dock(app)._chips.made(100)
        await pilot.press("q")
        await stage.settled(pilot)
        assert dock(app).arming._timer is None, "nothing makes it ready later"
        assert app.session.composer.text == draft + "q"
        assert app.session.facts().place == "composer" and dock(app).arming.state == "away"
        assert dock(app).head().state == "away"
        grey = dock(app)._chips.made(100)
        assert [row.text for row in grey.rows] == [row.text for row in ready.rows]
        inks = {
            segment.text.strip(): segment.style.color
            for row in grey.rows
            for segment in row
            if segment.text.strip()
        }
        assert inks["Esc"] == inks["y"] == inks["later"]
        await pilot.press("y")
        assert app.session.composer.text == draft + "qy" and app.asked.open


def head_row(app) -> str:
    return dock(app)._head.picture(120, tokens_for(app)).rows[0].text


async def test_the_dock_names_the_key_that_comes_back_to_it_from_where_the_keyboard_is(tmp_path):
    """Found by trying: in a terminal that the person holds Ctrl+O is the shell's, and bash runs the line by it."""
    app = stage.Stage(tmp_path)
    async with app.run_test(size=(160, 48)) as pilot:
        await stage.begin(app, pilot)
        await stage.STAGINGS["question"][1](app, pilot)
        await is_open(app, pilot)
        for staging, key in (
            ("agent's terminal", "Ctrl+O"),
            ("held terminal", "Ctrl+X a"),
            ("chat", "Ctrl+O"),
            ("composer", "Ctrl+O"),
        ):
            await stage.STAGINGS[staging][1](app, pilot)
            await stage.settled(pilot)
            assert head_row(app).rstrip().endswith(f"{key} answer"), staging
            drawn = [strip.text for strip in app.screen._compositor.render_strips()]
            assert any("Run" in row and f" {key} answer" in row for row in drawn), staging
            if staging == "held terminal":
                await pilot.press("ctrl+x", "a")
            else:
                await pilot.press("ctrl+o")
            await until(pilot, lambda: app.session.facts().place == "question")
        app.stop_asking()


async def test_a_letter_over_the_question_about_quitting_leaves_it_grey(tmp_path):
    """Found by trying: it stayed ready, with an Esc that said `stay` and stopped the task."""
    app = stage.Stage(tmp_path)
    async with app.run_test(size=(120, 40)) as pilot:
        await stage.settled(pilot)
        told = []
        app.session.open_dock(QuitDock("thinking", deaf=0), told.append)
        await until(pilot, lambda: dock(app) is not None and dock(app).ready)
        await pilot.press("x")
        await stage.settled(pilot)
        assert app.session.composer.text == "x" and app.session.facts().place == "composer"
        assert dock(app).arming.state == "away"
        assert head_row(app).rstrip().endswith("Ctrl+O answer")
        await pilot.press("y")
        assert app.session.composer.text == "xy" and not told


@pytest.mark.parametrize("name", ["file page", "keys page", "change page", "words found"])
async def test_the_key_that_answers_leaves_a_page_for_the_question(tmp_path, name):
    """A page is not covered by what comes: the status names the key, and the key leaves the page."""
    app = stage.Stage(tmp_path)
    async with app.run_test(size=(120, 40)) as pilot:
        await stage.begin(app, pilot)
        if name == "words found":
            await app.run_named("find_chat", "guard")
        else:
            await stage.STAGINGS[name][1](app, pilot)
        await stage.settled(pilot)
        page = app.session.pages.page
        assert app.place() == "page" and app.hint("answer") is None
        pending = Pending(stage.COMMAND, "")
        app.parts.questions.ask(pending)
        await stage.settled(pilot)
        assert app.session.pages.page is page and dock(app) is None and app.hint("answer") is not None
        await pilot.press("ctrl+o")
        await until(pilot, lambda: dock(app) is not None and dock(app).holds_focus)
        assert app.session.pages.page is None and app.place() == "question"
        await pilot.press("y")
        await until(pilot, lambda: not pending.open)
        assert pending.future.result(0).allow


async def test_the_key_that_answers_comes_back_from_a_page_over_an_open_question(tmp_path):
    app = stage.Stage(tmp_path)
    async with app.run_test(size=(120, 40)) as pilot:
        await stage.begin(app, pilot)
        await stage.STAGINGS["question"][1](app, pilot)
        asked = dock(app)
        await pilot.press("f1")
        await stage.settled(pilot)
        assert app.place() == "page" and app.hint("answer") is not None
        await pilot.press("ctrl+o")
        await until(pilot, lambda: app.place() == "question")
        assert dock(app) is asked and asked.holds_focus and app.session.pages.page is None
        app.stop_asking()


@pytest.mark.parametrize("size", [(120, 40), (60, 20)])
async def test_what_is_typed_behind_a_click_on_no_because_is_the_reason(tmp_path, size):
    """The keyboard was elsewhere: the words became a message to the agent."""
    app = stage.Stage(tmp_path)
    async with app.run_test(size=size) as pilot:
        await stage.settled(pilot)
        await stage.STAGINGS["question"][1](app, pilot)
        await is_open(app, pilot)
        app.session.to_composer()
        await stage.settled(pilot)
        chips = dock(app)._chips
        place = next(place for place in chips.made(chips.size.width).places if place.name == "d")
        at = Offset(place.start + 1, place.row) + chips.region.offset
        down, up = (
            kind(None, *at, 0, 0, 1, False, False, False, *at) for kind in (events.MouseDown, events.MouseUp)
        )
        for event in (down, up, *InputTranslator().feed(b"use make\r")):
            app.post_message(event)
        await until(pilot, lambda: not app.asked.open)
        decision = app.asked.future.result()
        assert (decision.allow, decision.reason) == (False, "use make")
        assert app.session.composer.text == ""


def presses(app, at: Offset) -> None:
    """A click, as the driver sends it."""
    for kind in (events.MouseDown, events.MouseUp):
        app.post_message(kind(None, *at, 0, 0, 1, False, False, False, *at))


def chip(app, name: str) -> Offset:
    """Where one of the answers is."""
    chips = dock(app)._chips
    place = next(place for place in chips.made(chips.size.width).places if place.name == name)
    return Offset(place.start + 1, place.row) + chips.region.offset


@pytest.mark.parametrize("first", ["chat", "banner"])
async def test_of_a_series_of_clicks_none_answers(tmp_path, first):
    """A command was allowed: the row that brings the question up stands where its answers come to stand."""
    app = stage.Stage(tmp_path)
    async with app.run_test(size=(120, 40)) as pilot:
        await stage.settled(pilot)
        await stage.STAGINGS["question"][1](app, pilot)
        await is_open(app, pilot)
        if first == "banner":
            await pilot.press("escape")
            await until(pilot, lambda: dock(app) is None and banner(app) != "")
        else:
            app.session.to_composer()
        await stage.settled(pilot)
        presses(app, app.session.query_one(f"#{first}").region.offset + Offset(3, 0))
        if first == "banner":
            await until(pilot, lambda: dock(app) is not None and dock(app).holds_focus)
        dock(app).arming.deaf = 3600.0
        await until(pilot, lambda: dock(app).region.height > 3)
        for _ in range(3):
            presses(app, chip(app, "y"))
            await pilot.pause()
        await until(pilot, lambda: dock(app).arming.state == "wait")
        await pilot.pause()
        assert app.asked.open and dock(app).arming.state == "wait"
        app.stop_asking()


async def test_what_was_refused_is_said_until_it_is_so_no_more(tmp_path):
    """ "There is no question to go to." stood over the hints while one was open."""
    app = stage.Stage(tmp_path)
    async with app.run_test(size=(120, 40)) as pilot:
        await stage.settled(pilot)
        await app.session.run("answer")
        assert app.notice() == "There is no question to go to."
        await stage.settled(pilot)
        assert app.notice() == "There is no question to go to."
        await stage.STAGINGS["question"][1](app, pilot)
        await is_open(app, pilot)
        assert app.notice() == ""
        await app.session.run("answer")
        assert app.notice() == "", "it is open, and has the keyboard"
        app.stop_asking()
