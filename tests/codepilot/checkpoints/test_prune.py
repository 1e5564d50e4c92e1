"""The store stays below its size, and what an open session needs stays."""

import os

import pytest

from codepilot.checkpoints.prune import prune, register
from codepilot.journal.blobs import BlobStore
from codepilot.sessions.journal import JournalSession


@pytest.fixture
def store(tmp_path):
    return BlobStore(tmp_path / "store")


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
    register(store, made.path)
    made.age = age
    return made


def close(made):
    made.close()
    os.utime(made.path, (made.path.stat().st_mtime - made.age * 3600,) * 2)


def test_nothing_goes_while_there_is_room(store):
    key = kept(store, 9)
    assert prune(store) == 0 and store.has(key)


def test_first_what_nobody_needs_then_the_oldest_sessions(store, tmp_path):
    free, both, first, second = (kept(store, age) for age in (1, 9, 8, 7))
    for made in (
        session(store, tmp_path, "old", 5, both, first),
        session(store, tmp_path, "newer", 2, both, second),
    ):
        close(made)
    assert 10_000 <= prune(store, 30_500) < 11_000
    assert [store.has(key) for key in (free, both, first, second)] == [False, True, True, True]
    assert prune(store, 20_500) and [store.has(key) for key in (both, first, second)] == [True, False, True]
    assert prune(store, 0) and not any(store.has(key) for key in (both, second))


def test_what_an_open_session_may_need_stays(store, tmp_path):
    old, named = kept(store, 9), kept(store, 9)
    made = session(store, tmp_path, "open", 0, named)
    (seeded,) = store.put(b"captured at its first look, and named by nobody yet" * 100)
    again = kept(store, 9)
    store.put(store.get(again))  # somebody needs it now
    assert prune(store, 0)
    assert [store.has(key) for key in (old, named, seeded, again)] == [False, True, True, True]
    close(made)


def test_a_deleted_session_needs_nothing(store, tmp_path):
    key = kept(store, 9)
    made = session(store, tmp_path, "gone", 0, key)
    close(made)
    made.path.unlink()
    assert prune(store, 0) and not store.has(key)
    assert list((store.folder / "sessions").iterdir()) == []


def test_the_locks_of_other_sessions_are_only_looked_at(store, tmp_path):
    """Found by reading: pruning took each lock for a moment, and refused whoever opened that session then."""
    made = session(store, tmp_path, "closed", 5, kept(store, 9))
    close(made)
    lock = made.path.with_name("lock")
    before = (lock.read_bytes(), lock.stat().st_mtime_ns)
    assert prune(store, 0)
    assert (lock.read_bytes(), lock.stat().st_mtime_ns) == before
