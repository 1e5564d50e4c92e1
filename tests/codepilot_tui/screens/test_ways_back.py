"""No question is a trap: the keyboard leaves it in every way, comes back in every way, and Esc closes it."""

from __future__ import annotations

import asyncio
import importlib.util
from pathlib import Path

import pytest
from textual.events import Paste

from codepilot_tui.bridge import Pending
from codepilot_tui.docks.clipboard import ClipboardDock
from codepilot_tui.docks.confirm import ConfirmDock
from codepilot_tui.docks.quit import QuitDock
from codepilot_tui.docks.trust import TrustDock
from codepilot_tui.popups.pick import PickPopup
from codepilot_tui.screens import overlays

_spec = importlib.util.spec_from_file_location("stage", Path(__file__).parents[2] / "snapshots" / "stage.py")
stage = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(stage)

SIZES = [(160, 48), (80, 24)]
ALL = (160, 48)
"""At this size every way out is followed by every way back; at the others by one of them in turn."""


async def _wish(app, pilot):
    app.session.wish("A wish", lambda: ClipboardDock("main", "text"), lambda answer: None)


async def _ask(app, pilot):
    app.asked = Pending(None, "Which branch?")
    app.parts.questions.ask(app.asked)


def _asks(make):
    async def bring(app, pilot):
        app.session.open_dock(make(), lambda answer: None)

    return bring


KINDS = {
    "command": stage.OPENED["command"],
    "edits": stage.OPENED["edits"],
    "reason": stage.OPENED["reason"],
    "ask": _ask,
    "wish": _wish,
    "trust": _asks(lambda: TrustDock("/home/dev/inventory")),
    "quit": _asks(lambda: QuitDock("", working=False, running=[("main", "make")])),
    "confirm": _asks(lambda: ConfirmDock("Close main?", "A command is still running in it.")),
}


async def _palette(app, pilot, label):
    await pilot.press("ctrl+p")
    await until(pilot, lambda: app.session.query(PickPopup))
    app.session.query_one(PickPopup).field.value = label
    await pilot.pause()
    await pilot.press("enter")


def _key(*keys):
    async def press(app, pilot):
        await pilot.press(*keys)

    return press


def _choose(label):
    async def choose(app, pilot):
        await _palette(app, pilot, label)

    return choose


def _click(selector, offset=(4, 0)):
    async def click(app, pilot):
        await pilot.click(selector, offset=offset)

    return click


async def _click_hint(app, pilot):
    app.session.tell(
        ""
    )  # why F5 was refused stands in the place of the hints for some seconds, and the clock stands
    column = app.hint("answer")
    assert column is not None, "the footer says how to come back"
    await pilot.click("#status", offset=(column, 0))


OUT = {
    "F2": _key("f2"),
    "F3": _key("f3"),
    "F4": _key("f4"),
    "F5": _key("f5"),
    "F6": _key("f6"),
    "palette": _choose("Go to the chat"),
    "mouse on the chat": _click("#chat"),
    "mouse on the composer": _click("#composer"),
}
BACK = {
    "Ctrl+O": _key("ctrl+o"),
    "leader": _key("ctrl+x", "a"),
    "palette": _choose("Answer the waiting question"),
    "hint": _click_hint,
    "mouse": _click("HeadRow"),
}


async def until(pilot, condition):
    async with asyncio.timeout(60):
        while not condition():
            await pilot.pause(0.01)


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
@pytest.mark.parametrize("kind", KINDS)
async def test_every_way_out_has_every_way_back(tmp_path, kind, size):
    app = stage.Stage(tmp_path)
    async with asyncio.timeout(300), app.run_test(size=size) as pilot:
        await stage.begin(app, pilot)
        session = app.session
        await KINDS[kind](app, pilot)
        await until(pilot, lambda: session.facts().place == "question")
        dock = session.open_question()
        left = set()
        for number, (out, leave) in enumerate(OUT.items(), list(KINDS).index(kind)):
            one = list(BACK)[number % len(BACK)]
            for back, come in BACK.items() if size == ALL else [(one, BACK[one])]:
                await stage.settled(pilot)
                await leave(app, pilot)
                await stage.settled(pilot)
                if session.facts().place == "question":
                    break  # the key meant nothing there, or something of the question's own
                left.add(out)
                assert session.open_question() is dock, f"{out}: it stays in sight"
                await come(app, pilot)
                await stage.settled(pilot)
                said = f"{out}, {back}: {session.facts()} {app.notice()!r}"
                assert session.open_question() is dock and dock.holds_focus, said
                assert session.facts().place == "question", said
        assert {"F2", "F3", "F4", "palette", "mouse on the composer"} <= left
        for _ in range(2):  # words that were begun are left first
            await pilot.press("escape")
            await stage.settled(pilot)
        facts = session.facts()
        assert session.open_question() is None and not facts.question_open and facts.place != "question"
        app.stop_asking()


