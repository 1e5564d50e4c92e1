"""What the bars show is what is true: whatever happened before, a fresh look at the facts shows the same."""

from __future__ import annotations

import asyncio
import importlib.util
import random
from pathlib import Path

import pytest

from codepilot import events as ev
from codepilot_tui.bench import first_times
from codepilot_tui.bench.footer import hints
from codepilot_tui.bench.notices import Notices
from codepilot_tui.docks.trust import TrustDock
from codepilot_tui.pages.welcome import WelcomePage
from codepilot_tui.screens import overlays
from codepilot_tui.widgets.strip import TerminalStrip

_spec = importlib.util.spec_from_file_location("stage", Path(__file__).parents[2] / "snapshots" / "stage.py")
stage = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(stage)

KEYS = (
    "a",
    "enter",
    "escape",
    "tab",
    "f2",
    "f3",
    "f4",
    "f5",
    "f6",
    "f8",
    "up",
    "down",
    "pageup",
    "backspace",
    "/",
)


def shown(app):
    """What stands in the bars, and what a fresh look at the facts says."""
    screen, parts = app.session, app.parts
    facts, composer = screen.facts(), screen.composer
    line, top, strip = screen.query_one("#status"), screen.query_one("#top"), screen.query_one(TerminalStrip)
    stands = (line.hints, top.facts, top.tabs, composer.working, composer.queue, strip.terminal)
    true = (
        hints(screen.keymap, facts, sends=screen.program.can_send),
        parts.bar_facts(),
        screen.panes.tabs(),
        facts.working,
        parts.agent.outbox.chips,
        parts.terminals.summary,
    )
    return stands, true


@pytest.mark.parametrize("name", stage.STAGINGS)
async def test_in_every_place(tmp_path, name):
    app = stage.Stage(tmp_path)
    async with app.run_test(size=(120, 40)) as pilot:
        await stage.begin(app, pilot)
        await stage.STAGINGS[name][1](app, pilot)
        await stage.settled(pilot)
        stands, true = shown(app)
        assert stands == true


@pytest.mark.parametrize("seed", range(4))
async def test_after_any_keys_and_events(tmp_path, seed):
    chance = random.Random(seed)
    app = stage.Stage(tmp_path)
    async with app.run_test(size=(160, 48)) as pilot:
        await stage.begin(app, pilot)
        steps = (
            lambda: app.play(stage.TASK, ev.StepStarted(step=1, max_steps=9)),
            lambda: app.play(*stage.DONE),
            lambda: app.terminal(owner=chance.choice(("free", "agent", "person"))),
        )
        for _ in range(14):
            if chance.random() < 0.3:
                chance.choice(steps)()
            else:
                await pilot.press(chance.choice(KEYS))
            await stage.settled(pilot)
            stands, true = shown(app)
            assert stands == true


class Opening(stage.Stage):
    """Before there is an agent."""

    async def show_session(self):
        await self.tabs.show_first()
        stage.register_themes(self)
        await self.session.furnish()


@pytest.mark.parametrize(
    ("asking", "made"),
    [
        (overlays.ask, lambda: TrustDock("/work", found=["agent.yaml"])),
        (overlays.look, lambda: WelcomePage([], "No key.")),
    ],
    ids=["trust", "welcome"],
)
async def test_what_is_asked_before_there_is_an_agent_is_no_start(tmp_path, asking, made):
    app = Opening(tmp_path)
    async with app.run_test(size=(80, 24)) as pilot:
        await stage.settled(pilot)
        said = lambda: app.session.query_one("#status").render_line(0).text.strip()  # noqa: E731
        assert said() == "○ starting"
        answer = asyncio.create_task(asking(app.session, made()))
        await stage.settled(pilot)
        assert said().startswith("? waits for you")
        await pilot.press("escape")
        assert await asyncio.wait_for(answer, 20) is None
        await stage.settled(pilot)
        assert said() == "○ starting"


async def test_the_window_is_named_by_what_the_agent_does(tmp_path):
    app = stage.Stage(tmp_path)
    async with app.run_test(size=(120, 40)) as pilot:
        await stage.settled(pilot)
        name = app.project.name
        assert app.attention._title == name
        app.play(stage.TASK)
        await stage.settled(pilot)
        assert app.attention._title == f"{name} · working"
        app.play(*stage.LOOKED)
        await stage.settled(pilot)
        assert app.attention._title == f"{name} · step 1"
        app.play(*stage.EDITED)
        await stage.settled(pilot)
        assert app.attention._title == f"{name} · step 2"
        app.play(*stage.DONE)
        await stage.settled(pilot)
        assert app.attention._title == name


