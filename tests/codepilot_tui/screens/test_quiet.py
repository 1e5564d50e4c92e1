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


@pytest.mark.parametrize("name", stage.STAGINGS)
async def test_nothing_is_drawn_at_rest(tmp_path, name):
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
        drawn.clear()
        for _ in range(20):
            await pilot.pause()
        assert drawn == []
        assert clocks(app) == []


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
