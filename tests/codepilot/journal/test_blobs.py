"""Contents by their digest: whole or not at all, for this user only."""

import os
import zlib

import pytest

from codepilot.journal.blobs import BlobStore, checkpoints_root, store_of


@pytest.fixture
def store(tmp_path):
    return BlobStore(tmp_path / "store", "/some/where")


def objects(store):
    return [path for path in store.folder.rglob("*") if path.is_file() and path.name != "folder"]


def test_what_is_put_is_there_again(store):
    data = os.urandom(100_000)
    first, second, third = store.put(b"", data, data)
    assert second == third and store.get(second) == data and store.get(first) == b""
    assert BlobStore(store.folder).get(second) == data and store.has(second)
    assert len(objects(store)) == 2
    assert all(path.stat().st_mode & 0o077 == 0 for path in [store.folder, *store.folder.rglob("*")])
    assert (store.folder / "folder").read_text() == "/some/where\n"


def test_what_is_missing_or_damaged_is_nothing_and_can_be_put_again(store):
    (key,) = store.put(b"words\n")
    (file,) = objects(store)
    for damage in (b"", b"no zlib", file.read_bytes()[:-3]):
        file.write_bytes(damage)
        assert store.get(key) is None
    file.write_bytes(b"")  # as a loss of power leaves it
    assert not store.has(key)
    assert store.put(b"words\n") == (key,) and store.get(key) == b"words\n"
    assert store.get("") is None and store.get("ab" * 16) is None and not store.has("")


def test_another_content_than_its_name_says_is_damage(store):
    """It could be unpacked, but nothing may be restored from it."""
    (key,) = store.put(b"words\n")
    (file,) = objects(store)
    file.write_bytes(zlib.compress(b"other words\n"))
    assert store.get(key) is None


def test_a_disk_that_refuses_leaves_nothing(store):
    (key,) = store.put(b"words\n")
    (file,) = objects(store)
    file.unlink()
    file.parent.rmdir()
    file.parent.write_text("no folder")
    with pytest.raises(OSError):
        store.put(b"words\n")
    assert not store.has(key) and objects(store) == [file.parent]


def test_one_store_for_a_folder_however_it_is_named(tmp_path):
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to("real")
    assert store_of(tmp_path / "link").folder == store_of(f"{tmp_path}/real/").folder
    assert store_of(tmp_path).folder.parent == checkpoints_root()
