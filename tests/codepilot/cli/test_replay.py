"""`codepilot replay`: a session shown again, and its calls carried out again."""

import pytest


def done(summary):
    return f"I look at it.\n\n```completion\n{summary}\n```\n"


@pytest.fixture
def kept(shop):
    shop.play(done("The first is done."))
    shop.run("Mend the parser", "--session", "one")
    return shop


def replayed(shop, *words):
    return shop.main("replay", *words, "--dir", str(shop.work))


def test_a_session_is_shown_again(kept):
    result = replayed(kept, "one", "--speed", "0")
    assert result.code == 0
    assert result.out == kept.main("sessions", "show", "one", "--dir", str(kept.work)).out
    assert "The first is done." in replayed(kept, "on", "--speed", "1000").out


def test_its_events_come_one_by_one(kept):
    events = replayed(kept, "one", "--speed", "0", "--json").events
    assert [events[0]["type"], events[-1]["type"]] == ["task_started", "task_finished"]


def test_what_cannot_be_shown_is_told(kept):
    assert replayed(kept, "other").code == 2
    result = replayed(kept, "one", "--speed", "-1")
    assert (result.code, "0 or more" in result.err) == (2, True)
