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
    async with asyncio.timeout(60):
        while not chat.max_scroll_y:
            await pilot.pause()
    chat.action_scroll_home()
    assert not chat.rows.following
    return chat


async def test_a_message_that_is_sent_goes_to_the_end(tmp_path):
    app = stage.Stage(tmp_path)
    async with app.run_test(size=(100, 30)) as pilot:
        chat = await scrolled_up(app, pilot)
        await pilot.press("h", "i", "enter")
        await pilot.pause()
        assert chat.rows.following


async def test_the_chat_is_scrolled_from_the_composer_too(tmp_path):
    """Found by use: PgUp and PgDn did nothing there. A draft that is longer than the composer keeps them."""
    app = stage.Stage(tmp_path)
    async with app.run_test(size=(100, 30)) as pilot:
        chat = await scrolled_up(app, pilot)
        chat.follow()
        await stage.settled(pilot)
        end = chat.scroll_offset.y
        await pilot.press("h", "i", "pageup")
        await stage.settled(pilot)
        assert chat.scroll_offset.y < end and not chat.rows.following
        assert app.session.composer.editor.has_focus and app.session.composer.text == "hi"
        await pilot.press("pagedown", "pagedown")
        await stage.settled(pilot)
        assert chat.rows.following
        app.session.composer.text = "\n".join(f"line {number}" for number in range(60))
        await stage.settled(pilot)
        row = app.session.composer.editor.cursor_location[0]
        await pilot.press("pageup")
        await stage.settled(pilot)
        assert app.session.composer.editor.cursor_location[0] < row and chat.rows.following


async def test_a_new_session_is_followed(tmp_path):
    app = stage.Stage(tmp_path)
    async with app.run_test(size=(100, 30)) as pilot:
        chat = await scrolled_up(app, pilot)
        app.play(ev.SessionCleared())
        long_session(app)
        await pilot.pause()
        assert chat.rows.following


WORDS = "the quick brown fox jumps over the lazy dog " * 12


async def test_toggled_panes_and_windows_leave_no_line_of_another_width(tmp_path):
    """Report, row 7: at 80x24 a message, F2, F8, and the text was cut at the right, worse with each toggle."""
    app = stage.Stage(tmp_path)
    async with app.run_test(size=(80, 24)) as pilot:
        chat = await scrolled_up(app, pilot)
        app.play(ev.TaskStarted(task=WORDS, number=99), ev.StepStarted(step=1, max_steps=9))
        app.play(ev.TextStreamed(text=WORDS), ev.ReplyFinished(text="", reason="stop"))
        for size in ((80, 24), (160, 48), (60, 20), (120, 40), (40, 12), (200, 60)):
            await pilot.resize_terminal(*size)
            for key in ("f2", "f3", "f8", "f7", "f3", "f8", "f7", "f9", "f9", "f3"):
                await pilot.press(key)
            async with asyncio.timeout(60):
                while chat._frames.waiting or chat.rows.size[1] != chat.size.height:
                    await pilot.pause()
            chat.follow()
            width = chat.size.width - 1
            assert chat.rows.size == (width, chat.size.height)
            rows = [chat.render_line(y).text.rstrip() for y in range(chat.size.height)]
            words = " ".join(row.strip("▎ ▍") for row in rows).split()
            assert all(len(row) <= width for row in rows)
            assert {word for word in words if word.isalpha()} <= {
                *WORDS.split(),
                "You",
                "BackendEngineer",
                "step",
                "task",
            }


async def test_find_goes_to_what_was_said(tmp_path):
    app = stage.Stage(tmp_path)
    async with app.run_test(size=(100, 30)) as pilot:
        await pilot.pause()
        app.play(ev.TaskStarted(task="the needle", number=0), ev.TaskFinished(status="replied"))
        long_session(app)
        await pilot.pause()
        await pilot.press("alt+slash")
        async with asyncio.timeout(60):
            while app.focused is None or not hasattr(app.focused, "words"):
                await pilot.pause()
        await pilot.press(*"needle", "enter")
        chat = app.screen.query_one(ChatView)
        async with asyncio.timeout(60):
            while not (chat.has_focus and chat.rows.text_to_copy() == "the needle"):
                await pilot.pause()
        assert chat.scroll_offset.y == 0


async def test_enter_is_named_on_rows_that_fold_only_and_by_what_it_does(tmp_path):
    app = stage.Stage(tmp_path)
    async with app.run_test(size=(160, 48)) as pilot:
        await pilot.pause()
        app.play(stage.TASK, *stage.LOOKED)
        await stage.settled(pilot)
        await pilot.press("f3")
        words = lambda: {hint.word for hint in app.session.query_one("#status").hints}  # noqa: E731
        steps = (("end", "fold"), ("enter", "unfold"), ("home", ""), ("end", "unfold"), ("enter", "fold"))
        for key, does in steps:
            await pilot.press(key)
            await stage.settled(pilot)
            assert words() & {"fold", "unfold"} == ({does} if does else set()), key


async def test_a_command_that_waited_for_input_says_when_it_has_ended(tmp_path):
    app = stage.Stage(tmp_path)
    async with app.run_test(size=(160, 48)) as pilot:
        await stage.settled(pilot)
        app.terminal(state="busy", owner="agent")
        label = "main › read name"
        app.play(stage.TASK, ev.StepStarted(step=1, max_steps=9))
        app.play(ev.ToolStarted(call_id="c", tool="execute", args={}, label=label, terminal="main"))
        app.play(ev.ToolFinished(call_id="c", tool="execute", result="", state="waiting"))
        row = lambda: next(text for text in text_of(app) if label in text)  # noqa: E731
        for state, said in (
            ("waiting", "waits for input"),
            ("busy", "still running"),
            ("idle", "ended later"),
        ):
            app.terminal(state=state, owner="agent")
            await stage.settled(pilot)
            assert said in row()


def text_of(app):
    chat = app.screen.query_one(ChatView)
    return [chat.render_line(y).text for y in range(chat.size.height)]
