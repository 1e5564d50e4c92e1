"""The files' column on the screen: it follows the disk, and what is opened from it says what it is."""

from __future__ import annotations

import asyncio
import importlib.util
import os
import subprocess
from pathlib import Path

import pytest

from codepilot import events as ev
from codepilot_tui.watcher import DiskChange

_spec = importlib.util.spec_from_file_location("stage", Path(__file__).parents[2] / "snapshots" / "stage.py")
stage = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(stage)


async def until(pilot, holds):
    async with asyncio.timeout(60):
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
        await until(pilot, lambda: [change.path for change in app.parts.files.pane.changes] == ["a.py"])
        app.play(ev.FileChanged(call_id="b", path="a.py", before="2\n", after="1\n", added=1, removed=1))
        await until(pilot, lambda: app.parts.files.pane.changes == ())


async def test_what_is_put_back_on_the_disk_leaves_the_list(tmp_path):
    """Found by use: after `git checkout . && git clean -fd` the list went on showing `+2`."""
    app = stage.Stage(tmp_path)
    folder = app.project
    async with app.run_test(size=(160, 48)) as pilot:
        await pilot.pause()
        files, path = app.parts.files, "inventory/stock.py"
        before = (folder / path).read_text()

        def listed():
            return {change.path for change in files.pane.changes}

        for name, text, after in (
            (path, before, "x\n"),
            ("new.py", None, "1\n2\n"),
            ("kept.py", None, "k\n"),
        ):
            (folder / name).write_text(after)
            app.play(ev.FileChanged(call_id=name, path=name, before=text, after=after, added=2, removed=0))
        files.disk_changed(DiskChange(frozenset([path, "new.py", "kept.py"]), frozenset(["", "inventory"])))
        git(folder, "checkout", "-q", ".")
        (folder / "new.py").unlink()
        files.disk_changed(DiskChange(frozenset([path, "new.py"]), frozenset(["", "inventory"])))
        await until(pilot, lambda: listed() == {"kept.py"})
        assert app.session.facts().changes == 1
        (folder / "new.py").write_text("1\n2\n")
        (folder / "kept.py").write_bytes(b"\x00\xff" * 300)
        files.disk_changed(DiskChange(everything=True))
        await until(pilot, lambda: listed() == {"kept.py", "new.py"})


async def test_a_change_that_is_chosen_is_the_one_that_is_shown_among_the_others(tmp_path):
    app = stage.Stage(tmp_path)
    async with app.run_test(size=(160, 48)) as pilot:
        await pilot.pause()
        for path in ("a.txt", "b.txt"):
            app.play(ev.FileChanged(call_id=path, path=path, before="1\n", after="2\n", added=1, removed=1))

        def shown():
            browser = app.session.pages.page.browser
            return browser.edits[browser.file].path

        await pilot.press("f2", "tab", "end", "enter")
        await until(pilot, lambda: app.session.pages.page is not None)
        last = shown()
        await pilot.press("escape")
        await until(pilot, lambda: app.session.pages.page is None)
        await pilot.press("home", "enter")
        await until(pilot, lambda: app.session.pages.page is not None)
        assert {last, shown()} == {"a.txt", "b.txt"}


async def test_a_file_that_cannot_be_read_is_named_with_the_reason_and_nothing_opens(tmp_path):
    app = stage.Stage(tmp_path)
    async with app.run_test(size=(160, 48)) as pilot:
        await pilot.pause()
        (app.project / "picture.bin").write_bytes(b"\x00\xff" * 300)
        os.mkfifo(app.project / "pipe")
        (app.project / "broken").symlink_to("/nowhere")
        (app.project / "loop").symlink_to("loop")
        for name, why in (
            ("picture.bin", "picture.bin is a binary file (600 bytes)."),
            ("pipe", "pipe is a named pipe."),
            ("broken", "broken is a link to /nowhere, which does not exist."),
            ("gone", "There is no file 'gone'."),
            ("loop", "Cannot open 'loop': the links form a loop."),
        ):
            app.parts.files._open_file(name)
            await until(pilot, lambda why=why: app.session.query_one("#status").notice == why)
        assert app.session.pages.page is None
        assert app.parts.files.read("gone.txt") is None
        assert app.parts.files.read("README.md").startswith("#")


async def test_without_a_repository_there_is_no_branch(tmp_path):
    app = stage.Stage(tmp_path)
    async with app.run_test(size=(160, 48)) as pilot:
        await pilot.pause()
        files, bar = app.parts.files, app.session.query_one("#top")
        files.look_at_git()
        await until(pilot, lambda: bar.facts.branch == "main")
        (app.project / ".git").rename(tmp_path / "elsewhere")
        files.look_at_git()
        await until(pilot, lambda: bar.facts.branch == "")
        assert files.branch == ("", False) and files.pane.marks.letter("README.md") == ""


