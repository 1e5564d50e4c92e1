"""The store stays below its size, and what an open session needs stays."""

import os
import threading

import pytest

from codepilot import events as e
from codepilot.checkpoints.keeper import PRUNE_EVERY
from codepilot.checkpoints.plan import RestorePlan, RestoreRow
from codepilot.checkpoints.prune import CAP, prune
from codepilot.checkpoints.replacing import State
from codepilot.checkpoints.undo import LOST
from codepilot.journal.bin import delete_session, empty_bin, undelete_session
from codepilot.journal.blobs import pass_on, store_of
from codepilot.journal.library import find_session, fork_session
from codepilot.journal.making import session_made
from codepilot.journal.record import of_event
from codepilot.sessions.journal import JournalSession


@pytest.fixture
def store(tmp_path):
    return store_of(tmp_path / "work")


def kept(store, age, size=10_000):
    """A content that was kept some hours ago."""
    (key,) = store.put(os.urandom(size))
    os.utime(store._path(key), (os.stat(store.folder).st_mtime - age * 3600,) * 2)
    return key


def session(store, tmp_path, name, age, *keys):
    """A session that names contents, and was written to last some hours ago."""
    made = JournalSession(name, session_dir=tmp_path / "sessions")
    for key in keys:
        made.log.append("file_changed", {"call_id": "c1", "path": "a", "before_id": None, "after_id": key})
    store.register(made.path)
    made.age = age
    return made


def close(made):
    made.close()
    os.utime(made.path, (made.path.stat().st_mtime - made.age * 3600,) * 2)


def test_nothing_goes_while_there_is_room(store):
    key = kept(store, 9)
    assert prune(store).gone == 0 and store.has(key)


def test_first_what_nobody_needs_then_the_oldest_sessions(store, tmp_path):
    free, both, first, second = (kept(store, age) for age in (1, 9, 8, 7))
    for made in (
        session(store, tmp_path, "old", 5, both, first),
        session(store, tmp_path, "newer", 2, both, second),
    ):
        close(made)
    assert 10_000 <= prune(store, 30_500).gone < 11_000
    assert [store.has(key) for key in (free, both, first, second)] == [False, True, True, True]
    assert prune(store, 20_500).gone and [store.has(key) for key in (both, first, second)] == [
        True,
        False,
        True,
    ]
    assert prune(store, 0).gone and not any(store.has(key) for key in (both, second))


def test_what_a_restore_of_many_files_names_is_needed(store, tmp_path):
    """Found by a program: its rows stand in `texts/`, and all that they name was taken for free."""
    key, free = kept(store, 9), kept(store, 1)
    made = session(store, tmp_path, "many", 0)
    rows = [
        RestoreRow(path=f"src/{n:05}.py", now=State(f"{n:032x}", 0o100644), then=None) for n in range(3000)
    ]
    rows.append(RestoreRow(path="src/last.py", now=None, then=State(key, 0o100644)))
    made.log.append(*of_event(RestorePlan(to=1, rows=tuple(rows)).started))
    close(made)
    assert key not in made.path.read_text()
    assert prune(store, 10_500).gone and store.has(key) and not store.has(free)


def test_what_an_open_session_may_need_stays(store, tmp_path):
    old, named = kept(store, 9), kept(store, 9)
    made = session(store, tmp_path, "open", 0, named)
    (seeded,) = store.put(b"captured at its first look, and named by nobody yet" * 100)
    again = kept(store, 9)
    store.put(store.get(again))  # somebody needs it now
    assert prune(store, 0).gone
    assert [store.has(key) for key in (old, named, seeded, again)] == [False, True, True, True]
    close(made)


def test_a_deleted_session_needs_nothing(store, tmp_path):
    key = kept(store, 9)
    made = session(store, tmp_path, "gone", 0, key)
    close(made)
    made.path.unlink()
    assert prune(store, 0).gone and not store.has(key)
    assert list((store.folder / "sessions").iterdir()) == []


def test_the_locks_of_other_sessions_are_only_looked_at(store, tmp_path):
    """Found by reading: pruning took each lock for a moment, and refused whoever opened that session then."""
    made = session(store, tmp_path, "closed", 5, kept(store, 9))
    close(made)
    lock = made.path.with_name("lock")
    before = (lock.read_bytes(), lock.stat().st_mtime_ns)
    assert prune(store, 0).gone
    assert (lock.read_bytes(), lock.stat().st_mtime_ns) == before


def test_a_fork_needs_what_the_other_one_needed(store, tmp_path):
    """Found by reading: only its first task told the store of a fork, and the parent may be deleted before."""
    key, other = kept(store, 9), kept(store, 1)
    parent = session(store, tmp_path, "parent", 5, key)
    close(parent)
    info = find_session("parent", root=tmp_path / "sessions")
    fork_session(info, session_id="fork")
    delete_session(info, now=True)
    assert prune(store, 10_500).gone and store.has(key) and not store.has(other)


def test_a_fork_that_is_being_made_needs_what_the_other_one_needed(store, tmp_path):
    key = kept(store, 9)
    parent = session(store, tmp_path, "parent", 5, key)
    close(parent)
    with session_made(tmp_path / "sessions" / "fork") as journal:
        journal.write_bytes(parent.path.read_bytes())
        pass_on("parent", journal.with_name("journal.jsonl"))
        delete_session(find_session("parent", root=tmp_path / "sessions"), now=True)
        assert prune(store, 10_500).gone == 0 and prune(store, 0).gone == 0
    free = kept(store, 1)
    assert prune(store, 10_500).gone and store.has(key) and not store.has(free)


