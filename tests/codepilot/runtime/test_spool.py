"""Results that are too long for the model, in files."""

import resource
import shutil
from pathlib import Path

import pytest

from codepilot.runtime.spool import ResultSpool
from codepilot.secrets import SecretBook

KEY = "tok-8a7d42c9"
BOOK = SecretBook({"SHOP_TOKEN": KEY})


@pytest.fixture
def spool(tmp_path, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    spool = ResultSpool(lambda: BOOK)
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
    assert ResultSpool(lambda: BOOK).write("x") == ""


def test_the_texts_of_a_session_last(tmp_path):
    spool = ResultSpool(lambda: BOOK)
    spool.last_in(lambda: tmp_path / "texts")
    path = Path(spool.write("all ü"))
    spool.close()
    assert path.parent == tmp_path / "texts" and path.read_text("utf-8") == "all ü"
    assert path.stat().st_mode & 0o777 == 0o600
    assert spool.write("all ü") == str(path)


def test_the_output_of_a_command_outlives_its_terminal(tmp_path):
    spool = ResultSpool(lambda: BOOK)
    spool.last_in(lambda: tmp_path / "texts")
    (tmp_path / "out").write_text("much")
    kept = Path(spool.take_over(str(tmp_path / "out")))
    (tmp_path / "out").unlink()
    assert kept.parent == tmp_path / "texts" and kept.read_text() == "much"
    assert spool.take_over(str(tmp_path / "gone")) == str(tmp_path / "gone")
    assert spool.take_over("") == ""


def test_no_known_secret_lies_in_a_text(tmp_path):
    """Found by a reader: the record of a long output had the name of the key, the file beside it the key."""
    spool = ResultSpool(lambda: BOOK)
    spool.last_in(lambda: tmp_path / "texts")
    assert Path(spool.write(f"a {KEY} b")).read_text() == "a [secret SHOP_TOKEN] b"
    (tmp_path / "out").write_bytes(b"\xff\r\n" + KEY.encode() + b"\n\xfe")
    kept = Path(spool.take_over(str(tmp_path / "out")))
    assert kept.read_bytes() == b"\xff\r\n[secret SHOP_TOKEN]\n\xfe"


def test_half_a_character_costs_no_text(tmp_path):
    spool = ResultSpool(lambda: BOOK)
    spool.last_in(lambda: tmp_path / "texts")
    assert Path(spool.write("a\ud83d b")).read_text() == "a? b"
