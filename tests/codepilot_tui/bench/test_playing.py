"""The place in a session that is shown again."""

import pytest

from codepilot import events as e
from codepilot_tui.bench.playing import SPEEDS, Playing
from codepilot_tui.transcript import plain_text

REPLY = "one two three four five six seven eight"


def recorded():
    return [
        e.Stamped(0, 100.0, e.TaskStarted(task="First", number=1)),
        e.Stamped(0, 100.0, e.StepStarted(step=1, max_steps=9)),
        e.Stamped(0, 102.0, e.TextStreamed(text=REPLY)),
        e.Stamped(0, 102.0, e.ReplyFinished(text=REPLY, reason="stop")),
        e.Stamped(0, 102.5, e.TaskFinished(status="replied")),
        e.Stamped(0, 900.0, e.TaskStarted(task="Second", number=2)),
        e.Stamped(0, 901.0, e.Rewound(to=1, to_offset=1, left=2)),
        e.Stamped(0, 901.0, e.TaskFinished(status="done", summary="It is done.")),
    ]


def said(playing):
    return " | ".join(plain_text(item).strip() for item in playing.transcript.items)


def play(playing, most=100):
    """Play on; the seconds that were waited."""
    waited = []
    while (wait := playing.wait()) is not None and len(waited) < most:
        waited.append(wait)
        playing.step_on()
    return waited


def test_all_of_it_is_played_with_its_pauses_but_what_was_left_stays():
    playing = Playing(recorded(), "Agent")
    waited = play(playing)
    assert sum(waited) == pytest.approx(2.0 + 0.5 + 2.0 + 1.0), "of 13 minutes 2 seconds"
    assert playing.ended and playing.at == 7 and playing.prompts == (2, 2)
    assert "First" in said(playing) and REPLY in said(playing) and "It is done." in said(playing)


def test_a_reply_comes_in_pieces_and_a_step_makes_it_whole():
    playing = Playing(recorded(), "Agent")
    play(playing, 3)
    assert "one two three four" in said(playing) and "eight" not in said(playing)
    assert playing.step(1) is None, "a part of a reply stood there: the transcript is a new one"
    assert said(playing).count("one two") == 1 and "eight" in said(playing) and playing.at == 5


def test_steps_and_prompts_lead_forward_and_back():
    playing = Playing(recorded(), "Agent")
    places = []
    for _ in range(6):
        playing.step(1)
        places.append(playing.at)
    assert places == [1, 2, 5, 6, 7, 7]
    for _ in range(6):
        playing.step(-1)
        places.append(playing.at)
    assert places[6:] == [6, 5, 2, 1, 0, 0] and said(playing) == ""
    playing.prompt(1)
    assert (playing.at, playing.prompts) == (1, (1, 2))
    playing.prompt(1)
    assert (playing.at, playing.prompts, said(playing).endswith("Second")) == (6, (2, 2), True)
    playing.prompt(1)
    assert playing.ended
    assert playing.has_former_prompt and playing.can_step_back
    playing.prompt(-1)
    playing.prompt(-1)
    assert (playing.at, said(playing)) == (1, "First")
    assert not playing.has_former_prompt
    playing.prompt(-1)
    assert (playing.at, playing.prompts) == (1, (1, 2)), "there is no prompt 0"
    playing.step(-1)
    assert playing.at == 0 and not playing.can_step_back and not playing.has_former_prompt
    playing.prompt(-1)
    assert playing.at == 0


def test_it_plays_on_from_where_one_went():
    playing = Playing(recorded(), "Agent")
    play(playing)
    whole = said(playing)
    playing.go_to(2)
    play(playing)
    assert said(playing) == whole


def test_any_speed_also_while_it_plays():
    playing = Playing(recorded(), "Agent")
    playing.change_speed(-5)
    assert playing.speed == 0.5
    play(playing, 2)
    for _ in SPEEDS:
        playing.change_speed(1)
    assert playing.speed == 0.0
    assert sum(play(playing)[1:]) == 0.0 and playing.ended
    playing.go_to(0)
    assert play(playing) == [0.0] * 7, "without pauses a reply comes as a whole"


def test_a_session_in_which_nothing_was_said_has_nothing_to_play():
    playing = Playing([], "Agent")
    assert playing.ended and playing.wait() is None and playing.step_on() == set()
    assert playing.step(1) == set() and playing.prompts == (0, 0)
