"""Letters typed in a reading pane are for the composer, all of them and in their order."""

from __future__ import annotations

import asyncio
import importlib.util
from pathlib import Path

import pytest
from textual import events

_spec = importlib.util.spec_from_file_location("stage", Path(__file__).parents[2] / "snapshots" / "stage.py")
stage = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(stage)

WORDS = "hello there, all of you"


@pytest.mark.parametrize("pane", ["f2", "f3"])
async def test_words_that_come_at_once(tmp_path, pane):
    app = stage.Stage(tmp_path)
    async with app.run_test(size=(160, 48)) as pilot:
        await pilot.pause()
        await pilot.press(pane)
        for character in WORDS:
            app.post_message(events.Key("space" if character == " " else character, character))
        async with asyncio.timeout(60):
            while app.session.composer.text != WORDS:
                await pilot.pause()
        assert app.session.composer.editor.has_focus


async def test_only_commands_that_mean_something_now_are_offered(tmp_path):
    app = stage.Stage(tmp_path)
    async with app.run_test(size=(160, 48)) as pilot:
        await pilot.pause()
        await pilot.press("slash")
        await pilot.pause()
        offered = {each.name: each.key for each in app.session.composer.popup.rows.found}
        assert "stop" not in offered and "send" not in offered
        assert offered["new"] == "Alt+N" and offered["help"] == "F1"
