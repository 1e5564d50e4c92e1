from codepilot_tui.docks.arming import Arming


class Clock:
    """Keeps what was to be called later, and whether it was stopped."""

    def __init__(self):
        self.calls = []
        self.stopped = []

    def later(self, seconds, call):
        number = len(self.calls)
        self.calls.append((seconds, call))
        clock = self

        class Stops:
            def stop(self):
                clock.stopped.append(number)

        return Stops()

    def fire(self, number):
        self.calls[number][1]()


def arming(deaf=0.5):
    clock, states = Clock(), []
    made = Arming(clock.later, deaf, lambda: states.append(made.state))
    return made, clock, states


def test_it_is_deaf_for_its_time_and_then_ready():
    keys, clock, states = arming()
    assert keys.state == "none"
    keys.begin()
    assert clock.calls[0][0] == 0.5
    clock.fire(0)
    assert states == ["wait", "ready"]


def test_a_key_begins_the_deaf_time_anew():
    keys, clock, states = arming()
    keys.begin()
    keys.begin()
    assert clock.stopped == [0]
    clock.fire(0)  # it was on its way when it was stopped
    assert keys.state == "wait"
    clock.fire(1)
    assert states == ["wait", "ready"]


def test_away_stays_away_whatever_was_on_its_way():
    keys, clock, states = arming()
    keys.begin()
    keys.leave()
    clock.fire(0)
    assert states == ["wait", "away"]
    keys.begin()
    assert keys.state == "wait"


def test_without_a_deaf_time_it_is_ready_at_once():
    keys, clock, states = arming(deaf=0)
    keys.begin()
    assert (clock.calls, states) == ([], ["ready"])


def test_after_its_end_nothing_changes():
    keys, clock, states = arming()
    keys.begin()
    keys.stop()
    clock.fire(0)
    assert states == ["wait"]
