"""The calls by which a journal is written."""

from codepilot.journal.disk import SystemDisk


def test_a_sync_is_one_of_the_file(tmp_path, synced):
    disk = SystemDisk()
    handle = disk.open(tmp_path / "j")
    assert [number for number, _ in synced] == [tmp_path.stat().st_ino], "its folder knows of it"
    disk.write(handle, b"one\n")
    disk.sync(handle)
    disk.close(handle)
    assert synced[1:] == [((tmp_path / "j").stat().st_ino, 4)]
