import pytest

from codepilot_tui.bench.notices import READ, Notices


class Clock:
    now = 10.0

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def notices(clock):
    return Notices(clock)


def test_a_notice_stands_for_four_seconds(notices, clock):
    assert notices.shown is None and notices.wake_in() is None
    notices.say("Copied.")
    assert notices.shown.text == "Copied."
    assert notices.wake_in() == 4
    clock.now += 4
    assert notices.shown is None and notices.wake_in() is None


def test_an_error_stands_until_a_key(notices, clock):
    notices.say("It failed", "error")
    clock.now += 100
    assert notices.shown.kind == "error" and notices.wake_in() is None
    assert notices.key_pressed()
    assert notices.shown is None
    assert not notices.key_pressed()


def test_a_key_takes_a_notice_away_once_it_could_be_read(notices, clock):
    notices.say("Copied.")
    assert not notices.key_pressed()
    assert notices.shown is not None
    clock.now += READ
    assert notices.key_pressed()
    assert notices.shown is None


def test_what_is_untrue_goes(notices):
    notices.say("Starting.", about="starting")
    assert not notices.untrue("quit")
    assert notices.untrue("starting")
    assert notices.shown is None
    notices.say("one", about="a")
    notices.say("two", about="b")
    assert not notices.untrue("a")
    assert notices.shown.text == "two"
