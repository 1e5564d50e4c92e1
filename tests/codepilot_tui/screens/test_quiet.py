"""At rest nothing is drawn: no place has a clock of its own but the status line, and that one not while it asks."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest
from textual.timer import Timer

from codepilot import events as ev

_spec = importlib.util.spec_from_file_location("stage", Path(__file__).parents[2] / "snapshots" / "stage.py")
stage = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(stage)


def clocks(app) -> list[Timer]:
    """The timers that go on for ever and are not paused."""
    nodes = [app, *app.screen.walk_children(with_self=True)]
    return [
        timer
        for node in nodes
        for timer in node._timers
        if timer._repeat is None and timer._active.is_set() and not timer.name.startswith("auto-refresh#0")
    ]


async def pass_two_seconds(app, pilot) -> None:
    """Whatever the timers of the screen would do within two seconds is done now."""
    for node in [app, *app.screen.walk_children(with_self=True)]:
        for timer in list(node._timers):
            if timer._task is None or timer._task.done() or not timer._active.is_set():
                continue
            due = int(2.0 / timer._interval) if timer._interval else 1
            for count in range(due if timer._repeat is None else min(due, timer._repeat + 1)):
                await timer._tick(next_timer=0.0, count=count)
    await stage.settled(pilot)


@pytest.mark.parametrize("name", stage.STAGINGS)
async def test_nothing_is_written_in_two_seconds_at_rest(tmp_path, name):
    app = stage.Stage(tmp_path)
    drawn = []
    display = app._display
    app._display = lambda screen, what: (
        drawn.append(what) if what is not None else None,
        display(screen, what),
    )[1]
    async with app.run_test(size=(160, 48)) as pilot:
        await stage.settled(pilot)
        app.play(stage.TASK, *stage.LOOKED, *stage.EDITED, *stage.DONE)
        _, bring = stage.STAGINGS[name]
        await bring(app, pilot)
        await stage.settled(pilot)
        written = []
        app._driver.write = written.append  # title, clipboard and the like do not go by the screen
        drawn.clear()
        await pass_two_seconds(app, pilot)
        for _ in range(20):
            await pilot.pause()
        assert (drawn, written) == ([], [])
        assert clocks(app) == []


async def test_the_two_seconds_are_real_enough_to_see_a_clock(tmp_path):
    app = stage.Stage(tmp_path)
    async with app.run_test(size=(160, 48)) as pilot:
        await stage.settled(pilot)
        app.play(stage.TASK, ev.StepStarted(step=1, max_steps=9))
        await stage.settled(pilot)
        line = app.session.query_one("#status")
        before = line._tick
        await pass_two_seconds(app, pilot)
        assert line._tick >= before + 2


async def test_one_clock_while_it_works_and_none_while_it_asks(tmp_path):
    app = stage.Stage(tmp_path)
    async with app.run_test(size=(160, 48)) as pilot:
        await stage.settled(pilot)
        app.play(stage.TASK, ev.StepStarted(step=1, max_steps=9))
        await stage.settled(pilot)
        line = app.session.query_one("#status")
        assert clocks(app) == [line._timer]
        assert line._timer._interval == 1.0
        app.play(
            ev.ToolStarted(call_id="c", tool="execute", args={}, label="main › make"),
            ev.PermissionAsked(
                request_id="r", call_id="c", tool="execute", description="make", kind="command"
            ),
        )
        await stage.settled(pilot)
        assert clocks(app) == []
