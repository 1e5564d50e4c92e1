"""The rows around the panes say what is true now."""

from __future__ import annotations

import importlib.util
from pathlib import Path

from codepilot_tui.bench.notices import Notices

_spec = importlib.util.spec_from_file_location("stage", Path(__file__).parents[2] / "snapshots" / "stage.py")
stage = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(stage)


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