async def test_the_question_before_there_is_an_agent_is_no_trap_either(tmp_path):
    class Before(stage.Stage):
        async def show_session(self) -> None:
            await self.tabs.show_first()
            await self.session.furnish()

    app = Before(tmp_path)
    async with app.run_test(size=(80, 24)) as pilot:
        session = app.session
        await until(pilot, lambda: session.docks is not None and session.docks.is_mounted)
        answer = asyncio.create_task(overlays.ask(session, TrustDock("/home/dev/inventory")))
        await until(pilot, lambda: session.open_question() is not None)
        await stage.settled(pilot)
        for key in ("f2", "f3", "f4", "f6"):
            await pilot.press(key)
            await stage.settled(pilot)
            if session.facts().place != "question":
                await pilot.press("ctrl+o")
                await stage.settled(pilot)
            assert session.facts().place == "question", key
        await OUT["mouse on the composer"](app, pilot)
        assert session.facts().place == "composer"
        await pilot.press("ctrl+o", "n")
        async with asyncio.timeout(60):
            assert await answer is False


async def test_what_asks_before_it_does_something_is_asked_once_and_its_key_comes_back(live):
    app = live([stage.done("Hello.")])
    async with app.run_test(size=(160, 48)) as pilot:
        await app.is_up()
        await app.until(lambda: app.parts.terminals.pane.state("main") == "idle")
        await stage.send(pilot, "hello")
        await app.until(lambda: app.parts.agent.transcript.items)
        await app.is_idle()
        await pilot.press("alt+n")
        await app.asks()
        new = app.session.open_question()
        await pilot.press("f2", "alt+n")
        assert app.session.open_question() is new and new.holds_focus, "the same again"
        await pilot.press("f3", "f6")
        await app.until(lambda: app.parts.terminals.holder == "person")
        await pilot.press(*"sleep 99", "enter")
        await app.until(lambda: app.parts.terminals.pane.state("main") == "busy")
        await pilot.press("f6")
        await app.until(lambda: app.parts.terminals.holder == "free")
        await pilot.press("ctrl+q")
        await app.until(lambda: app.session.open_question() is not new)
        quitting = app.session.open_question()
        assert quitting.kind == "quit" and not new.display
        await pilot.press("f3", "ctrl+q")
        assert app.session.open_question() is quitting and quitting.holds_focus
        await pilot.press("f3", "alt+n")
        assert app.session.open_question() is new and new.holds_focus and new.display and not quitting.display
        await pilot.press("f3", "ctrl+o", "escape")
        await app.until(lambda: app.session.open_question() is quitting)
        await app.until(lambda: quitting.holds_focus and quitting.display)
        await pilot.press("escape")
        await app.until(lambda: app.session.open_question() is None)
        await pilot.press("ctrl+q")
        await app.asks()
        assert app.session.open_question() not in (quitting, None), "asked anew"
        await pilot.press("escape")


async def test_a_terminal_is_not_handed_back_under_the_question_about_its_paste(live):
    app = live([])
    async with app.run_test(size=(80, 24)) as pilot:
        await app.is_up()
        await app.until(lambda: app.parts.terminals.pane.state("main") == "idle")
        await pilot.press("f6")
        await app.until(lambda: app.session.facts().place == "terminal-held")
        await pilot.press(*"cat", "enter")
        await app.until(lambda: app.parts.terminals.pane.state("main") == "busy")
        app.session.focused.post_message(Paste("one\ntwo\n"))
        await app.asks()
        question = app.session.open_question()
        await pilot.press("f6")
        await app.until(lambda: app.session.query_one("#status").notice)
        assert app.session.query_one("#status").notice == "Answer first: Paste 2 lines into main?"
        assert app.parts.terminals.holder == "person" and question.holds_focus
        await pilot.press("f4")
        await app.until(lambda: app.session.facts().place == "terminal-held")
        await pilot.press("f6")
        await app.until(lambda: question.holds_focus)
        await pilot.press("f4", "ctrl+x", "a")
        await app.until(lambda: question.holds_focus)
        await pilot.press("escape")
        await app.until(lambda: app.session.open_question() is None)
        assert app.session.facts().place == "terminal-held"
        await pilot.press("f6")
        await app.until(lambda: app.parts.terminals.holder == "free")
