from codepilot_tui.docks.arming import Arming, SincePainted


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


def test_a_click_on_what_has_just_come_up_begins_the_deaf_time_anew():
    """The second click of a series that was begun before it came must not answer."""
    keys, clock, states = arming()
    keys.begin()
    keys.press()
    assert clock.stopped == [0] and keys.state == "wait"
    clock.fire(0)
    assert keys.state == "wait"
    clock.fire(1)
    assert states == ["wait", "ready"]
    assert not keys.pressed  # that press was not for it, however long the button was held
    keys.press()
    assert keys.pressed and states == ["wait", "ready"]


def test_a_click_on_what_has_stood_there_is_for_it():
    keys, clock, _ = arming()
    keys.leave()
    assert (keys.state, keys.seen) == ("away", False)
    clock.fire(0)
    assert (keys.state, keys.seen) == ("away", True)
    keys.press()
    assert keys.state == "ready" and keys.pressed


def test_a_click_of_a_series_is_not_for_it_though_it_has_stood_there():
    keys, clock, _ = arming()
    keys.begin()
    clock.fire(0)
    assert keys.state == "ready"
    keys.press(0.49)
    assert keys.state == "wait" and not keys.pressed
    keys.press(0.49)
    clock.fire(1)
    assert keys.state == "wait"
    clock.fire(2)
    assert keys.state == "ready" and not keys.pressed
    keys.press(0.5)
    assert keys.pressed


def test_it_has_not_stood_there_before_the_time_of_its_last_coming():
    keys, clock, _ = arming()
    keys.leave()
    keys.begin()
    clock.fire(0)  # it was on its way when it was stopped
    assert not keys.seen
    keys.leave()
    clock.fire(2)
    assert keys.seen


def test_out_of_sight_it_has_to_stand_there_anew():
    keys, clock, _ = arming()
    keys.begin()
    clock.fire(0)
    assert keys.seen
    keys.hide()
    assert (keys.state, keys.seen) == ("away", False)
    keys.press()
    assert keys.state == "wait"


def test_without_a_deaf_time_it_is_seen_at_once():
    keys, clock, _ = arming(deaf=0)
    keys.leave()
    assert keys.seen and clock.calls == []


class Loop:
    """A widget's clock: what comes after the next frame, and what comes after a time."""

    def __init__(self):
        self.after_frame = []
        self.timers = Clock()

    def call_after_refresh(self, call):
        self.after_frame.append(call)

    def set_timer(self, seconds, call):
        return self.timers.later(seconds, call)


def test_the_time_runs_from_the_frame_that_shows_it():
    loop, called = Loop(), []
    SincePainted(loop, 0.5, lambda: called.append(1))
    assert loop.timers.calls == []
    loop.after_frame[0]()
    assert loop.timers.calls[0][0] == 0.5
    loop.timers.fire(0)
    assert called == [1]


def test_one_that_is_stopped_before_its_frame_never_begins():
    loop = Loop()
    SincePainted(loop, 0.5, lambda: None).stop()
    loop.after_frame[0]()
    assert loop.timers.calls == []


def test_one_that_is_stopped_behind_its_frame_stops_its_timer():
    loop = Loop()
    timer = SincePainted(loop, 0.5, lambda: None)
    loop.after_frame[0]()
    timer.stop()
    assert loop.timers.stopped == [0]
