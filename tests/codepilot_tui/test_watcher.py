"""The watcher tells what changed on disk: real folders, real events, each awaited."""

from __future__ import annotations

import asyncio
import os
import shutil
import subprocess
import sys

import pytest

from codepilot.workspace import Workspace
from codepilot_tui.watcher import FolderWatcher, git_folders, watched_folders

GUARD = 60


class Heard:
    """What a watcher told so far."""

    def __init__(self):
        self.folders, self.paths, self.git, self.everything = set(), set(), 0, 0
        self._news = asyncio.Event()

    def __call__(self, change):
        self.folders |= change.folders
        self.paths |= change.paths
        self.git += change.git
        self.everything += change.everything
        self._news.set()

    async def until(self, holds):
        async with asyncio.timeout(GUARD):
            while not holds(self):
                self._news.clear()
                await self._news.wait()


@pytest.fixture
def folder(tmp_path):
    root = tmp_path / "work"
    (root / "src").mkdir(parents=True)
    (root / "node_modules" / "big").mkdir(parents=True)
    (root / "out").mkdir()
    (root / "src" / "a.py").write_text("a")
    (root / ".gitignore").write_text("out/\n*.log\n")
    os.utime(root / ".gitignore", (1, 1))  # where it polls, whole seconds are compared
    return root


@pytest.fixture(params=[False, True], ids=["told by the system", "polled"])
async def watched(request, folder):
    heard = Heard()
    watcher = FolderWatcher(folder, heard, step=0.05, poll=request.param)
    watcher.start()
    await asyncio.wait_for(asyncio.to_thread(watcher.ready.wait), GUARD)
    await heard.until(lambda h: h.everything)
    heard.everything = 0
    yield folder, heard, watcher
    watcher.stop()
    await asyncio.wait_for(asyncio.to_thread(watcher.join), GUARD)


async def test_once_it_watches_it_says_to_look_at_all_again(folder):
    """What happens between the first look and the first watch is told by nobody: the demo's repository is made then,
    and its branch was not shown before a file changed."""
    heard = Heard()
    watcher = FolderWatcher(folder, heard, step=0.05)
    watcher.start()
    try:
        await heard.until(lambda h: h.everything)
        assert watcher.ready.is_set()
    finally:
        watcher.stop()
        await asyncio.wait_for(asyncio.to_thread(watcher.join), GUARD)


async def test_files_that_come_change_and_go(watched):
    folder, heard, _ = watched
    (folder / "src" / "b.py").write_text("b")
    await heard.until(lambda h: "src/b.py" in h.paths and "src" in h.folders)
    (folder / "src" / "b.py").unlink()
    (folder / "c.txt").write_text("c")
    await heard.until(lambda h: "c.txt" in h.paths and "" in h.folders)
    assert not heard.git and not heard.everything


async def test_a_new_folder_is_watched_too(watched):
    folder, heard, watcher = watched
    (folder / "tests" / "deep").mkdir(parents=True)
    await heard.until(lambda h: "" in h.folders and h.everything and "tests/deep" in watcher.folders)
    (folder / "tests" / "deep" / "test_a.py").write_text("x")
    await heard.until(lambda h: "tests/deep" in h.folders and "tests/deep/test_a.py" in h.paths)


async def test_what_is_ignored_is_not_told(watched):
    folder, heard, watcher = watched
    assert not any("node_modules" in path or "out" in path for path in map(str, watcher.folders))
    (folder / "node_modules" / "big" / "x.js").write_text("x")
    (folder / "out" / "x").write_text("x")
    (folder / "noise.log").write_text("x")
    (folder / "__pycache__").mkdir()
    (folder / "seen.txt").write_text("x")
    await heard.until(lambda h: "seen.txt" in h.paths)
    assert heard.paths == {"seen.txt"}
    (folder / ".gitignore").write_text("")
    await heard.until(lambda h: h.everything > 1 and "out" in watcher.folders)  # when seen, and when watched
    (folder / "out" / "y").write_text("y")
    await heard.until(lambda h: "out/y" in h.paths)


async def test_git_is_told_apart(folder):
    subprocess.run(["git", "init", "-q", "-b", "main", str(folder)], check=True)
    heard = Heard()
    watcher = FolderWatcher(folder / "src", heard, step=0.05)  # below the top of the repository
    watcher.start()
    await asyncio.wait_for(asyncio.to_thread(watcher.ready.wait), GUARD)
    subprocess.run(["git", "-C", str(folder), "checkout", "-q", "-b", "other"], check=True)
    await heard.until(lambda h: h.git)
    assert not heard.paths
    watcher.stop()
    await asyncio.to_thread(watcher.join)


