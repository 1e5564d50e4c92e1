"""Going back in the workbench: conversation and files as they were, and the way back to what was left."""

from __future__ import annotations

import importlib.util
import json
from pathlib import Path

from codepilot.testing import Turn

_spec = importlib.util.spec_from_file_location("stage", Path(__file__).parents[2] / "snapshots" / "stage.py")
stage = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(stage)

EDIT = Turn(text="```codepilot\nwrite_file('a.txt')\n```\n\n```text filename=a.txt\nnew\n```\n")


async def page_of(app, pilot):
    """The rewind page, by Esc Esc."""
    app.session.to_composer()
    await pilot.press("escape", "escape")
    await app.until(lambda: app.session.facts().kind == "rewind")
    page = app.session.pages.page
    await app.until(lambda: page.list.chosen is not None)
    return page


async def two_tasks(app, pilot):
    """One that is answered, and one that writes a file."""
    await app.is_up()
    app.parts.agent.bridge.set_mode("auto-edit")
    await stage.send(pilot, "first words")
    await app.until(lambda: "One." in app.seen())
    await app.is_idle()
    await stage.send(pilot, "second words")
    await app.until(lambda: "Two." in app.seen())
    await app.is_idle()


async def test_conversation_and_files_go_back_and_come_again(live):
    app = live([stage.done("One."), EDIT, stage.done("Two.")], kept="one")
    async with app.run_test(size=(140, 44)) as pilot:
        await two_tasks(app, pilot)
        file = app.project / "a.txt"
        assert file.read_text() == "new\n"
        page = await page_of(app, pilot)
        await app.until(lambda: page._planned is not None and "a.txt  deleted" in app.seen())
        assert "Undoes 1 prompt, 1 file" in app.seen()
        await pilot.press("enter")
        assert file.exists() and app.session.pages.page is page, "what goes is said first"
        await app.until(lambda: "Enter yes, rewind conversation and files" in app.seen())
        await pilot.press("enter")
        await app.until(lambda: not file.exists() and "Two." not in app.seen() and "One." in app.seen())
        await app.until(lambda: "Rewound to before “second words”" in app.seen())
        page = await page_of(app, pilot)
        await pilot.press("ctrl+z")
        await app.until(lambda: file.exists() and "Two." in app.seen())
        assert file.read_text() == "new\n" and len(app.parts.agent.bridge.runtime.messages) > 4
        lines = app.parts.agent.bridge.runtime.session.path.read_text().splitlines()
        records = [json.loads(each) for each in lines]
        wanted = [each["rewinds"] for each in records if each["type"] == "restore_started"]
        done = [each["to"] for each in records if each["type"] == "rewound"]
        assert wanted == done and len(done) == 2, "what a program that is killed in between has still to do"


async def test_an_earlier_prompt_is_edited_and_the_files_stay_if_they_are_to(live):
    app = live([stage.done("One."), EDIT, stage.done("Two.")], kept="one")
    async with app.run_test(size=(100, 40)) as pilot:
        await two_tasks(app, pilot)
        page = await page_of(app, pilot)
        await pilot.press("tab")
        await app.until(lambda: "Files are not changed." in app.seen())
        await pilot.press("ctrl+e")
        await app.until(lambda: app.session.composer.text == "second words")
        await app.until(lambda: app.session.facts().place == "composer" and "Two." not in app.seen())
        assert (app.project / "a.txt").exists() and page._what == "conversation"


async def test_a_fork_before_a_prompt_opens_in_a_tab(live):
    app = live([stage.done("One."), EDIT, stage.done("Two.")], kept="one")
    async with app.run_test(size=(120, 40)) as pilot:
        await two_tasks(app, pilot)
        await page_of(app, pilot)
        await pilot.press("ctrl+f")
        await app.until(lambda: len(app.tabs.all) == 2 and "One." in app.seen() and "Two." not in app.seen())
        await app.is_up()


async def test_esc_is_said_to_lead_back_and_any_other_key_takes_that_back(live):
    app = live([stage.done("One.")], kept="one")
    async with app.run_test(size=(120, 40)) as pilot:
        await app.is_up()
        await pilot.press("escape", "escape")
        assert app.session.pages.page is None, "there is nothing to go back to"
        await stage.send(pilot, "first words")
        await app.until(lambda: "One." in app.seen())
        await app.is_idle()
        await pilot.press("escape")
        await app.until(lambda: app.notice() == "Esc again: rewind")
        await pilot.press("x")
        await app.until(lambda: app.notice() != "Esc again: rewind")
        await pilot.press("backspace", "escape")
        await app.until(lambda: app.notice() == "Esc again: rewind")
        assert app.session.pages.page is None


