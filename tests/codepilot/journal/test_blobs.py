"""Contents by their digest: whole or not at all, for this user only."""

import os
import zlib
from pathlib import Path

import pytest

from codepilot.journal.blobs import BlobStore, checkpoints_root, store_of
from codepilot.journal.disk import SystemDisk


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


class SyncsTold(SystemDisk):
    """The system's disk, with what was synced."""

    def __init__(self):
        self.synced = []

    def sync(self, handle):
        super().sync(handle)
        self.synced.append(Path(os.readlink(f"/proc/self/fd/{handle}")))


@pytest.mark.skipif(not os.path.exists("/proc/self/fd"), reason="the names of open files are told in /proc")
def test_what_is_kept_is_durable_though_it_was_there_already(tmp_path):
    """Found by a program: what the first look had put without a sync was called durable, and never was."""
    disk = SyncsTold()
    store = BlobStore(tmp_path / "store", disk=disk)
    (key,) = store.put(b"words\n", durable=False)
    assert disk.synced == []
    (file,) = objects(store)
    store.put(b"words\n")
    assert disk.synced == [file, file.parent]
    store.put(b"words\n")
    store.put(b"words\n", durable=False)
    assert len(disk.synced) == 2  # once for each
    BlobStore(store.folder, disk=disk).put(b"words\n")  # who knows how another program put it
    assert disk.synced[2:] == [file, file.parent]
    (other,) = BlobStore(store.folder, disk=disk).put(b"others\n")
    assert disk.synced[-1].name == other[:2] and len(disk.synced) == 6


@pytest.mark.parametrize("durable", [True, False])
def test_the_part_that_a_loss_of_power_left_is_put_again(store, durable):
    (key,) = store.put(b"words\n" * 1000)
    (file,) = objects(store)
    whole = file.read_bytes()
    for part in (whole[:-3], bytes(len(whole))):
        file.write_bytes(part)
        again = BlobStore(store.folder)
        assert again.put(b"words\n" * 1000, durable=durable) == (key,)
        assert again.get(key) == b"words\n" * 1000


def test_what_somebody_put_meanwhile_is_not_removed(store):
    (key,) = store.put(b"words\n")
    (file,) = objects(store)
    os.utime(file, (1000.0, 1000.0))
    store.put(b"words\n")
    assert not store.remove(key, 1000.0) and store.get(key) == b"words\n"
    assert store.remove(key, file.stat().st_mtime) and objects(store) == []
    assert store.remove(key, 1000.0)  # another program did
    store.put(b"words\n")
    assert store.get(key) == b"words\n"


def test_a_new_content_is_synced_and_then_its_name(store, synced):
    (key,) = store.put(b"words\n")
    (file,) = objects(store)
    kept, folder = file.stat(), file.parent.stat()
    assert synced[-2] == (kept.st_ino, kept.st_size) and synced[-1][0] == folder.st_ino
    assert store.get(key) == b"words\n"
