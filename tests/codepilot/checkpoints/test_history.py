"""What a journal tells of files."""

import pytest

from codepilot.checkpoints.history import Change, History, read_history
from codepilot.journal.record import encode


def lines(*records):
    return [encode(n, 0.0, kind, data) for n, (kind, data) in enumerate(records, 1)]


RUNS = ("effect_started", {"call_id": "c1", "effect": "command", "command": "make"})
OVER = ("tool_finished", {"call_id": "c1", "tool": "execute", "result": "", "state": "ok"})
TOLD = ("changes_told", {"call_id": "c1"})
OPENED = ("session_opened", {})
DONE = ("task_finished", {"status": "done"})
STOPPED = ("task_finished", {"status": "aborted"})
NOT_COVERED = ("checkpoint_seeded", {"method": "none", "left_out": {".": "it is the home folder"}})
TASK = ("task_started", {"task": "build", "number": 1})
RESUMED = ("task_resumed", {"number": 1, "step": 1, "where": "", "then": ""})


@pytest.mark.parametrize(
    ("then", "unseen"),
    [
        ([OVER, TOLD], []),
        ([TOLD, OVER], []),
        ([OVER, TOLD, RESUMED], []),
        ([OVER], [(2, "make")]),
        ([OVER, RESUMED, TOLD], [(2, "make")]),
        ([OVER, OPENED, DONE], [(2, "make")]),
        ([OVER, STOPPED], [(2, "make")]),
        ([OVER, STOPPED, TOLD], []),
        ([OVER, DONE], []),
        ([NOT_COVERED, OVER], []),
        ([RESUMED, OVER], [(2, "make")]),
        ([(OVER[0], {**OVER[1], "recovered": True})], [(2, "make")]),
        ([], [(2, "make")]),
    ],
)
def test_a_command_during_which_the_program_ended_is_known(then, unseen):
    history = read_history(lines(TASK, RUNS, *then), "/work")
    assert (history.commands, history.unseen) == ([(2, "make")], unseen)


def test_to_a_restore_belong_all_that_finished_it():
    """Each of which may have been cut, and finished by the next."""
    changes = [Change(at, f"{at}.txt", None, None) for at in (2, 4, 6, 8)]
    history = History(changes=changes, restores={2: 0, 4: 2, 6: 4, 8: 0})
    assert [change.at for change in history.from_record(2)] == [2, 4, 6]
    assert [change.at for change in history.from_record(4)] == [4, 6]
    assert [change.at for change in history.from_record(3)] == [4, 6, 8]
