"""The rungs of Esc and Ctrl+C on the real screen; which rung it is decides `bench.ladder`."""

from __future__ import annotations

import importlib.util
from pathlib import Path

from textual import events

_spec = importlib.util.spec_from_file_location("stage", Path(__file__).parents[2] / "snapshots" / "stage.py")
stage = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(stage)


async def begin(app, pilot):
    await stage.settled(pilot)
    app.left = []
    app.play(stage.TASK, *stage.LOOKED, *stage.EDITED, *stage.DONE)
    app.terminal()
    await stage.settled(pilot)


def place(app):
    return app.session.facts().place


def notice(app):
    return app.session.query_one("#status").notice


async def test_what_is_typed_after_ctrl_c_is_not_cleared_by_it(tmp_path):
    app = stage.Stage(tmp_path)
    async with app.run_test(size=(160, 48)) as pilot:
        await begin(app, pilot)
        for key in ("a", "b", "ctrl+c", "c", "d"):
            app.post_message(events.Key(key, key if len(key) == 1 else None))
        await stage.settled(pilot)
        assert app.session.composer.text == "cd"
        assert app.left == []


async def test_ctrl_c_quits_only_when_it_said_so(tmp_path):
    app = stage.Stage(tmp_path)
    async with app.run_test(size=(160, 48)) as pilot:
        await begin(app, pilot)
        app.session.composer.text = "a draft"
        await pilot.press("ctrl+c")
        assert app.session.composer.text == "" and notice(app) == ""
        await pilot.press("ctrl+c")
        assert notice(app) == "Ctrl+C again quits" and app.left == []
        await pilot.press("ctrl+c")
        await stage.settled(pilot)
        assert app.left == [""]


async def test_another_key_between_two_ctrl_c_clears_again(tmp_path):
    app = stage.Stage(tmp_path)
    async with app.run_test(size=(160, 48)) as pilot:
        await begin(app, pilot)
        await pilot.press("ctrl+c", "x", "ctrl+c")
        assert app.left == [] and app.session.composer.text == ""
        assert not app.session.facts().quit_armed  # a draft was cleared, and that announces nothing
        await pilot.press("ctrl+c")
        assert app.left == []


async def test_what_is_selected_is_copied_before_anything_else(tmp_path):
    app = stage.Stage(tmp_path)
    async with app.run_test(size=(160, 48)) as pilot:
        await begin(app, pilot)
        app.session.composer.text = "a draft"
        app.session.text_select_all()
        chosen = app.session.get_selected_text()
        await pilot.press("ctrl+c")
        await stage.settled(pilot)
        assert chosen and app.clipboard == chosen and app.session.composer.text == "a draft"
        assert notice(app) == "Copied (through your terminal)." and not app.session.selections
