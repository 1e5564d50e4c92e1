"""Where hosts live and how they are found; folders of dead ones go, and nothing else does."""

import fcntl
import json
import os
import time

import pytest

from codepilot import paths
from codepilot.errors import TerminalError
from codepilot.terminal.host.registry import (
    LOCK,
    SOCKET,
    HostAbout,
    base_folder,
    check_socket,
    find_hosts,
    is_deserted,
    make_folder,
    read_about,
    write_about,
)
from codepilot.terminal.protocol import VERSION


def about(**more):
    values = {
        "id": "x",
        "work_dir": "/w",
        "agent": "A",
        "pid": os.getpid(),
        "started": 5.0,
        "version": VERSION,
        "on_exit": "ask",
    }
    return HostAbout(**{**values, **more})


def test_a_place_is_private_short_and_locked():
    place = make_folder()
    assert place.directory.parent == base_folder() == paths.runtime_dir()
    assert place.directory.lstat().st_mode & 0o777 == 0o700 == base_folder().lstat().st_mode & 0o777
    assert len(os.fsencode(place.directory / SOCKET)) <= 107
    assert not is_deserted(place.directory)
    place.close()
    assert is_deserted(place.directory)


def test_two_places_have_two_names():
    first, second = make_folder(), make_folder()
    assert first.directory != second.directory
    for each in (first, second):
        each.remove()
        assert not each.directory.exists()


def test_a_folder_too_deep_for_a_socket_gives_way(monkeypatch, tmp_path):
    monkeypatch.setenv("CODEPILOT_HOME", str(tmp_path / ("d" * 110)))
    first = base_folder()
    assert str(os.getuid()) in first.name and first.lstat().st_mode & 0o777 == 0o700
    monkeypatch.setenv("CODEPILOT_HOME", str(tmp_path / ("e" * 110)))
    assert base_folder() != first
    for folder in (first, base_folder()):
        folder.rmdir()
    (tmp_path / ("f" * 110)).mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / ("f" * 110)))
    with pytest.raises(TerminalError, match="too long"):
        base_folder()


def test_a_link_in_the_place_of_the_folder_is_refused(tmp_path):
    base = paths.runtime_dir()
    base.parent.mkdir(parents=True, exist_ok=True)
    (tmp_path / "elsewhere").mkdir(mode=0o700)
    base.symlink_to(tmp_path / "elsewhere")
    with pytest.raises(TerminalError, match="must be a folder of your own"):
        make_folder()
    assert list((tmp_path / "elsewhere").iterdir()) == []


def test_hosts_are_found_and_the_dead_are_removed():
    places = [make_folder() for _ in range(3)]
    for number, place in enumerate(places):
        write_about(place.directory, about(started=float(9 - number), work_dir=f"/w{number}"))
    places[1].close()
    (base_folder() / "file").write_text("not a host")
    (base_folder() / "open").mkdir()
    (base_folder() / "open").chmod(0o755)
    (base_folder() / "link").symlink_to(places[0].directory)
    found = find_hosts()
    assert [each.work_dir for each in found] == ["/w2", "/w0"]
    assert found[0].socket == str(places[2].directory / SOCKET) and found[0].id == places[2].directory.name
    assert not places[1].directory.exists()
    assert (base_folder() / "file").exists() and (base_folder() / "open").exists()
    assert places[0].directory.exists()
    for place in (places[0], places[2]):
        place.remove()


def test_one_that_is_being_made_is_left_alone_and_a_forgotten_one_goes():
    base = base_folder()
    fresh, old = base / ".new-fresh", base / ".new-old"
    for folder in (fresh, old):
        folder.mkdir(mode=0o700)
    os.utime(old, (time.time() - 3600,) * 2)
    assert find_hosts() == []
    assert fresh.exists() and not old.exists()


def test_cleaning_waits_for_nobody():
    place = make_folder()
    place.close()
    with (base_folder() / ".cleaning").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        assert find_hosts() == []
        assert place.directory.exists()
    assert find_hosts() == []
    assert not place.directory.exists()


@pytest.mark.parametrize(
    "text", ["", "{", "[]", "{}", json.dumps({"pid": "5"}), json.dumps({"on_exit": "never"}), "\xff"]
)
def test_a_description_that_is_none(text):
    place = make_folder()
    write_about(place.directory, about())
    said = json.loads((place.directory / "about.json").read_text())
    assert read_about(place.directory) is not None
    if text.startswith("{") and len(text) > 2:
        text = json.dumps({**said, **json.loads(text)})
    (place.directory / "about.json").write_text(text, encoding="latin-1")
    assert read_about(place.directory) is None
    assert find_hosts() == []
    assert place.directory.exists()
    place.remove()


def test_what_is_joined_must_be_a_socket_of_ours_in_a_closed_folder(tmp_path):
    tmp_path.chmod(0o700)
    with pytest.raises(TerminalError, match="No terminal host answers"):
        check_socket(tmp_path / "none")
    (tmp_path / "file").write_text("")
    with pytest.raises(TerminalError, match="is not a socket"):
        check_socket(tmp_path / "file")
    tmp_path.chmod(0o755)
    with pytest.raises(TerminalError, match="not a private folder"):
        check_socket(tmp_path / "file")
    tmp_path.chmod(0o700)


def test_the_lock_is_no_link(tmp_path):
    place = make_folder()
    place.close()
    (place.directory / LOCK).unlink()
    (place.directory / LOCK).symlink_to(tmp_path / "target")
    assert is_deserted(place.directory)
    assert not (tmp_path / "target").exists()
