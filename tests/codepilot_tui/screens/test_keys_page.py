"""What is chosen on the page of F1 runs, or says where it works: the rows of here, of everywhere, of elsewhere."""

from __future__ import annotations

import asyncio
import importlib.util
from pathlib import Path

import pytest

from codepilot_tui.pages.key_sections import EVERYWHERE
from codepilot_tui.pages.keys import KeysPage

_spec = importlib.util.spec_from_file_location("scene", Path(__file__).with_name("scene.py"))
scenes = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(scenes)
stage = scenes.stage
BRING = scenes.BRING | {name: stage.STAGINGS[name][1] for name in ("free terminal", "held terminal")}
OPENS = ("chat", "held terminal", "command", "file")
"""From a pane, a terminal whose keys are its program's, a question, a page."""


async def open_keys(scene):
    by_key = scene.app.keymap_table["help"].is_at(scene.app.session.facts())
    await scene.pilot.press(*(("f1",) if by_key else ("ctrl+x", "h")))
    await scene.settle()
    page = scene.app.session.pages.page
    assert isinstance(page, KeysPage)
    return page


async def choose(scene, page, section, name):
    """Type what a row is called, and click it in its group."""
    page.field.value = scene.app.keymap_table[name].label
    await scene.settle()
    at = next(
        index
        for index, row in enumerate(page.list.rows)
        if row.line and row.section == section and row.line.action.name == name
    )
    await scene.pilot.click(page.list, offset=(20, at - page.list.scroll_offset.y))
    await scene.settle()


@pytest.mark.parametrize("name", OPENS)
async def test_a_key_of_another_place_says_where_it_works(tmp_path, name):
    """Found by choosing each row: Esc and Ctrl+C of the panes did nothing in a terminal that the person holds."""
    app = stage.Stage(tmp_path)
    async with asyncio.timeout(120), app.run_test(size=(160, 48)) as pilot:
        await scenes.furnish(app, pilot)
        scene = scenes.Scene(app, pilot, name, BRING[name])
        await scene.begin()
        page = await open_keys(scene)
        for section in page._sections:
            for action in (line.action for line in section.lines):
                if section.title.startswith("Elsewhere") and not action.is_command:
                    page.say("")
                    await choose(scene, page, section.title, action.name)
                    assert app.session.pages.page is page, action.name
                    wanted = "not here: " if action.group == EVERYWHERE else "only here: "
                    if action.is_at(page._facts):  # of this question, had it more than it has
                        wanted = "there is nothing for it here now"
                    assert page._note.note.startswith(wanted), action.name
        assert scene.ran in (["help"], ["leader", "help"])


async def test_a_key_of_here_that_means_nothing_now_says_why(tmp_path):
    """Found by choosing each row: it did nothing, without a word."""
    app = stage.Stage(tmp_path)
    async with asyncio.timeout(120), app.run_test(size=(160, 48)) as pilot:
        await stage.settled(pilot)
        app.terminal()
        scene = scenes.Scene(app, pilot, "composer")
        for place, draft, name, said in (
            ("composer", "", "send", "Nothing is written yet."),
            (
                "composer",
                "words",
                "after_task",
                "There is nothing to queue: the agent is idle, or nothing is written.",
            ),
            ("composer", "words", "commands", "A command begins in an empty composer."),
            ("composer", "", "scroll_chat", "All of the conversation is in sight."),
            ("chat", "", "unfold", "There is nothing to open in this row."),
            ("changes", "", "open_change", "The agent has changed no file yet."),
            ("free terminal", "", "look_round", "Only while the agent types in this terminal."),
        ):
            await BRING[place](app, pilot)
            app.session.composer.text = draft
            await scene.settle()
            page = await open_keys(scene)
            await choose(scene, page, page._sections[0].title, name)
            assert app.notice() == said, name
            app.session.to_composer()


async def test_what_works_in_the_panes_runs_from_a_page_and_from_a_question(tmp_path):
    """The group "Elsewhere" of F1 has commands too: of the panes below a page, of the agent whose question is open."""
    app = stage.Stage(tmp_path)
    async with asyncio.timeout(120), app.run_test(size=(160, 48)) as pilot:
        await scenes.furnish(app, pilot)
        for place, name, title, is_right in (
            (
                "file",
                "maximise",
                "Elsewhere: panes",
                lambda: app.session.panes.wants.maximised == "chat" and app.place() != "page",
            ),
            ("file", "focus_chat", "Elsewhere: panes", lambda: app.place() == "chat"),
            ("command", "answer", "Elsewhere: agent", lambda: app.place() == "question"),
        ):
            await BRING["files"](app, pilot)
            scene = scenes.Scene(app, pilot, place)
            await scene.begin()
            page = await open_keys(scene)
            await choose(scene, page, title, name)
            assert is_right(), f"{name}: {app.session.facts()} {app.notice()}"
