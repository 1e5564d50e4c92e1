"""What a journal tells of how the folder was when a step began."""

import pytest

from codepilot.journal.record import Record
from codepilot.journal.steps import first_head


def records(*told):
    return [Record(n=n, time=float(n), type=kind, data=data) for n, (kind, data) in enumerate(told, 1)]


MOVED = {"call_id": "c1", "before": "a", "before_branch": "main", "after": "b", "after_branch": "main"}


@pytest.mark.parametrize(("start", "head"), [(1, "a"), (2, "a"), (4, "b"), (5, "b"), (6, "b")])
def test_a_commit_that_is_found_out_in_the_next_step_belongs_to_its_call(start, head):
    journal = records(
        ("step_started", {"step": 1}),
        ("checkpoint_seeded", {"head": "a", "branch": "main"}),
        ("tool_started", {"call_id": "c1"}),
        ("step_started", {"step": 2}),
        ("head_moved", MOVED),
        ("step_started", {"step": 3}),
    )
    assert first_head(journal, start) == (head, "main")


def test_a_folder_without_git_has_none():
    assert first_head(records(("checkpoint_seeded", {"method": "watch"})), 0) is None
