"""The files' column on the screen: it follows the disk, and what is opened from it says what it is."""

from __future__ import annotations

import asyncio
import importlib.util
import subprocess
from pathlib import Path

import pytest

from codepilot import events as ev
from codepilot_tui.watcher import DiskChange

_spec = importlib.util.spec_from_file_location("stage", Path(__file__).parents[2] / "snapshots" / "stage.py")
stage = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(stage)


async def until(pilot, holds):
    async with asyncio.timeout(10):
        while not holds():
            await pilot.pause()


def git(folder, *words):
    subprocess.run(
        ["git", "-c", "user.name=t", "-c", "user.email=t@example.org", *words],
        cwd=folder,
        check=True,
        capture_output=True,
    )


async def test_branch_and_letters_follow_the_disk(tmp_path):
    app = stage.Stage(tmp_path)
    folder = app.project
    async with app.run_test(size=(160, 48)) as pilot:
        await pilot.pause()
        files, bar = app.parts.files, app.session.query_one("#top")
        files.look_at_git()
        await until(pilot, lambda: bar.facts.branch == "main")
        assert not bar.facts.dirty
        (folder / "inventory" / "stock.py").write_text("changed by hand\n")
        files.disk_changed(DiskChange(frozenset(["inventory/stock.py"]), frozenset(["inventory"])))
        await until(pilot, lambda: bar.facts.dirty)
        assert files.pane.marks.letter("inventory/stock.py") == "M"
        git(folder, "checkout", "-q", ".")
        files.disk_changed(DiskChange(git=True))
        await until(pilot, lambda: not bar.facts.dirty)
        assert files.pane.marks.letter("inventory/stock.py") == ""
        (folder / "new.txt").write_text("made by hand\n")
        files.disk_changed(DiskChange(frozenset(["new.txt"]), frozenset([""])))
        await until(pilot, lambda: files.pane.file_tree.model.index_of("new.txt") is not None)
        assert files.pane.marks.letter("new.txt") == "?"


@pytest.mark.parametrize("first_known", [True, False])
async def test_a_change_over_256_kb_says_so_and_shows_what_it_can(tmp_path, first_known):
    app = stage.Stage(tmp_path)
    (app.project / "big.txt").write_text("now\n" * 9)
    async with app.run_test(size=(160, 48)) as pilot:
        await pilot.pause()
        if first_known:
            app.play(
                ev.FileChanged(call_id="a", path="big.txt", before="1\n", after="2\n", added=1, removed=1)
            )
        app.play(
            ev.FileChanged(
                call_id="b", path="big.txt", before="", after="", added=9000, removed=2, coarse=True
            )
        )
        await pilot.press("f2", "tab", "enter")
        await until(pilot, lambda: app.looks_at() == "big.txt")
        notice = app.session.query_one("#status").notice
        assert ("over 256 KB" in notice) is not first_known


async def test_what_is_as_at_first_leaves_the_list(tmp_path):
    app = stage.Stage(tmp_path)
    async with app.run_test(size=(160, 48)) as pilot:
        await pilot.pause()
        app.play(ev.FileChanged(call_id="a", path="a.py", before="1\n", after="2\n", added=1, removed=1))
        assert [change.path for change in app.parts.files.pane.changes] == ["a.py"]
        app.play(ev.FileChanged(call_id="b", path="a.py", before="2\n", after="1\n", added=1, removed=1))
        assert app.parts.files.pane.changes == ()
