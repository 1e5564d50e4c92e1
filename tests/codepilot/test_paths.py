from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

import codepilot
from codepilot import paths

NO_PATHS = [
    (5, "expected a path, found 5"),
    (None, "expected a path, found None"),
    (b"/tmp", "expected a path, found an object of type bytes"),
    ("a\0b", r"expected a path, found a NUL character in 'a\\x00b'"),
    ("~nobody-of-this-name/x", "expected a path, found no home folder for '~nobody-of-this-name'"),
]
PLACES = [paths.config_dir, paths.state_dir, paths.cache_dir, paths.runtime_dir, paths.sessions_dir]


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_a_path_as_people_write_it(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    assert paths.expanded("~/a") == paths.expanded(tmp_path / "a") == tmp_path / "a"
    assert paths.expanded("a/../b") == Path("a/../b")


@pytest.mark.parametrize(("given", "told"), NO_PATHS)
def test_what_is_no_path_is_told(given, told):
    with pytest.raises(ValueError, match=f"^{told}$"):
        paths.expanded(given)


def test_one_variable_moves_everything(tmp_path, monkeypatch):
    monkeypatch.setenv("CODEPILOT_HOME", str(tmp_path / "h"))
    found = {place() for place in PLACES}
    assert len(found) == len(PLACES)
    assert all(path.is_relative_to(tmp_path / "h") for path in found)
    assert paths.log_file().parent == paths.state_dir()
    assert paths.user_agent_file() == paths.config_dir() / "agent.yaml"
    assert not (tmp_path / "h").exists(), "naming a place does not make it"


def test_without_it_the_usual_places(tmp_path, monkeypatch):
    monkeypatch.delenv("CODEPILOT_HOME", raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    for name in ("XDG_CONFIG_HOME", "XDG_STATE_HOME", "XDG_CACHE_HOME", "XDG_RUNTIME_DIR"):
        monkeypatch.delenv(name, raising=False)
    assert paths.sessions_dir() == tmp_path / ".codepilot" / "sessions"
    assert paths.config_dir().is_relative_to(tmp_path) and paths.state_dir().is_relative_to(tmp_path)
    assert str(os.getuid()) in str(paths.runtime_dir())
    assert len(str(paths.runtime_dir())) < 60


def test_the_runtime_folder_of_the_session(tmp_path, monkeypatch):
    monkeypatch.delenv("CODEPILOT_HOME", raising=False)
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    assert paths.runtime_dir() == tmp_path / "codepilot"
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path / "gone"))
    assert not paths.runtime_dir().is_relative_to(tmp_path)


def test_private_folders(tmp_path):
    folder = paths.private_dir(tmp_path / "a" / "b")
    assert mode(folder) == 0o700
    folder.chmod(0o755)
    assert mode(paths.private_dir(folder)) == 0o700


def test_what_is_no_folder_of_ours_is_refused(tmp_path):
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "real")
    (tmp_path / "file").touch()
    for name in ("link", "file"):
        with pytest.raises(PermissionError):
            paths.private_dir(tmp_path / name)


def test_private_files_are_replaced_in_one_move(tmp_path):
    target = tmp_path / "s" / "settings.yaml"
    paths.write_private(target, "one\r\n")
    paths.write_private(target, "zwei ü\n")
    assert target.read_bytes() == "zwei ü\n".encode()
    assert mode(target) == 0o600 and mode(target.parent) == 0o700
    assert os.listdir(target.parent) == ["settings.yaml"]


def test_a_failed_write_leaves_the_old_file(tmp_path):
    target = tmp_path / "s" / "x"
    paths.write_private(target, "old")
    with pytest.raises(UnicodeEncodeError):
        paths.write_private(target, "\ud800")
    assert target.read_text() == "old"
    assert os.listdir(target.parent) == ["x"]


def test_shipped_files_are_found_beside_the_package_first(tmp_path):
    package = tmp_path / "src" / "pkg"
    package.mkdir(parents=True)
    with pytest.raises(FileNotFoundError, match="installation"):
        paths.shipped(package, "data")
    (tmp_path / "data").mkdir()
    with pytest.raises(FileNotFoundError):
        paths.shipped(package, "data")
    (tmp_path / "pyproject.toml").touch()
    assert paths.shipped(package, "data") == tmp_path / "data"
    (package / "data").mkdir()
    assert paths.shipped(package, "data") == package / "data"


def test_the_packaged_agent_file_exists():
    found = paths.packaged_agent_file()
    assert found.is_file() and found.name == "agent.yaml"
    assert found.parent in (Path(codepilot.__file__).parent, Path(codepilot.__file__).parents[2])
