"""The log beside a session's file: whole lines only."""

import errno
import resource

import pytest

from codepilot.journal.record import decode
from codepilot.sessions.tail import Base, Tail
from codepilot.testing.faults import FaultyDisk


def numbers(path):
    return [record and record.n for record in map(decode, path.read_bytes().splitlines())]


def test_half_a_record_is_taken_back(tmp_path):
    tail = Tail(tmp_path / "s.log.jsonl")
    tail.begin(Base.of([]), go_on=False)
    tail.append("said", {"text": "one"})
    end = tail.path.stat().st_size
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (end + 20, hard))  # the first bytes of the next one still go in
    try:
        with pytest.raises(OSError, match="File too large"):
            tail.append("said", {"text": "x" * 500})
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert tail.path.stat().st_size == end
    tail.append("said", {"text": "two"})
    tail.close()
    assert numbers(tail.path) == [1, 2, 3]
    assert tail.over([]).adds


def test_what_a_failed_sync_left_is_written_again_before_the_next_one_counts(tmp_path):
    """Found by a program: the system may take the pages for written, and the next sync says nothing of them."""
    said, refused = [], [False]

    def meet(number, name):
        said.append(name)
        return errno.EIO if name == "sync" and refused[0] else 0

    tail = Tail(tmp_path / "s.log.jsonl", FaultyDisk(meet))
    tail.begin(Base.of([]), go_on=False)
    tail.sync()
    tail.append("said", {"text": "one"})
    refused[0] = True
    for _ in range(2):
        with pytest.raises(OSError):
            tail.sync()
    refused[0] = False
    whole = tail.path.read_bytes()
    end = whole.index(b"\n") + 1
    tail.path.write_bytes(whole[:end] + bytes(len(whole) - end))  # the pages never came to the disk
    tail.append("said", {"text": "two"})
    tail.sync()
    assert said == ["sync", "sync", "put_again", "sync", "put_again", "sync"]
    assert tail.path.read_bytes()[: len(whole)] == whole and numbers(tail.path) == [1, 2, 3]
    tail.sync()
    assert said[-1] == "sync" and said.count("put_again") == 2
    tail.close()


def test_a_log_that_is_synced_is_on_the_disk(tmp_path, synced):
    tail = Tail(tmp_path / "s.log.jsonl")
    tail.begin(Base.of([]), go_on=False)
    tail.append("said", {"text": "one"})
    assert synced == []
    tail.sync()
    tail.close()
    status = tail.path.stat()
    assert synced == [(status.st_ino, status.st_size)]


def test_a_line_that_was_cut_off_is_taken_away_before_the_next_record(tmp_path):
    tail = Tail(tmp_path / "s.log.jsonl")
    tail.begin(Base.of([]), go_on=False)
    tail.append("said", {"text": "one"})
    tail.close()
    with tail.path.open("ab") as file:
        file.write(b'{"n":3,"type":"sa')
    again = Tail(tail.path)
    again.begin(Base.of([]), go_on=True)
    again.append("said", {"text": "two"})
    again.close()
    assert numbers(tail.path) == [1, 2, 3]