async def test_the_tree_of_a_live_agent_follows_the_disk_until_the_end(live):
    app = live([])
    async with app.run_test(size=(160, 48)) as pilot:
        await app.is_up()
        (app.project / "by_hand.txt").write_text("x")
        await app.until(lambda: app.parts.files.pane.file_tree.model.index_of("by_hand.txt") is not None)
        await pilot.pause()


async def test_enter_is_named_by_what_it_does_to_the_row(tmp_path):
    app = stage.Stage(tmp_path)
    async with app.run_test(size=(160, 48)) as pilot:
        await stage.settled(pilot)
        words = lambda: {hint.word for hint in app.session.query_one("#status").hints}  # noqa: E731
        for key, does in (("f2", "unfold"), ("enter", "fold"), ("enter", "unfold"), ("end", "open")):
            await pilot.press(key)
            await stage.settled(pilot)
            assert words() & {"open", "unfold", "fold"} == {does}, key


async def test_what_is_in_an_unfolded_folder_comes_into_sight(tmp_path):
    app = stage.Stage(tmp_path)
    for number in range(30):
        (app.project / f"d{number:02}").mkdir()
    for name in ("a", "b", "c"):
        (app.project / "d29" / name).write_text("")
    for name in ("README.md", ".gitignore"):
        (app.project / name).unlink()
    async with app.run_test(size=(80, 24)) as pilot:
        await stage.settled(pilot)
        tree = app.parts.files.pane.file_tree
        await pilot.press("f2")
        tree.move_to(tree.model.index_of("d29"))
        await pilot.press("enter")
        await stage.settled(pilot)
        seen = [tree.render_line(row).text.strip() for row in range(tree.size.height)]
        assert {"a", "b", "c"} <= set(seen) and "▾ d29" in " ".join(seen)
        assert tree.model.rows[tree.cursor].path == "d29"


async def test_many_changes_at_once_are_shown_in_one_go(tmp_path):
    """Each read the folder and drew all of them anew: a session with 2,000 could hardly be opened again."""
    app = stage.Stage(tmp_path)
    async with app.run_test(size=(160, 48)) as pilot:
        await stage.settled(pilot)
        agent, pane = app.session.parts.agent, app.session.parts.files.pane
        shown = []
        app.watch(pane.change_list, "virtual_size", lambda size: shown.append(size.height), init=False)
        for number in range(2000):
            (app.project / f"n{number}.txt").write_text("x\n")
            event = ev.FileChanged(
                path=f"n{number}.txt", before=None, after="x\n", added=1, removed=0, call_id="c1"
            )
            agent.changes.apply(event)
            for listener in agent.listeners:
                listener(event)
        await until(pilot, lambda: shown)
        assert len(pane.changes) == 2000 and shown[0] >= 2000
        await until(pilot, lambda: pane.file_tree.model.index_of("n1999.txt") is not None)


async def test_all_changes_stand_in_one_stream_that_begins_with_the_one_under_the_cursor(tmp_path):
    app = stage.Stage(tmp_path)
    async with app.run_test(size=(160, 48)) as pilot:
        await stage.settled(pilot)
        for path in ("a.txt", "b.txt"):
            app.play(ev.FileChanged(call_id=path, path=path, before="1\n", after="2\n", added=1, removed=1))
        app.play(
            ev.FileChanged(call_id="c", path="c.txt", before="", after="", added=9, removed=1, coarse=True)
        )
        await pilot.press("f2", "tab", "home", "down")
        hint = app.hint("all_changes")
        assert hint is not None, "the foot says that there is such a key"
        await pilot.press("right")
        await until(pilot, lambda: app.looks_at() == "All changes · 3 files")
        await stage.settled(pilot)
        stream = app.session.pages.page.browser.stream
        assert stream.rows.files[stream.file].path == "b.txt"
        await pilot.press("escape")
        await until(pilot, lambda: app.session.pages.page is None)
        assert app.place() == "changes"
        await pilot.click("#status", offset=(hint, 0))
        await until(pilot, lambda: app.looks_at() == "All changes · 3 files")
        await stage.settled(pilot)
        shown = "\n".join(strip.text for strip in app.screen._compositor.render_strips())
        assert "over 256 KB" in shown and "c.txt" in shown


async def test_changes_that_are_gone_when_they_are_to_be_shown_open_nothing(tmp_path):
    """Found on a busy machine: after the revert of the last file its page was opened once more, without a file."""
    app = stage.Stage(tmp_path)
    async with app.run_test(size=(120, 40)) as pilot:
        await stage.settled(pilot)
        app.parts.files._open_changes("a.txt")
        app.parts.files._open_stream("a.txt")
        await stage.settled(pilot)
        assert app.session.pages.page is None
