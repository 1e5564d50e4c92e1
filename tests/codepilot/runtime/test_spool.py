"""Results that are too long for the model, in files."""

import resource
import shutil
from pathlib import Path

import pytest

from codepilot.runtime.spool import ResultSpool


@pytest.fixture
def spool(tmp_path, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    spool = ResultSpool()
    yield spool
    spool.close()
    assert list(tmp_path.iterdir()) == []


def test_a_text_is_kept_until_the_end(spool):
    assert Path(spool.write("all ü")).read_text("utf-8") == "all ü"


def test_a_text_for_which_the_disk_has_no_room_is_not_kept_in_part(spool):
    """Raised, the error ended the task, and the model never read what its step had done."""
    first = Path(spool.write("x" * 100))
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, hard))
    try:
        assert spool.write("x" * 20_000) == ""
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert list(first.parent.iterdir()) == [first]


def test_a_text_is_not_kept_where_the_folder_is_gone(spool):
    shutil.rmtree(Path(spool.write("x")).parent)
    assert spool.write("y") == ""


def test_a_text_is_not_kept_where_no_folder_can_be_made(monkeypatch, tmp_path):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "missing"))
    assert ResultSpool().write("x") == ""
