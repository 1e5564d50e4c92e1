"""The log beside a session's file: whole lines only."""

import resource

import pytest

from codepilot.journal.record import decode
from codepilot.sessions.tail import Base, Tail


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
