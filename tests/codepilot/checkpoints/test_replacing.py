"""Between the look at a file and its replacement somebody may save it: that stays, however little time there is."""

import os
import stat
import sys
import threading
from contextlib import suppress

import pytest

from codepilot.checkpoints import replacing
from codepilot.checkpoints.states import WorkFiles
from codepilot.errors import WorkspaceError
from codepilot.workspace import Workspace
from codepilot.workspace.filetext import digest

OLD, NEW = b"old\n" * 500_000, b"new\n" * 500_000
"""Large enough that they take a while to be compared, in which somebody else comes to save."""
ROUNDS = 30


@pytest.fixture
def files(tmp_path):
    (tmp_path / "work").mkdir()
    return WorkFiles(Workspace(tmp_path / "work"))


def state(data, mode=stat.S_IFREG | 0o644):
    return replacing.State(digest(data), mode)


def lost_saves(place, prepare, restore):
    """How many saves were lost: whoever comes first, what was saved stands there at the end."""
    lost, aside = 0, place.parent.with_name("saved")
    for number in range(ROUNDS):
        prepare()
        said = b"person %d\n" % number
        aside.write_bytes(said)
        both = threading.Barrier(2)

        def save(both=both, number=number):
            both.wait()
            for _ in range(number):  # a little later each time
                digest(OLD)
            aside.replace(place)

        thread = threading.Thread(target=save)
        thread.start()
        both.wait()
        with suppress(WorkspaceError):  # it says that the person was first
            restore()
        thread.join()
        lost += not place.exists() or place.read_bytes() != said
        assert [path.name for path in place.parent.iterdir() if path != place] == []
    return lost


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["write", "delete", "create"])
def test_a_save_in_between_is_never_lost(files, tmp_path, kind):
    place = tmp_path / "work/a.txt"
    before, after = {
        "write": (state(OLD), state(NEW)),
        "delete": (state(OLD), None),
        "create": (None, state(NEW)),
    }[kind]

    def prepare():
        place.unlink(missing_ok=True)
        if before is not None:
            place.write_bytes(OLD)
            place.chmod(0o644)

    assert lost_saves(place, prepare, lambda: files.put("a.txt", before, after, NEW)) == 0


@pytest.mark.parametrize("there", [b"saved\n", None])
def test_what_was_changed_since_is_put_back(files, tmp_path, there):
    """As if somebody came after the last look: the swap itself says what it took away."""
    place = tmp_path / "work/a.txt"
    (tmp_path / "work/mine").write_bytes(NEW)
    if there is not None:
        place.write_bytes(there)
    folder = os.open(tmp_path / "work", os.O_RDONLY)
    try:
        with pytest.raises(replacing.Changed):
            replacing.swap(folder, "mine", "a.txt", "a.txt", state(OLD))
        assert (place.read_bytes() if place.exists() else None) == there
        if there is not None:
            with pytest.raises(replacing.Changed):
                replacing.move_new(folder, "mine", "a.txt", "a.txt")
            with pytest.raises(replacing.Changed):
                replacing.take_away(folder, "a.txt", "aside", "a.txt", state(OLD))
            assert place.read_bytes() == there and not (tmp_path / "work/aside").exists()
    finally:
        os.close(folder)


def test_a_system_that_cannot_swap_replaces(files, tmp_path, monkeypatch):
    """As on macOS; file systems that know no such call are the same."""
    monkeypatch.setattr(sys, "platform", "darwin")
    place = tmp_path / "work/a.txt"
    files.put("a.txt", None, state(OLD), OLD)
    files.put("a.txt", state(OLD), state(NEW), NEW)
    assert place.read_bytes() == NEW
    with pytest.raises(replacing.Changed):
        files.put("a.txt", None, state(OLD), OLD)
    files.put("a.txt", state(NEW), None)
    assert list((tmp_path / "work").iterdir()) == []


@pytest.mark.parametrize("old", [None, OLD])
def test_a_restored_file_is_synced_and_then_its_folder(files, tmp_path, old, synced):
    place = tmp_path / "work/a.txt"
    if old is not None:
        place.write_bytes(old)
        place.chmod(0o644)
    files.put("a.txt", None if old is None else state(old), state(NEW), NEW)
    file, folder = place.stat().st_ino, place.parent.stat().st_ino
    assert synced[0] == (file, len(NEW)) and synced[-1][0] == folder, "the name after what it names"


def test_that_a_file_is_gone_is_synced(files, tmp_path, synced):
    place = tmp_path / "work/a.txt"
    place.write_bytes(OLD)
    place.chmod(0o644)
    files.put("a.txt", state(OLD), None)
    assert not place.exists() and [number for number, _ in synced][-1:] == [place.parent.stat().st_ino]