async def test_a_notice_ends_by_itself_and_a_later_one_has_its_own_time(tmp_path):
    app = stage.Stage(tmp_path)
    async with app.run_test(size=(120, 40)) as pilot:
        await stage.settled(pilot)
        clock = [50.0]
        app.session.notices = Notices(lambda: clock[0])
        line = app.session.query_one("#status")
        app.session.tell("First")
        assert line.notice == "First"
        lasts = app.session.notices.wake_in()
        clock[0] += lasts / 2
        app.session.tell("Second")
        clock[0] += lasts / 2
        app.session.bars.show_notice()
        assert line.notice == "Second"
        clock[0] += lasts
        app.session.bars.show_notice()
        assert line.notice == ""


async def test_the_status_says_starting_until_the_agent_is_ready_and_the_bar_its_mode(live):
    app = live([])
    async with app.run_test(size=(160, 48)):
        await app.until(lambda: app.session.parts is not None)
        await app.is_up()
        await app.until(lambda: "○ ready" in app.seen().split("\n")[-1])
        assert "mode ask" in app.seen().split("\n")[0] and "scripted" in app.seen().split("\n")[0]
        assert app.session.facts().ready


async def test_the_offer_of_what_was_run_names_the_key_that_works_where_the_keyboard_is(tmp_path):
    app = stage.Stage(tmp_path)
    async with app.run_test(size=(160, 48)) as pilot:
        await stage.begin(app, pilot)
        app.terminal(owner="person")
        app.parts.terminals.take(ev.PersonCommandsOffered(terminal="main", count=1))
        await stage.settled(pilot)
        assert app.session.facts().place == "composer"
        assert str(app.parts.offers.render()).startswith("Alt+R add what you ran")
        await pilot.press("f4")
        await stage.settled(pilot)
        assert app.session.facts().place == "terminal-held"
        assert str(app.parts.offers.render()).startswith("Ctrl+X e add what you ran")


async def test_the_keys_of_selecting_in_a_terminal_are_named_while_they_mean_that(tmp_path):
    app = stage.Stage(tmp_path)
    async with app.run_test(size=(160, 48)) as pilot:
        await stage.begin(app, pilot)
        app.terminal(owner="person")
        await pilot.press("f4")
        await stage.settled(pilot)

        async def named(*keys):
            if keys:
                await pilot.press(*keys)
            await stage.settled(pilot)
            return [
                hint.word
                for hint in app.session.query_one("#status").hints
                if hint.word in ("select", "copy", "leave")
            ]

        assert await named() == []
        assert await named("ctrl+x", "[") == ["select", "leave"]
        assert await named("v", "left", "left") == ["select", "copy", "leave"]
        assert await named("v") == ["select", "leave"]
        assert await named("escape") == []


def footer(app):
    return [(hint.key, hint.word) for hint in app.session.query_one("#status").hints]


async def test_the_footer_says_what_enter_does_with_a_command(tmp_path):
    app = stage.Stage(tmp_path)
    async with app.run_test(size=(60, 20)) as pilot:
        await stage.begin(app, pilot)
        ran = []
        app.dispatch.watch = lambda action: ran.append(action.name)
        await pilot.press("slash", "h")
        await stage.settled(pilot)
        assert app.session.composer.popup is not None
        assert ("Enter", "run") in footer(app) and ("Esc", "close") in footer(app)
        await pilot.click("#status", offset=(app.hint("back"), 0))
        await stage.settled(pilot)
        assert app.session.composer.popup is None and app.session.composer.text == "/h"
        await pilot.press(*"elp")
        await stage.settled(pilot)
        await pilot.press("escape")
        await stage.settled(pilot)
        assert app.session.composer.popup is None and ("Enter", "run") in footer(app)
        await pilot.press("end", "x", "backspace", "backspace", "backspace", "backspace", "backspace", "a")
        await pilot.press("backspace", "backspace")
        await pilot.press(*"words")
        await stage.settled(pilot)
        assert app.session.composer.text == "words" and ("Enter", "send") in footer(app)


