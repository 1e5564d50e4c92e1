"""A session shown again: everything, in its order, in the time that it took or less."""

import pytest

from codepilot import events as e
from codepilot.errors import UsageError
from codepilot.journal.player import Player

WORDS = "one two three four five six seven eight"


def recorded():
    return [
        e.Stamped(0, 100.0, e.TaskStarted(task="x", number=1)),
        e.Stamped(0, 101.0, e.TextStreamed(text=WORDS)),
        e.Stamped(0, 101.0, e.ReplyFinished(text="", reason="stop")),
        e.Stamped(0, 101.5, e.ToolStarted(call_id="c1", tool="find", args={})),
        e.Stamped(0, 400.0, e.TaskFinished(status="done")),
    ]


def played(**options):
    return list(Player(recorded(), **options))


def test_all_of_it_comes_in_order_with_the_gaps_that_were():
    waits = [(round(wait, 3), type(stamped.event).__name__) for wait, stamped in played()]
    assert waits == [
        (0.0, "TaskStarted"),
        (0.5, "TextStreamed"),
        (0.5, "TextStreamed"),
        (0.0, "ReplyFinished"),
        (0.5, "ToolStarted"),
        (2.0, "TaskFinished"),  # five minutes
    ]
    assert "".join(s.event.text for _, s in played() if isinstance(s.event, e.TextStreamed)) == WORDS


def test_any_speed():
    assert sum(wait for wait, _ in played(speed=4)) == pytest.approx(3.5 / 4)
    assert sum(wait for wait, _ in played(longest=60)) == pytest.approx(61.5)
    at_once = played(speed=0)
    assert [stamped for _, stamped in at_once] == recorded()
    assert {wait for wait, _ in at_once} == {0.0}
    with pytest.raises(UsageError, match="The speed of a replay is 0, or 0.001 or more"):
        Player([], speed=-1)
    for odd in (float("nan"), float("inf"), 1e-320):
        with pytest.raises(UsageError, match="The speed of a replay"):
            Player([], speed=odd)


def test_a_clock_that_went_back_waits_for_nothing():
    events = [e.Stamped(0, 200.0, e.SessionCleared()), e.Stamped(0, 100.0, e.SessionCleared())]
    assert [wait for wait, _ in Player(events)] == [0.0, 0.0]
    assert list(Player([])) == []


def test_the_speed_may_change_meanwhile():
    player = Player(recorded())
    playing = iter(player)
    next(playing)
    player.speed = 2.0
    assert next(playing)[0] == 0.25
