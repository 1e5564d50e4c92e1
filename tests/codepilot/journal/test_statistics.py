"""What sessions have used, counted once."""

import time

import pytest

from codepilot.journal.library import fork_session
from codepilot.journal.listing import sessions_of
from codepilot.journal.statistics import statistics_of
from codepilot.journal.writer import JournalWriter
from codepilot.sessions.journal import JournalSession

DAY = 86_400
NOON = time.mktime((2026, 11, 20, 12, 0, 0, 0, 0, -1))


def reply(cost, tokens=100):
    return (
        "reply_finished",
        {"reason": "stop", "input_tokens": tokens, "output_tokens": 10, "cached_tokens": 50, "cost": cost},
    )


def opened(model):
    return ("session_opened", {"session_id": "x", "program": "t", "pid": 1, "model": model})


def make(tmp_path, name, folder, *records):
    """Records as type and fields, or a number of days to go on."""
    session = JournalSession(name, work_dir=tmp_path / folder)
    session.save([])
    session.close()
    now = NOON
    writer = JournalWriter(session.path, now=lambda: now)
    for record in records:
        if isinstance(record, int):
            now += record * DAY
        else:
            writer.append(*record)
    writer.close()


TASK, STEP = ("task_started", {"task": "x", "number": 1}), ("step_started", {"step": 1, "max_steps": 9})


@pytest.fixture
def found(tmp_path):
    make(tmp_path, "a", "shop", opened("openai:m"), TASK, STEP, reply(0.25), 1, STEP, reply(0.75))
    make(
        tmp_path, "b", "lab", opened("local:n"), TASK, STEP, reply(None), opened("openai:m"), STEP, reply(0.5)
    )
    make(tmp_path, "c", "lab")
    return tmp_path


def test_days_models_and_folders_are_told_apart(found):
    told = statistics_of(sessions_of())
    assert (told.sessions, told.total.tasks, told.total.steps, told.total.replies) == (2, 2, 4, 4)
    assert (told.total.input_tokens, told.total.output_tokens, told.total.cached_tokens) == (400, 40, 200)
    assert (told.total.cost, told.total.unpriced) == (1.25, 1)
    assert {day: used.cost for day, used in told.days.items()} == {"2026-11-20": 0.75, "2026-11-21": 0.5}
    assert {model: used.cost for model, used in told.models.items()} == {"openai:m": 1.25, "local:n": 0.0}
    assert {name.rpartition("/")[2]: used.steps for name, used in told.folders.items()} == {
        "shop": 2,
        "lab": 2,
    }
    later = statistics_of(sessions_of(), since=NOON + DAY / 2)
    assert (later.sessions, later.total.cost, later.total.tasks) == (1, 0.5, 0)


def test_the_cost_of_a_step_and_of_a_summary_counts_by_itself(tmp_path):
    step = (
        "reply_finished",
        {"reason": "stop", "input_tokens": 1, "output_tokens": 1, "cost": 9.0, "step_cost": 0.5},
    )
    cut = ("context_cut", {"upto": 3, "input_tokens": 10, "output_tokens": 5, "cost": 9.25})
    make(tmp_path, "a", "shop", opened("openai:m"), TASK, STEP, step, cut)
    total = statistics_of(sessions_of()).total
    assert (total.cost, total.input_tokens, total.replies) == (0.75, 11, 1)


def test_what_a_fork_shares_is_counted_once(found):
    fork_session("a", session_id="f")
    assert (
        statistics_of(sessions_of()).as_dict()["total"]
        == statistics_of(each for each in sessions_of() if each.id != "f").as_dict()["total"]
    )
    JournalSession("f").log.append(*reply(1.0))
    assert statistics_of(sessions_of()).total.cost == 1.5
