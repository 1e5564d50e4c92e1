"""The chat in the workbench: what the screen tells it to do."""

from __future__ import annotations

import asyncio
import importlib.util
from pathlib import Path

from codepilot import events as ev
from codepilot_tui.widgets.chat import ChatView

_spec = importlib.util.spec_from_file_location("stage", Path(__file__).parents[2] / "snapshots" / "stage.py")
stage = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(stage)


def long_session(app):
    for number in range(20):
        app.play(ev.TaskStarted(task=f"task {number}", number=number), ev.TaskFinished(status="replied"))


async def scrolled_up(app, pilot):
    """The chat of a long session, looked at from its start."""
    await pilot.pause()
    long_session(app)
    chat = app.screen.query_one(ChatView)
    async with asyncio.timeout(10):
        while not chat.max_scroll_y:
            await pilot.pause()
    chat.action_scroll_home()
    assert not chat.at_end
    return chat


async def test_a_message_that_is_sent_goes_to_the_end(tmp_path):
    app = stage.Stage(tmp_path)
    async with app.run_test(size=(100, 30)) as pilot:
        chat = await scrolled_up(app, pilot)
        await pilot.press("h", "i", "enter")
        await pilot.pause()
        assert chat.at_end


async def test_a_new_session_is_followed(tmp_path):
    app = stage.Stage(tmp_path)
    async with app.run_test(size=(100, 30)) as pilot:
        chat = await scrolled_up(app, pilot)
        app.play(ev.SessionCleared())
        long_session(app)
        await pilot.pause()
        assert chat.at_end