async def test_a_flood_is_one_word(watched):
    folder, heard, _ = watched
    for number in range(3000):
        (folder / "src" / f"f{number}").touch()
    await heard.until(lambda h: h.everything or len(h.paths) == 3000)


async def test_a_folder_that_goes_away_ends_nothing(watched):
    folder, heard, watcher = watched
    (folder / "src" / "a.py").unlink()
    (folder / "src").rmdir()
    await heard.until(lambda h: h.everything)
    (folder / "later.txt").write_text("x")
    await heard.until(lambda h: "later.txt" in h.paths)


async def test_it_ends_when_told_and_also_twice(folder):
    watcher = FolderWatcher(folder, Heard(), step=0.05)
    watcher.start()
    watcher.stop()
    watcher.stop()
    await asyncio.wait_for(asyncio.to_thread(watcher.join), GUARD)
    assert not watcher.alive


def test_the_upper_folders_come_first_where_there_are_too_many(folder):
    for number in range(20):
        (folder / "src" / f"d{number}" / "deeper").mkdir(parents=True)
    found, complete = watched_folders(Workspace(folder), 10)
    assert found[:2] == ["", "src"] and len(found) == 10 and not complete
    assert not any("deeper" in path for path in found)
    found, complete = watched_folders(Workspace(folder), 1000)
    assert complete and len(found) == 42


def test_links_to_folders_are_not_followed(folder, tmp_path):
    (tmp_path / "elsewhere" / "in").mkdir(parents=True)
    (folder / "link").symlink_to(tmp_path / "elsewhere")
    assert "link" not in watched_folders(Workspace(folder), 100)[0]


def test_where_git_keeps_its_state(folder):
    assert git_folders(folder) == []
    subprocess.run(["git", "init", "-q", str(folder)], check=True)
    assert git_folders(folder) == git_folders(folder / "src") == [folder / ".git", folder / ".git/refs/heads"]
    worktree = folder / "src" / "tree"
    worktree.mkdir()
    (folder / ".git" / "worktrees" / "tree").mkdir(parents=True)
    (worktree / ".git").write_text(f"gitdir: {folder}/.git/worktrees/tree\n")
    assert git_folders(worktree) == [folder / ".git" / "worktrees" / "tree"]
    (worktree / ".git").write_text("gitdir: /nowhere/at/all\n")
    assert git_folders(worktree) == []


POLLS = """
import asyncio, pathlib, sys
from codepilot_tui.watcher import FolderWatcher

async def main():
    told = asyncio.Queue()
    watcher = FolderWatcher(pathlib.Path(sys.argv[1]), told.put_nowait, step=0.05)
    watcher.start()
    await asyncio.to_thread(watcher.ready.wait)
    pathlib.Path(sys.argv[1], "src", "new.py").write_text("x")
    while "src/new.py" not in (await told.get()).paths:
        pass
    watcher.stop()
    await asyncio.to_thread(watcher.join)
    print("told")

asyncio.run(main())
"""


@pytest.mark.parametrize("limit", ["max_inotify_watches", "max_inotify_instances"])
def test_where_the_system_gives_no_more_watches_it_polls(folder, limit):
    """In a user namespace of its own the kernel's limits are ours to set.

    Seen: of instances a user has 128 in all; where editors and other workbenches had them, the thread died with a
    traceback on the screen, and no change was shown any more.
    """
    limited = ["unshare", "-Ur", "sh", "-c", f'echo 0 > /proc/sys/user/{limit} && exec "$@"', "sh"]
    if shutil.which("unshare") is None or subprocess.run([*limited, "true"], capture_output=True).returncode:
        pytest.skip("no user namespaces here")
    for name in "bcdefg":
        (folder / name).mkdir()
    ran = subprocess.run(
        [*limited, sys.executable, "-c", POLLS, str(folder)], capture_output=True, text=True, timeout=60
    )
    assert ran.stdout == "told\n", ran.stderr
    assert "is polled" in ran.stderr


async def test_a_work_folder_that_was_deleted_is_followed_again_when_it_is_back(watched):
    folder, heard, watcher = watched
    shutil.rmtree(folder)
    await heard.until(lambda h: h.paths or h.everything)
    before = heard.everything
    async with asyncio.timeout(GUARD):
        while watcher.looked_in_vain < 2:
            await asyncio.sleep(0)
    (folder / "src").mkdir(parents=True)
    await heard.until(lambda h: h.everything > before)
    (folder / "src" / "back.py").write_text("b")
    await heard.until(lambda h: "src/back.py" in h.paths)
    assert watcher.alive
