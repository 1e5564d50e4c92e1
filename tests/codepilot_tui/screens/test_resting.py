"""Tabs in the background: what their agents do not need is given back, and is there again when they work."""

from __future__ import annotations

import contextlib
import importlib.util
from pathlib import Path

from codepilot import events as ev
from codepilot.testing import ManualClock, Turn
from codepilot_tui.resting import IDLE

_spec = importlib.util.spec_from_file_location("stage", Path(__file__).parents[2] / "snapshots" / "stage.py")
stage = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(stage)


def block(code):
    return Turn(text=f"```codepilot\n{code}\n```\n")


def workers(session):
    """The pids of the living worker processes of a session: the active one, and the spare."""
    pool = session.agent.bridge.runtime._agent.executor._pool
    held = [each.process.pid for each in (pool._active, pool._spare) if each is not None]
    return [pid for pid in held if is_alive(pid)]


def is_alive(pid):
    with contextlib.suppress(FileNotFoundError, ProcessLookupError):
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    return False


async def begin_another(app):
    number = len(app.tabs.all) + 1
    await app.run_named("new_session")
    await app.until(lambda: len(app.tabs.all) == number and app.session.parts is not None)
    await app.is_up()


async def worked(app, pilot, words, answer):
    await stage.send(pilot, words)
    await app.until(lambda: answer in app.seen())
    await app.is_idle()


async def test_a_hidden_tab_gives_its_workers_back_and_finds_its_names(live):
    app = live([block("n = 41"), stage.done("One."), block("print(n + 1)"), stage.done("Two.")], kept="a")
    clock = app.tabs.clock = ManualClock()
    async with app.run_test(size=(120, 40)) as pilot:
        await app.is_up()
        first = app.session
        await worked(app, pilot, "count", "One.")
        clock.advance(IDLE * 2)
        await app.until(lambda: len(workers(first)) == 2)
        pids = workers(first)
        assert clock.sleepers == 0, "the one on the screen keeps them"
        await begin_another(app)
        await app.until(lambda: [is_alive(pid) for pid in pids] == [True, False])
        await clock.sleeping()
        clock.advance(IDLE - 1)
        assert is_alive(pids[0])
        clock.advance(2)
        await app.until(lambda: not is_alive(pids[0]))
        assert workers(first) == [] and len(workers(app.session)) == 2
        said = len(first.agent.transcript.items)
        await pilot.press("alt+1")
        await app.until(lambda: "One." in app.seen())
        assert workers(first) == [] and len(first.agent.transcript.items) == said
        lost = []
        first.agent.listeners.append(
            lambda event: lost.append(event) if isinstance(event, ev.WorkerLost) else None
        )
        await worked(app, pilot, "go on", "Two.")
        assert "42" in str(app.server.requests[-1].body["messages"][-1]) and lost == []
        await app.until(lambda: len(workers(first)) == 2)


async def test_a_tab_that_is_shown_again_in_time_keeps_its_worker(live):
    app = live([block("n = 41"), stage.done("One.")], kept="a")
    clock = app.tabs.clock = ManualClock()
    async with app.run_test(size=(120, 40)) as pilot:
        await app.is_up()
        first = app.session
        await worked(app, pilot, "count", "One.")
        kept = workers(first)[0]
        await begin_another(app)
        await clock.sleeping()
        clock.advance(IDLE - 1)
        await pilot.press("alt+1")
        await app.until(lambda: "One." in app.seen() and len(workers(first)) == 2)
        clock.advance(IDLE)
        await pilot.press("alt+2")
        await app.until(lambda: app.session is not first and len(workers(first)) == 1)
        assert workers(first) == [kept], "a minute is counted from the moment that it was hidden"


async def test_a_hidden_tab_that_works_or_asks_keeps_its_worker(live):
    app = live([block("answer = ask_user('Which one?')\nprint(answer)"), stage.done("Blue.")], kept="a")
    clock = app.tabs.clock = ManualClock()
    async with app.run_test(size=(120, 40)) as pilot:
        await app.is_up()
        first = app.session
        await stage.send(pilot, "paint it")
        app.session.composer.text = ""
        await app.until(lambda: app.parts.agent.working)
        await begin_another(app)
        await app.until(lambda: "1 paint it ? asks" in app.seen())
        await app.until(lambda: len(workers(first)) == 1)
        clock.advance(IDLE * 3)
        await app.until(lambda: clock.sleepers == 0)
        [kept] = workers(first)
        await pilot.press("alt+1")
        await app.asks()
        await pilot.press(*"blue", "enter")
        await app.until(lambda: "Blue." in app.seen())
        assert kept in workers(first)


async def test_a_hidden_tab_with_a_function_keeps_its_worker_without_a_spare(live):
    app = live([block("def f(): return 42"), stage.done("One.")], kept="a")
    clock = app.tabs.clock = ManualClock()
    async with app.run_test(size=(120, 40)) as pilot:
        await app.is_up()
        first = app.session
        await worked(app, pilot, "count", "One.")
        kept = workers(first)[0]
        await begin_another(app)
        await clock.sleeping()
        clock.advance(IDLE + 1)
        await app.until(lambda: app.tabs.all[0].rest._timer.done())
        assert workers(first) == [kept]


async def test_a_tab_that_is_closed_waits_for_nothing(live):
    app = live([stage.done("One.")], kept="a")
    clock = app.tabs.clock = ManualClock()
    async with app.run_test(size=(120, 40)) as pilot:
        await app.is_up()
        await worked(app, pilot, "count", "One.")
        await begin_another(app)
        await clock.sleeping()
        await app.tabs.close(1)
        await app.until(lambda: len(app.tabs.all) == 1)
        await app.until(lambda: clock.sleepers == 0)
        await pilot.pause()
