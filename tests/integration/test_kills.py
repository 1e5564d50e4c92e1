"""`codepilot run` killed in the middle and continued: nothing that it told is lost, nothing is done twice."""

import random

import pytest
from benchmarks.kills import Books, many, one_run

pytestmark = pytest.mark.slow


def test_nothing_is_lost_and_nothing_is_done_twice():
    books = many(6, seed=11)
    assert books.kills >= 6
    assert (books.lost, books.twice, books.unreadable) == ([], [], [])


@pytest.mark.parametrize("kill_at", ["7:in the middle", "14:before", "17:after"])
def test_a_kill_within_a_write_of_the_journal(tmp_path, kill_at):
    books = Books()
    one_run(tmp_path, books, random.Random(1), most=1, kill_at=kill_at)
    assert (books.kills, books.lost, books.twice, books.unreadable) == (1, [], [], [])


@pytest.mark.parametrize("fault", ["buffered", "run again"])
def test_the_same_finds_known_faults(fault):
    """The control: a harness that finds nothing proves nothing."""
    assert many(40, fault=fault, seed=5).faults
