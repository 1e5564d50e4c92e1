"""A change of the agent is undone from the page that shows it, and comes back."""

from __future__ import annotations

import importlib.util
from contextlib import asynccontextmanager
from pathlib import Path

from codepilot.testing import Turn

_spec = importlib.util.spec_from_file_location("stage", Path(__file__).parents[2] / "snapshots" / "stage.py")
stage = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(stage)

OLD = "".join(f"line {number}\n" for number in range(40))
NEW = OLD.replace("line 3\n", "line three\n").replace("line 30\n", "line thirty\n")
READ = Turn(text="```codepilot\nread_file('a.txt')\n```\n")
EDIT = Turn(text=f"```codepilot\nwrite_file('a.txt')\n```\n\n```text filename=a.txt\n{NEW}```\n")


@asynccontextmanager
async def worked(live, *turns, width=160):
    """A workbench whose agent has edited a file and done what these turns say; it, its pilot and the file."""
    app = live([READ, EDIT, *turns, stage.done("Done.")], kept="one")
    file = app.project / "a.txt"
    file.write_text(OLD)
    async with app.run_test(size=(width, 44)) as pilot:
        await app.is_up()
        app.parts.agent.bridge.set_mode("auto-edit")
        await stage.send(pilot, "work")
        await app.until(lambda: "Done." in app.seen())
        await app.is_idle()
        yield app, pilot, file


async def test_a_hunk_and_a_file_are_reverted_and_come_back(live):
    async with worked(live, width=140) as (app, pilot, file):
        assert file.read_text() == NEW

        def page():
            return app.session.pages.page

        async def opened():
            await app.until(lambda: app.session.facts().kind == "change")
            return page()

        app.parts.files._open_changes("a.txt")
        first = await opened()
        await app.until(lambda: "r revert this change" in app.seen() and "R revert the file" in app.seen())
        await pilot.press("r")
        await app.until(lambda: "Enter yes, revert a.txt +1 −1" in app.seen())
        await pilot.press("escape")
        await app.until(lambda: "yes, revert" not in app.seen())
        assert page() is first and file.read_text() == NEW
        await pilot.press("r")
        await app.until(lambda: "Enter yes, revert" in app.seen())
        await pilot.press("enter")
        await app.until(lambda: file.read_text() == NEW.replace("line three\n", "line 3\n"))
        await app.until(lambda: page() not in (None, first))
        second = await opened()
        await app.until(lambda: "u undo the last revert" in app.seen())
        assert app.notice() == "Reverted a.txt. u on the page of changes undoes the last revert."
        await pilot.press("u")
        await app.until(lambda: file.read_text() == NEW)
        await app.until(lambda: page() not in (None, second))
        assert app.notice() == "Undid the revert of a.txt."
        third = await opened()
        await pilot.press("R")
        await app.until(lambda: "Enter yes, revert a.txt +2 −2" in app.seen())
        await pilot.press("enter")
        await app.until(lambda: file.read_text() == OLD)
        await app.until(lambda: page() is not third and not app.parts.agent.changes.files)


async def test_a_file_is_reverted_in_the_list_of_changes_and_comes_back(live):
    async with worked(live) as (app, pilot, file):

        async def in_changes():
            await pilot.press("f2", "tab")
            await app.until(lambda: app.place() == "changes")

        def offered(name):
            return app.keymap_table[name].available(app.session.facts())

        await in_changes()
        assert app.hint("revert_file") is not None and app.hint("unrevert_file") is None
        assert offered("revert_file") and not offered("unrevert_file")
        await pilot.press("delete")
        await app.until(lambda: "Revert a.txt?" in app.seen())
        await app.until(lambda: "+2 −2: the agent's changes to it are undone." in app.seen())
        assert file.read_text() == NEW
        await app.asks()
        await pilot.press("n")
        await app.until(lambda: app.place() == "changes")
        assert file.read_text() == NEW, "no is no"

        await pilot.click("#status", offset=(app.hint("revert_file"), 0))
        await app.until(lambda: "Revert a.txt?" in app.seen())
        await app.asks()
        await pilot.press("y")
        await app.until(lambda: file.read_text() == OLD)
        await app.until(lambda: not app.parts.agent.changes.files)
        await app.until(lambda: app.place() == "changes" and offered("unrevert_file"))
        assert app.notice() == "Reverted a.txt. Ctrl+Z in the changes undoes this."
        await pilot.press("ctrl+z")
        await app.until(lambda: file.read_text() == NEW)
        await app.until(lambda: "a.txt" in [change.path for change in app.parts.files.pane.changes])
        await app.until(lambda: offered("revert_file") and not offered("unrevert_file"))
        await pilot.press("ctrl+z")
        await app.until(lambda: app.notice() == "No revert to undo.")
        assert file.read_text() == NEW


