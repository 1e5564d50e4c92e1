"""A journal that grows, read by another."""

import pytest

from codepilot.errors import SessionError
from codepilot.journal.follower import Follower
from codepilot.journal.record import encode


def numbers(follower):
    return [record.n for record in follower.news()]


def test_each_record_comes_once_and_whole(tmp_path):
    journal = tmp_path / "journal.jsonl"
    lines = [encode(n, 1.0, "thought", {"message": "ö" * n}) for n in range(1, 5)]
    journal.write_bytes(lines[0] + lines[1][:-4])
    follower = Follower(journal)
    assert numbers(follower) == [1]
    assert numbers(follower) == []
    journal.write_bytes(lines[0] + lines[1] + lines[2])
    assert numbers(follower) == [2, 3]
    journal.write_bytes(lines[0])  # healed: shorter than what was there in between
    assert numbers(follower) == []
    journal.write_bytes(b"".join(lines))
    assert numbers(follower) == [4]
    assert numbers(Follower(journal, after=3)) == [4]
    journal.unlink()
    with pytest.raises(SessionError, match="cannot be read"):
        follower.news()


def test_it_knows_of_records_that_are_missing(tmp_path):
    journal = tmp_path / "journal.jsonl"
    lines = [encode(n, 1.0, "thought", {"message": "m"}) for n in (1, 2, 5, 6, 8)]
    journal.write_bytes(b"".join(lines[:2]))
    follower = Follower(journal)
    follower.news()
    assert follower.missing == 0
    journal.write_bytes(b"".join(lines))
    assert numbers(follower) == [5, 6, 8] and follower.missing == 3
    late = Follower(journal, after=5, at=sum(map(len, lines[:3])))
    assert numbers(late) == [6, 8] and late.missing == 1


def test_a_line_that_is_no_record_is_counted_by_its_number(tmp_path):
    journal = tmp_path / "journal.jsonl"
    journal.write_bytes(encode(1, 1.0, "thought", {}) + b"\0\0\0\0\n" + encode(3, 1.0, "thought", {}))
    follower = Follower(journal)
    assert numbers(follower) == [1, 3] and follower.missing == 1
