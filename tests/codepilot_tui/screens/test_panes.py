"""The panes of the real session screen: what opens over them moves nothing below."""

import importlib.util
from pathlib import Path

import pytest

_spec = importlib.util.spec_from_file_location("stage", Path(__file__).parents[2] / "snapshots" / "stage.py")
stage = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(stage)


@pytest.mark.parametrize("size", [(160, 48), (120, 40), (80, 24)])
@pytest.mark.parametrize("key", ["f10", "ctrl+x", "ctrl+p", "f1"])
async def test_a_popup_or_a_page_leaves_the_panes_as_they_are(tmp_path, size, key):
    app = stage.Stage(tmp_path)
    async with app.run_test(size=size) as pilot:
        await stage.settled(pilot)
        app.terminal()
        await pilot.press("f4")
        await stage.settled(pilot)
        panes, before = app.session.panes, app.session.panes.shown
        assert before.terminal and app.session.facts().place == "terminal"
        await pilot.press(key)
        await stage.settled(pilot)
        assert app.session.facts().place in ("popup", "page")
        assert panes.shown == before
        await pilot.press("escape")
        await stage.settled(pilot)
        assert panes.shown == before and app.session.facts().place == "terminal"
