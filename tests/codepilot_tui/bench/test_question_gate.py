import pytest
from hypothesis import given
from hypothesis import strategies as st

from codepilot_tui.bench.question_gate import QuestionGate


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def gate(clock: Clock) -> QuestionGate[str]:
    return QuestionGate(clock, idle_seconds=0.5)


def test_nothing_waits(gate):
    assert gate.state == "clear"
    assert gate.poll() is None
    assert gate.wake_in() is None
    assert gate.position == (0, 0)
    assert gate.first is None


def test_with_a_still_keyboard_it_opens_at_once(gate):
    gate.ask("1", "rm")
    assert gate.state == "strip"
    assert gate.wake_in() == 0
    assert gate.poll() == "rm"
    assert gate.state == "open"
    assert gate.open_key == "1"


def test_it_is_handed_out_once(gate):
    gate.ask("1", "rm")
    gate.poll()
    assert gate.poll() is None
    assert gate.wake_in() is None


def test_while_keys_come_it_stays_in_the_banner(gate, clock):
    gate.typed()
    gate.ask("1", "rm")
    for _ in range(100):
        clock.now += 0.375
        gate.typed()
        assert gate.poll() is None
        assert gate.state == "strip"
        assert gate.first == "rm"
    assert gate.wake_in() == 0.5
    clock.now += 0.5
    assert gate.poll() == "rm"


def test_leaving_the_composer_opens_it(gate):
    gate.typed()
    gate.ask("1", "rm")
    gate.composer_left()
    assert gate.poll() == "rm"


def test_leaving_the_composer_before_anything_is_asked_means_nothing(gate):
    gate.typed()
    gate.composer_left()
    gate.ask("1", "rm")
    assert gate.poll() is None


def test_something_else_that_is_open_holds_it_back(gate):
    gate.hold(True)
    gate.ask("1", "rm")
    assert gate.poll() is None
    assert gate.wake_in() is None
    gate.hold(False)
    assert gate.poll() == "rm"


def test_later_goes_back_to_the_banner_and_stays_there(gate, clock):
    gate.ask("1", "rm")
    gate.poll()
    gate.later()
    clock.now += 1000
    gate.composer_left()
    assert gate.state == "strip"
    assert gate.poll() is None
    assert gate.wake_in() is None
    assert gate.count == 1


def test_recall_opens_it_even_right_after_a_key(gate):
    gate.ask("1", "rm")
    gate.poll()
    gate.later()
    gate.typed()
    gate.recall()
    assert gate.wake_in() == 0
    assert gate.poll() == "rm"


def test_recall_without_questions_leaves_nothing_behind(gate):
    gate.recall()
    gate.typed()
    gate.ask("1", "rm")
    assert gate.poll() is None


def test_later_puts_off_all_that_wait(gate):
    for key in "123":
        gate.ask(key, key)
    gate.poll()
    gate.later()
    assert gate.poll() is None
    gate.recall()
    assert gate.poll() == "1"
    gate.answered("1")
    assert gate.poll() == "2"


def test_a_new_question_opens_before_those_put_off(gate):
    gate.ask("1", "first")
    gate.poll()
    gate.later()
    gate.ask("2", "second")
    assert gate.poll() == "second"
    assert gate.position == (2, 2)
    gate.answered("2")
    assert gate.state == "strip"
    assert gate.poll() is None
    assert gate.first == "first"


def test_the_next_one_in_the_queue_follows_an_answer_at_once(gate):
    gate.ask("1", "a")
    gate.ask("2", "b")
    assert gate.poll() == "a"
    gate.typed()
    gate.answered("1")
    assert gate.poll() == "b"


def test_one_that_comes_after_the_answer_waits_for_a_still_keyboard(gate, clock):
    gate.ask("1", "a")
    gate.poll()
    gate.typed()
    gate.answered("1")
    gate.ask("2", "b")
    assert gate.poll() is None
    clock.now += 0.5
    assert gate.poll() == "b"


def test_the_count_runs_through_a_burst_and_starts_anew_after_it(gate):
    for key in "123":
        gate.ask(key, key)
    seen = []
    while (item := gate.poll()) is not None:
        seen.append((item, gate.position))
        gate.answered(item)
    assert seen == [("1", (1, 3)), ("2", (2, 3)), ("3", (3, 3))]
    gate.ask("4", "4")
    gate.poll()
    assert gate.position == (1, 1)


def test_the_same_question_twice_is_one(gate):
    gate.ask("1", "a")
    gate.ask("1", "a")
    assert gate.count == 1


def test_withdrawing_the_open_one_says_so(gate):
    gate.ask("1", "a")
    gate.ask("2", "b")
    gate.poll()
    assert gate.withdraw("2") is False
    assert gate.withdraw("1") is True
    assert gate.state == "clear"
    assert gate.withdraw("1") is False


def test_after_a_run_was_withdrawn_the_count_begins_anew(gate):
    for key in "123":
        gate.ask(key, key)
    gate.poll()
    gate.answered("1")
    assert gate.position == (2, 3)
    gate.withdraw("2")
    gate.withdraw("3")
    gate.ask("4", "d")
    assert gate.position == (1, 1)


def test_an_answer_to_something_unknown_changes_nothing(gate):
    gate.ask("1", "a")
    gate.answered("9")
    assert gate.position == (1, 1)


@given(
    st.lists(
        st.sampled_from(
            ["ask", "typed", "left", "answer", "later", "recall", "withdraw", "tick", "hold", "free"]
        )
    )
)
def test_whatever_happens_the_state_is_sound(steps):
    clock = Clock()
    gate: QuestionGate[int] = QuestionGate(clock, idle_seconds=0.5)
    asked, open_now = 0, None
    for step in steps:
        if step == "ask":
            asked += 1
            gate.ask(str(asked), asked)
        elif step == "typed":
            gate.typed()
        elif step == "left":
            gate.composer_left()
        elif step == "answer" and open_now is not None:
            gate.answered(str(open_now))
            open_now = None
        elif step == "later":
            gate.later()
            open_now = None
        elif step == "recall":
            gate.recall()
        elif step == "withdraw" and asked:
            if gate.withdraw(str(asked)):
                open_now = None
        elif step == "tick":
            clock.now += 0.25
        elif step in ("hold", "free"):
            gate.hold(step == "hold")
        wake = gate.wake_in()
        item = gate.poll()
        if item is not None:
            assert open_now is None
            assert wake == 0
            open_now = item
        assert (gate.state == "open") == (open_now is not None)
        assert (gate.state == "clear") == (gate.count == 0)
        if gate.count:
            position, total = gate.position
            assert 1 <= position <= total


def test_tab_goes_round_the_questions(gate):
    for key in "123":
        gate.ask(key, key)
    assert not gate.next()
    seen = []
    for _ in range(4):
        seen.append(gate.poll())
        assert gate.next()
    assert seen == ["1", "2", "3", "1"]
    assert gate.count == 3


def test_tab_needs_another_question(gate):
    gate.ask("1", "one")
    gate.poll()
    assert not gate.next()
    assert gate.open_key == "1"


def test_tab_goes_to_no_question_that_was_put_off(gate):
    gate.ask("1", "put off")
    gate.poll()
    gate.later()
    gate.ask("2", "new")
    assert gate.poll() == "new"
    assert not gate.next()
    assert gate.open_key == "2"
