"""How a task ends in a fork."""

import pytest

from codepilot import events as e
from codepilot.journal.fold import fold
from codepilot.journal.forking import end_of
from codepilot.journal.record import encode, of_event

REPLY = "```codepilot\nexecute('main', 'make')\n```\n"
ONE_STEP = [
    e.TaskStarted(task="go", number=1),
    e.MessageStored(role="user", text="[Task 1][USER INPUT]\ngo", kind="task", number=1),
    e.StepStarted(step=1, max_steps=9),
    e.MessageStored(role="assistant", text=REPLY, kind="reply", reason="stop"),
    e.ReplyFinished(text=REPLY, reason="stop"),
    e.ControlStarted(code="x"),
    e.ToolStarted(call_id="c1", tool="execute", args={}, label="make", terminal="main"),
    e.EffectStarted(call_id="c1", effect="command", command="make", terminal="main"),
    e.ToolFinished(call_id="c1", tool="execute", result="made"),
    e.ControlFinished(ok=True),
    e.MessageStored(role="user", text="[EXECUTION RESULT]\nmade", kind="observation"),
]


def ends(events, *, worked_on):
    lines = [encode(n, 1.0, *record) for n, event in enumerate(events, 1) if (record := of_event(event))]
    return [type(each) for each in end_of(fold(lines), worked_on=worked_on)]


@pytest.mark.parametrize(
    ("many", "of_a_cut_one", "of_one_that_works"),
    [
        (3, [], [e.TaskFinished]),
        (5, [e.MessageStored, e.TaskFinished], [e.MessageStored, e.TaskFinished]),
        (
            8,
            [e.ToolFinished, e.MessageStored, e.TaskFinished],
            [e.ToolFinished, e.MessageStored, e.TaskFinished],
        ),
        (10, [e.MessageStored, e.TaskFinished], [e.MessageStored, e.TaskFinished]),
        (11, [], [e.TaskFinished]),
    ],
)
def test_a_fork_of_a_cut_session_between_two_steps_is_left_to_be_gone_on_with(
    many, of_a_cut_one, of_one_that_works
):
    """Only a block that was begun ends there: the parent may go on with it."""
    assert ends(ONE_STEP[:many], worked_on=False) == of_a_cut_one
    assert ends(ONE_STEP[:many], worked_on=True) == of_one_that_works