@pytest.mark.parametrize("root", [None, "elsewhere"])
def test_a_session_in_the_bin_needs_its_contents_until_it_is_purged(store, tmp_path, root):
    key, first, second, third = (kept(store, age) for age in (9, 3, 2, 1))
    made = session(store, tmp_path, "gone", 5, key)
    close(made)
    delete_session(find_session("gone", root=tmp_path / "sessions"))
    assert prune(store, 30_500).gone and store.has(key) and not store.has(first)
    undelete_session("gone", tmp_path / (root or "sessions"))
    assert prune(store, 20_500).gone and store.has(key) and not store.has(second)
    delete_session(find_session("gone", root=tmp_path / (root or "sessions")))
    assert empty_bin(0) == 1
    assert prune(store, 10_500).gone and not store.has(key) and store.has(third)
    assert list((store.folder / "sessions").iterdir()) == []


def test_what_an_open_session_puts_while_the_journals_are_read_stays(store, tmp_path):
    """Found by a program: only a closed session named it, by its old time it was removed, and an edit lost its way back."""
    key = kept(store, 9)
    close(session(store, tmp_path, "closed", 5, key))
    journal = tmp_path / "read slowly" / "journal.jsonl"
    journal.parent.mkdir()
    os.mkfifo(journal)  # whoever reads it waits here for its writer
    store.register(journal)
    made = session(store, tmp_path, "open", 0, kept(store, 9))
    pruned = []
    thread = threading.Thread(target=lambda: pruned.append(prune(store, 0)))
    thread.start()
    with journal.open("wb"):
        store.put(store.get(key))
    thread.join()
    assert pruned[0].gone == 0 and store.has(key)
    close(made)


async def overwritten(make, tmp_path):
    """A closed session whose agent wrote over a file."""
    (tmp_path / "work").mkdir()
    (tmp_path / "work/a.txt").write_text("before\n")
    write = "```codepilot\nwrite_file('a.txt')\n```\n\n```text filename=a.txt\nafter\n```\n"
    first = make(write, "```completion\nDone.\n```\n")
    await first.run("work")
    await first.close()


@pytest.mark.slow
async def test_a_session_that_was_in_the_bin_can_still_be_rewound(make, tmp_path):
    await overwritten(make, tmp_path)
    delete_session("one")
    store = store_of(tmp_path / "work")
    (free,) = store.put(os.urandom(1000))
    size = sum(path.stat().st_size for path in store.objects.rglob("*") if path.is_file())
    assert prune(store, size - 1).gone and not store.has(free)
    undelete_session("one")
    again = make("```completion\nDone.\n```\n")
    await again.apply_restore(await again.plan_restore(1))
    assert (tmp_path / "work/a.txt").read_text() == "before\n"


def test_sessions_that_go_and_come_back_meanwhile_keep_their_contents(store, tmp_path):
    """Found by reading: one that went between two looks ended the pruning with an error."""
    key = kept(store, 9)
    made = session(store, tmp_path, "moving", 5, key)
    close(made)
    going = threading.Event()

    def move():
        try:
            for _ in range(150):
                delete_session(find_session("moving", root=tmp_path / "sessions"))
                undelete_session("moving", tmp_path / "sessions")
        finally:
            going.set()

    thread = threading.Thread(target=move)
    thread.start()
    while not going.is_set():
        free = kept(store, 1)
        assert prune(store, 10_500).gone and store.has(key) and not store.has(free)
    thread.join()


@pytest.mark.slow
async def test_a_rewind_says_what_is_no_longer_kept(make, tmp_path):
    await overwritten(make, tmp_path)
    store = store_of(tmp_path / "work")
    assert prune(store, 0).left == 0
    (row,) = (await make().plan_restore(1)).rows
    assert row.kept == LOST and (tmp_path / "work/a.txt").read_text() == "after\n"


@pytest.mark.slow
async def test_a_store_that_stays_too_large_is_told_once(make, tmp_path):
    write = "```codepilot\nwrite_file('a.txt')\nrun_command('echo {n} >> b.txt')\n```\n\n```text filename=a.txt\n{n}\n```\n"
    runtime = make(*(each for n in range(3) for each in (write.format(n=n), "```completion\nDone.\n```\n")))
    told = []
    runtime.subscribe(lambda stamped: told.append(stamped.event))
    await runtime.run("work")
    store = store_of(tmp_path / "work")
    (key,) = store.put(b"1\n")  # the open session is about to need it
    os.truncate(store._path(key), CAP + 1)
    for _ in range(2):
        await runtime.run("more")
        runtime._agent.checkpoints._store.written += PRUNE_EVERY + 1
        await runtime._agent.checkpoints.settle()
        await runtime._agent.checkpoints._pruning
    (failed,) = [event for event in told if isinstance(event, e.RuntimeFailed)]
    assert "take 1.1 GB" in failed.error and failed.source == "session"
    assert store.has(key)


@pytest.mark.slow
async def test_a_store_that_cannot_be_pruned_says_so(make, tmp_path):
    """Found by reading: nobody took the exception of the pruning."""
    store = store_of(tmp_path / "work")
    (key,) = store.put(b"what is to become large")
    os.truncate(store._path(key), CAP + 1)
    (tmp_path / "no journal").mkdir()
    store.register(tmp_path / "no journal")
    runtime = make(
        "```codepilot\nwrite_file('a.txt')\n```\n\n```text filename=a.txt\na\n```\n",
        "```completion\nDone.\n```\n",
    )
    told = []
    runtime.subscribe(lambda stamped: told.append(stamped.event))
    await runtime.run("work")
    await runtime.close()
    (failed,) = [event for event in told if isinstance(event, e.RuntimeFailed)]
    assert "cannot be made fewer" in failed.error and "Is a directory" in failed.error
    assert failed.source == "session" and store.has(key)