async def test_the_footer_names_the_keys_of_a_selection_in_the_chat(tmp_path):
    app = stage.Stage(tmp_path)
    async with app.run_test(size=(160, 48)) as pilot:
        await stage.begin(app, pilot)
        chat = app.parts.chat
        await app.run_named("focus_chat")
        await stage.settled(pilot)
        assert ("Esc", "back") in footer(app)
        await pilot.mouse_down(chat, offset=(6, 2))
        await pilot.hover(chat, offset=(30, 6))
        await pilot.mouse_up(chat, offset=(30, 6))
        await stage.settled(pilot)
        assert app.session.selections
        assert {("Esc", "deselect"), ("Ctrl+C", "copy")} <= set(footer(app))
        assert app.session.facts().place == "chat", app.session.focused
        await pilot.press("escape")
        await stage.settled(pilot)
        assert not app.session.selections and ("Esc", "back") in footer(app)


@pytest.mark.parametrize(
    ("staging", "said"),
    [
        ("question", "y n d answer · letters write"),
        ("question about edits", "y n d answer · letters write"),
        ("held terminal", "You have this terminal · F6 hands it back"),
    ],
)
async def test_what_happens_for_the_first_time_says_its_key_once(tmp_path, staging, said):
    app = stage.Stage(tmp_path)
    first_times.seen_file().write_text('["folded"]')
    async with app.run_test(size=(120, 40)) as pilot:
        await stage.begin(app, pilot, terminal=False)
        app.session.tell("It failed.", "error")
        await stage.STAGINGS[staging][1](app, pilot)
        await stage.settled(pilot)
        assert app.notice() == "It failed.", "an error stays until it was read"
        app.session.notices.key_pressed()
        app.session.changed()
        assert app.notice() == said
        app.stop_asking()
        await app.run_named("focus_composer")
        await stage.settled(pilot)
        assert app.notice() != said, "it holds no more"
        app.session.notices.say("")
        app.session.bars.show_notice()
        await stage.STAGINGS[staging][1](app, pilot)
        await stage.settled(pilot)
        assert app.notice() == ""
        app.stop_asking()
    assert len(first_times.recall()) == 2


async def test_the_agents_first_terminal_and_the_first_folded_call_say_their_keys(tmp_path):
    app = stage.Stage(tmp_path)
    first_times.seen_file().unlink()
    async with app.run_test(size=(120, 40)) as pilot:
        await stage.begin(app, pilot, terminal=False)
        assert app.notice() == "Calls unfold · F3 goes to the chat, Enter unfolds one"
        await pilot.press("f3")
        await stage.settled(pilot)
        assert app.place() == "chat" and app.notice() == ""
        app.terminal(owner="agent", state="busy")
        app.session.changed()
        assert app.notice() == "The agent uses a terminal · F4 goes there"
        await pilot.press("f4")
        await stage.settled(pilot)
        assert app.place() == "terminal"


async def test_the_first_queued_message_says_how_it_comes_back(live):
    app = live([stage.ASKS, stage.done("Yes.")])
    first_times.seen_file().write_text('["folded", "terminal", "question", "held"]')
    async with app.run_test(size=(120, 40)) as pilot:
        await stage.send(pilot, "Paint it.")
        await app.asks()
        await pilot.press("escape")  # later: the agent goes on waiting
        await stage.settled(pilot)
        await stage.send(pilot, "In blue.")
        await app.until(lambda: app.notice() == "Queued · ↑ brings it back")
        await pilot.press("up")
        await app.until(lambda: app.session.composer.text == "In blue.")
        app.parts.agent.stop()
        await app.is_idle()


async def test_a_session_that_cannot_be_written_says_so_until_it_can(tmp_path):
    app = stage.Stage(tmp_path)
    async with app.run_test(size=(140, 40)) as pilot:
        await stage.settled(pilot)
        for why, said in (("No space left on device", "Not saved: No space left on device."), ("", "")):
            app.parts.agent.take_events([ev.Stamped(0, 0.0, ev.SessionTrouble(why=why))])
            await pilot.pause()
            banner = app.session.query_one("#banner")
            assert banner.display == bool(said)
            assert not said or str(banner.render()).startswith(said)