async def test_all_files_that_a_rewind_would_change_are_shown_in_one_stream(live):
    more = "".join(f"```text filename=b{at}.txt\nnew {at}\n```\n\n" for at in range(3))
    calls = "\n".join(f"write_file('b{at}.txt')" for at in range(3))
    edits = Turn(
        text=f"```codepilot\nwrite_file('a.txt')\n{calls}\n```\n\n```text filename=a.txt\nnew\n```\n\n{more}"
    )
    app = live([stage.done("One."), edits, stage.done("Two.")], kept="one")
    async with app.run_test(size=(140, 44)) as pilot:
        await two_tasks(app, pilot)
        page = await page_of(app, pilot)
        await app.until(lambda: page._planned is not None and "→ diff" in app.seen())
        await pilot.press("right")
        await app.until(lambda: "All changes · 4 files · now → after the rewind" in app.seen())
        for words in ("b0.txt", "new 0", "b1.txt", "new 1", "b2.txt", "new 2", "the file is deleted"):
            await app.until(lambda words=words: words in app.seen())
        assert "revert" not in app.seen(), "nothing of it was done yet"
        await pilot.press("escape")
        await app.until(lambda: app.session.facts().kind == "rewind")


async def test_ctrl_z_right_after_a_rewind_takes_it_back_and_is_undo_once_something_was_written(live):
    app = live([stage.done("One."), EDIT, stage.done("Two.")], kept="one")
    async with app.run_test(size=(140, 44)) as pilot:
        await two_tasks(app, pilot)
        file = app.project / "a.txt"
        await pilot.press("ctrl+z")
        await app.until(lambda: app.session.composer.text == "second words")  # undo, as ever
        app.session.composer.text = ""
        page = await page_of(app, pilot)
        await app.until(lambda: page._planned is not None)
        await pilot.press("enter", "enter")
        await app.until(lambda: "Ctrl+Z undoes this." in app.notice() and not file.exists())
        await app.until(lambda: app.session.facts().place == "composer")
        await pilot.press("ctrl+z")
        await app.until(lambda: file.exists() and "Two." in app.seen())
        assert app.session.composer.text == "" and not app.session.facts().redo
        page = await page_of(app, pilot)
        await pilot.press("tab", "ctrl+e")
        await app.until(lambda: app.session.composer.text == "second words" and app.session.facts().redo)
        await pilot.press("x", "ctrl+z")
        await app.until(lambda: app.session.composer.text == "second words")
        assert "Two." not in app.seen(), "what was written goes first"
        await pilot.press("ctrl+z")
        await app.until(lambda: "Two." in app.seen())


async def test_files_that_went_back_alone_come_again_with_ctrl_z(live):
    """Seen: nothing in the workbench could bring them back."""
    app = live([stage.done("One."), EDIT, stage.done("Two.")], kept="one")
    async with app.run_test(size=(140, 44)) as pilot:
        await two_tasks(app, pilot)
        file = app.project / "a.txt"
        page = await page_of(app, pilot)
        await pilot.press("tab", "tab")
        await app.until(lambda: page._planned is not None and "Tab what: files" in app.seen())
        await pilot.press("enter", "enter")
        await app.until(lambda: app.notice() == "1 file restored. Ctrl+Z undoes this." and not file.exists())
        await app.until(lambda: app.session.facts().place == "composer" and app.session.facts().redo)
        await pilot.press("ctrl+z")
        await app.until(lambda: file.exists() and "Rewind undone." in app.notice())
        assert app.session.composer.text == "" and "Two." in app.seen() and not app.session.facts().redo


async def test_a_file_that_the_person_changed_is_taken_back_too_where_that_is_wanted(live):
    app = live([stage.done("One."), EDIT, stage.done("Two.")], kept="one")
    async with app.run_test(size=(140, 44)) as pilot:
        await two_tasks(app, pilot)
        file = app.project / "a.txt"
        file.write_text("mine\n")
        page = await page_of(app, pilot)
        await app.until(
            lambda: page._planned is not None and "a.txt  kept: the agent created it" in app.seen()
        )
        await pilot.press("ctrl+k")
        await app.until(lambda: "overwrites your changes" in app.seen())
        await pilot.press("enter", "enter")
        await app.until(lambda: not file.exists())
        await app.until(lambda: app.session.facts().redo)
        await pilot.press("ctrl+z")
        await app.until(lambda: file.exists() and "Two." in app.seen())
        assert file.read_text() == "mine\n"
