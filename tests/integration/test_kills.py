"""The program killed in the middle and gone on with: nothing that it told is lost, nothing is done twice."""

import random

import pytest
from benchmarks.kills import Books, one_run
from benchmarks.kills.driver import control, errors, signals, two
from benchmarks.kills.restoring import restores
from benchmarks.kills.stage import Plan

pytestmark = pytest.mark.slow


def test_nothing_is_lost_and_nothing_is_done_twice(tmp_path):
    books = Books()
    one_run("run", tmp_path, books, random.Random(11), most=3, steps=6)
    assert books.kills >= 2
    assert books.all == []


@pytest.mark.parametrize("way", ["bench", "file"])
def test_nor_in_the_workbench_or_with_another_store(tmp_path, way):
    books = Books()
    one_run(way, tmp_path, books, random.Random(3), most=1, steps=3)
    assert books.kills >= 1 and books.all == []


@pytest.mark.parametrize("kill_at", ["7:in the middle"])
def test_a_kill_within_a_write_of_the_journal(tmp_path, kill_at):
    books = Books()
    one_run("run", tmp_path, books, random.Random(1), plan=Plan(kill_at=kill_at), most=1, steps=3)
    assert books.kills == 1 and books.all == []


@pytest.mark.parametrize(
    ("place", "row"),
    [
        ("effect_started:3", "outside open"),
        ("message_queued:1", "words queued"),
    ],
)
def test_a_kill_in_a_place_that_is_seldom_met(tmp_path, place, row):
    books = Books()
    one_run(
        "journal", tmp_path, books, random.Random(1), plan=Plan(kill_on=place), most=1, steps=6, whole=True
    )
    assert books.rows == {row: 1} and books.all == []


def test_a_program_that_is_told_to_end_and_one_that_comes_second():
    import signal

    assert signals("run", signal.SIGTERM).all == []
    assert two("run").all == []


@pytest.mark.parametrize("way", ["journal", "file", "db"])
def test_an_operation_of_the_disk_that_fails_loses_nothing(way):
    """Of one operation; `python -m benchmarks.kills errors` has each of them fail."""
    books = errors(way, first=9, last=9, kinds=["EIO"])
    assert books.runs == 1 and books.all == []


def test_a_rewind_that_is_killed_is_finished_and_taken_back(tmp_path):
    """Of some of its operations; `python -m benchmarks.kills restore` does it at each."""
    books = restores(tmp_path, first=15, stride=12, moments=("before", "in the middle"))
    assert books.kills >= 8 and books.all == []


def test_the_same_finds_known_faults(tmp_path):
    """The control: a harness that finds nothing proves nothing."""
    books = Books()
    plan = Plan(kill_on="tool_finished:2", fault="run again")
    one_run("run", tmp_path, books, random.Random(1), plan=plan, most=1, steps=3)
    assert books.twice
    assert control("lease ignored").faults
