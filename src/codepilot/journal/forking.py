"""How a task ends in a fork whose parent goes on with it: what the parent does must not be done a second time."""

from __future__ import annotations

from codepilot import events as e
from codepilot.journal.fold import Saved
from codepilot.protocol import RESULT_TAG

ELSEWHERE = (
    "This session was forked here, and the session that it was forked from goes on with this block. Nothing more of it "
    "is known in this one, and nothing of it is run here: look at what there is, then go on. Names that earlier blocks "
    "defined are gone."
)
"""What the model is told in place of the rest of a block."""
SUMMARY = "The session was forked here; the one that it was forked from goes on with this task."


def end_of(saved: Saved, *, worked_on: bool) -> tuple[e.Event, ...]:
    """What a fork adds to the records that it shares, so that the task in which they end is over in it.

    Args:
        saved: the session as those records tell it.
        worked_on: whether a program works in the parent. Otherwise only a block that was begun ends: what follows
            in the parent is what came of it.
    """
    task = saved.unfinished
    if task is None:
        return ()
    in_block = task.reply is not None and not task.told
    if not (worked_on or in_block):
        return ()
    told: list[e.Event] = []
    if in_block:
        results = [call.result for call in task.calls if call.finished]
        for call in task.calls:
            if not call.finished:
                told.append(
                    e.ToolFinished(
                        call_id=call.call_id,
                        tool=call.tool,
                        result=f"{call.name}: {ELSEWHERE}",
                        state="aborted",
                        figure="goes on in the other session",
                        recovered=True,
                    )
                )
        text = "\n\n".join((RESULT_TAG, *results, ELSEWHERE))
        told.append(e.MessageStored(role="user", text=text, kind="observation"))
    return (*told, e.TaskFinished(status="aborted", summary=SUMMARY, steps=task.step))