async def test_while_the_agent_works_nothing_is_reverted_and_it_is_said(live):
    app = live([READ, EDIT, stage.ASKS, stage.done("Done.")], kept="one")
    (app.project / "a.txt").write_text(OLD)
    async with app.run_test(size=(160, 44)) as pilot:
        await app.is_up()
        app.parts.agent.bridge.set_mode("auto-edit")
        await stage.send(pilot, "work")
        await app.asks()
        await pilot.press("escape", "f2", "tab")
        await app.until(lambda: app.place() == "changes")
        assert app.hint("revert_file") is None
        await pilot.press("delete")
        await app.until(lambda: app.notice().startswith("Only while the agent is idle"))
        assert (app.project / "a.txt").read_text() == NEW


async def test_what_the_agent_made_goes_and_what_others_changed_stays(live):
    made = Turn(text="```codepilot\nwrite_file('b.txt')\n```\n\n```text filename=b.txt\nnew\n```\n")
    async with worked(live, made) as (app, pilot, file):
        new = app.project / "b.txt"
        file.write_text(NEW.replace("line 20\n", "by hand\n"))
        await pilot.press("f2", "tab", "home", "delete")
        await app.until(lambda: "Changes by others are kept." in app.seen())
        await app.asks()
        await pilot.press("y")
        await app.until(lambda: file.read_text() == OLD.replace("line 20\n", "by hand\n"))
        await app.until(lambda: app.place() == "changes")
        app.session.query_one("#change-list").move_to(
            [change.path for change in app.parts.files.pane.changes].index("b.txt")
        )
        await pilot.press("delete")
        await app.until(lambda: "It is deleted: the agent created it." in app.seen())
        await app.asks()
        await pilot.press("y")
        await app.until(lambda: not new.exists())


async def test_a_revert_that_cannot_be_undone_is_not_in_the_way_of_those_before_it(live):
    """Ctrl+Z said of the same file, for good, that it stays."""
    made = Turn(text="```codepilot\nwrite_file('b.txt')\n```\n\n```text filename=b.txt\nnew\n```\n")
    async with worked(live, made) as (app, pilot, file):
        reverts, new = app.parts.files._reverts, app.project / "b.txt"
        for path in (file, new):
            await reverts.apply(await reverts.plan(path.name, None))
        assert file.read_text() == OLD and not new.exists()
        new.write_text("by hand\n")
        await pilot.press("f2", "tab")
        await app.until(lambda: app.place() == "changes")
        await pilot.press("ctrl+z")
        await app.until(lambda: app.notice().startswith("b.txt stays: "))
        assert "Undo again for the revert before it." in app.notice() and file.read_text() == OLD
        await pilot.press("ctrl+z")
        await app.until(lambda: app.notice() == "Undid the revert of a.txt.")
        assert file.read_text() == NEW and new.read_text() == "by hand\n"
        await app.until(lambda: "a.txt" in [change.path for change in app.parts.files.pane.changes])


async def test_a_hunk_is_reverted_in_the_stream_of_all_changes(live):
    async with worked(live, width=140) as (app, pilot, file):
        await pilot.press("f2", "tab", "right")
        await app.until(lambda: app.session.facts().kind == "stream")
        await app.until(lambda: "r revert this change" in app.seen() and "change 1 of 2" in app.seen())
        first = app.session.pages.page
        await pilot.press("full_stop", "r")
        await app.until(lambda: "Enter yes, revert a.txt +1 −1" in app.seen())
        await pilot.press("enter")
        await app.until(lambda: file.read_text() == NEW.replace("line thirty\n", "line 30\n"))
        await app.until(lambda: app.session.pages.page not in (None, first))
        assert app.session.facts().kind == "stream", "one goes on reading where one was"
        second = app.session.pages.page
        await app.until(lambda: "u undo the last revert" in app.seen())
        place = next(place for place in second._foot.made(140).places if place.name == "u")
        await pilot.click(second._foot, offset=(place.start, 0))
        await app.until(lambda: file.read_text() == NEW)
