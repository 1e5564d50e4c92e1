"""A change of the agent is undone from the page that shows it, and comes back."""

from __future__ import annotations

import importlib.util
from pathlib import Path

from codepilot.testing import Turn

_spec = importlib.util.spec_from_file_location("stage", Path(__file__).parents[2] / "snapshots" / "stage.py")
stage = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(stage)

OLD = "".join(f"line {number}\n" for number in range(40))
NEW = OLD.replace("line 3\n", "line three\n").replace("line 30\n", "line thirty\n")
READ = Turn(text="```codepilot\nread_file('a.txt')\n```\n")
EDIT = Turn(text=f"```codepilot\nwrite_file('a.txt')\n```\n\n```text filename=a.txt\n{NEW}```\n")


async def test_a_hunk_and_a_file_are_reverted_and_come_back(live):
    app = live([READ, EDIT, stage.done("Done.")], kept="one")
    file = app.project / "a.txt"
    file.write_text(OLD)
    async with app.run_test(size=(140, 44)) as pilot:
        await app.is_up()
        app.parts.agent.bridge.set_mode("auto-edit")
        await stage.send(pilot, "work")
        await app.until(lambda: "Done." in app.seen())
        await app.is_idle()
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
        await pilot.press("u")
        await app.until(lambda: file.read_text() == NEW)
        await app.until(lambda: page() not in (None, second))
        third = await opened()
        await pilot.press("R")
        await app.until(lambda: "Enter yes, revert a.txt +2 −2" in app.seen())
        await pilot.press("enter")
        await app.until(lambda: file.read_text() == OLD)
        await app.until(lambda: page() is not third and not app.parts.agent.changes.files)
