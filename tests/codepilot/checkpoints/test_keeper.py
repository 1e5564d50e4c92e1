"""When one looks at the folder, and what is told of it."""

import asyncio
import threading

import pytest

from codepilot import events as e
from codepilot.checkpoints.capture import Capture
from codepilot.checkpoints.keeper import FileKeeper
from codepilot.checkpoints.states import WorkFiles
from codepilot.checkpoints.tree import Tree
from codepilot.journal.blobs import store_of
from codepilot.workspace import Workspace

GUARD = 60


class Slow(Capture):
    """Is looking at the folder until it is let go on."""

    looking, go_on, done = None, None, None

    def seed(self):
        self.looking.set()
        assert self.go_on.wait(GUARD)
        try:
            return super().seed()
        finally:
            self.done.set()


@pytest.fixture
def keeper(tmp_path):
    work = tmp_path / "work"
    work.mkdir()
    files, store, told = WorkFiles(Workspace(work)), store_of(str(work)), []
    Slow.looking, Slow.go_on, Slow.done = (threading.Event() for _ in range(3))

    def make():
        return Slow(files, store, Tree(Workspace(work), store.folder, lambda: tmp_path))

    made = FileKeeper(files, store, told.append, make, lambda: tmp_path / "journal.jsonl")
    made.told = told
    return made


async def test_a_look_that_is_done_is_told(keeper):
    keeper.open()
    await asyncio.to_thread(Slow.looking.wait, GUARD)
    Slow.go_on.set()
    await keeper._seeding
    assert [type(event) for event in keeper.told] == [e.CheckpointSeeded]
    await keeper.close()


async def test_a_look_that_ends_while_it_is_closed_is_not_told(keeper):
    keeper.open()
    await asyncio.to_thread(Slow.looking.wait, GUARD)
    Slow.go_on.set()
    assert Slow.done.wait(GUARD), "on this thread: the loop hears of it when it is being closed already"
    await keeper.close()
    assert keeper.told == [], "nothing can be undone by a runtime that is closed"


async def test_it_is_told_when_a_call_has_told_all_that_it_changed(keeper, tmp_path):
    """Found by use: killed before the changes of a command were told, the plan said that no file had changed."""
    Slow.go_on.set()
    keeper.open()
    await keeper._seeding
    await keeper.begin("c1")
    for n in range(3):
        (tmp_path / f"work/{n}.txt").write_text("made")
    keeper.end("c1")
    assert e.ChangesTold(call_id="c1") not in keeper.told, "nobody has looked yet"
    await keeper.settle()
    assert [type(each) for each in keeper.told] == [e.CheckpointSeeded, *[e.FileChanged] * 3, e.ChangesTold]
    await keeper.close()
