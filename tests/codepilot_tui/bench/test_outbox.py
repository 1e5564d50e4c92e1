import pytest

from codepilot import events as ev
from codepilot_tui.bench.outbox import Outbox, Recall, Send, Steer


@pytest.fixture
def outbox():
    made = Outbox()
    made.start()
    return made


def texts(outbox):
    return [(each.text, each.when) for each in outbox.chips]


def test_idle_sends_at_once(outbox):
    assert outbox.say("fix it", "now", working=False) == Send("fix it")
    assert outbox.chips == ()


def test_nothing_that_was_said_at_the_start_is_overwritten():
    outbox = Outbox()
    assert outbox.say("from the command line", "now", working=False) is None
    assert outbox.say("typed early", "now", working=False) is None
    assert texts(outbox) == [("from the command line", "next step"), ("typed early", "next step")]
    assert outbox.start() == (Send("from the command line", then=("typed early",)),)
    assert outbox.chips == ()
    assert outbox.start() == ()


def test_working_steers(outbox):
    assert outbox.say("also this", "next_step", working=True) == Steer("also this")
    outbox.steered("m1", "also this")
    assert texts(outbox) == [("also this", "next step")]
    assert not outbox.apply(ev.MessageDropped(message_id="other", message="x"))
    outbox.apply(ev.MessageQueued(message_id="m1", message="also this"))
    assert len(outbox.chips) == 1
    assert outbox.apply(ev.MessageInjected(message_id="m1", message="also this"))
    assert outbox.chips[0].state == "in context"
    assert outbox.queued == 0
    assert outbox.apply(ev.StepStarted(step=2, max_steps=9))
    assert outbox.chips == ()


def test_after_the_task_one_by_one(outbox):
    outbox.say("one", "after_task", working=True)
    outbox.say("two", "after_task", working=True)
    assert outbox.end(stopped=False) == (Send("one"),)
    assert outbox.end(stopped=False) == (Send("two"),)
    assert outbox.end(stopped=False) == ()


def test_a_stop_sends_nothing_and_keeps_the_order(outbox):
    for word, when in (("alpha", "next_step"), ("beta", "after_task"), ("gamma", "next_step")):
        order = outbox.say(word, when, working=True)
        if isinstance(order, Steer):
            outbox.steered(f"m-{word}", word)
    assert outbox.recalls() == (Recall("m-alpha"), Recall("m-gamma"))
    outbox.recalled("m-alpha", "alpha")
    outbox.recalled("m-gamma", "gamma")
    assert outbox.end(stopped=True) == ()
    assert texts(outbox) == [("alpha", "held"), ("beta", "held"), ("gamma", "held")]
    assert (outbox.held, outbox.queued) == (3, 0)
    # What the runtime says of the ids that it gave back takes nothing away.
    assert not outbox.apply(ev.MessageDropped(message_id="m-alpha", message="alpha"))
    assert outbox.held == 3


def test_what_the_model_has_read_is_not_asked_back(outbox):
    for name in ("alpha", "beta"):
        outbox.say(name, "next_step", working=True)
        outbox.steered(f"m-{name}", name)
    outbox.apply(ev.MessageInjected(message_id="m-alpha", message="alpha"))
    assert outbox.recalls() == (Recall("m-beta"),)


def test_what_the_model_has_read_meanwhile_does_not_come_back(outbox):
    outbox.steered("m1", "read")
    outbox.recalled("m1", None)
    outbox.end(stopped=True)
    assert outbox.chips == ()


def test_only_the_person_sends_what_is_held(outbox):
    for word in ("one", "two"):
        outbox.steered(word, word)
        outbox.recalled(word, word)
    outbox.end(stopped=True)
    assert outbox.end(stopped=False) == ()
    assert outbox.release(working=False) == (Send("one", then=("two",)),)
    assert outbox.chips == ()
    assert outbox.release(working=False) == ()


def test_what_waited_for_the_end_of_the_task_waits_for_it_after_a_stop_too(outbox):
    outbox.say("later", "after_task", working=True)
    outbox.steered("m1", "first")
    outbox.recalled("m1", "first")
    outbox.end(stopped=True)
    outbox.end(stopped=True)
    assert outbox.release(working=False) == (Send("first"),)
    assert texts(outbox) == [("later", "after task")]
    assert outbox.end(stopped=False) == (Send("later"),)


def test_of_those_that_waited_for_the_end_the_first_is_the_task(outbox):
    for word in ("one", "two"):
        outbox.say(word, "after_task", working=True)
    outbox.end(stopped=True)
    assert outbox.release(working=False) == (Send("one"),)
    assert texts(outbox) == [("two", "after task")]
    outbox.end(stopped=True)
    assert outbox.held == 1 and outbox.release(working=False) == (Send("two"),)


def test_released_while_a_task_is_under_way_all_are_for_its_next_step_or_its_end(outbox):
    outbox.say("one", "after_task", working=True)
    outbox.steered("m1", "two")
    outbox.recalled("m1", "two")
    outbox.end(stopped=True)
    assert outbox.release(working=True) == (Steer("two"),)
    assert texts(outbox) == [("one", "after task")]


def test_words_that_came_too_late_for_the_task_begin_the_next(outbox):
    outbox.steered("m1", "late")
    outbox.say("after", "after_task", working=True)
    outbox.recalled("m1", "late")
    assert outbox.end(stopped=False) == (Send("late"),)
    assert texts(outbox) == [("after", "after task")]


def test_taking_back(outbox):
    outbox.say("later", "after_task", working=True)
    outbox.steered("m1", "next")
    assert outbox.take_back("m1") == Recall("m1")
    later = outbox.chips[0].id
    assert outbox.take_back(later) == "later"
    assert outbox.take_back(later) is None
    outbox.apply(ev.MessageInjected(message_id="m1", message="next"))
    assert outbox.take_back("m1") is None


def test_two_messages_never_share_an_id(outbox):
    for number in range(20):
        outbox.say(str(number), "after_task", working=True)
    assert len({each.id for each in outbox.chips}) == 20


def test_what_the_runtime_gave_back_is_not_asked_back_again(outbox):
    """It has no message of that name any more, and would answer that the model has read it."""
    outbox.say("also this", "next_step", working=True)
    outbox.steered("m1", "also this")
    (recall,) = outbox.recalls()
    outbox.recalled(recall.id, "also this")
    assert outbox.recalls() == ()
    assert texts(outbox) == [("also this", "next step")]


def test_what_an_earlier_program_was_sent_waits_and_is_not_sent_again():
    outbox = Outbox()
    outbox.still_wait([("m3", "from before")])
    outbox.say("typed early", "now", working=False)
    assert outbox.start() == (Send("typed early"),)
    assert texts(outbox) == [("from before", "next step")]
    assert outbox.take_back("m3") == Recall("m3")
    outbox.apply(ev.MessageInjected(message_id="m3", message="from before"))
    outbox.apply(ev.StepStarted(step=2, max_steps=9))
    assert outbox.chips == ()


def test_what_an_earlier_program_left_can_be_held_and_sent():
    outbox = Outbox()
    outbox.still_wait([("m1", "one"), ("m2", "two"), ("m3", "read")])
    outbox.hold("m1", "one")
    outbox.hold("m2", "two")
    outbox.hold("m3", None)
    assert texts(outbox) == [("one", "held"), ("two", "held")]
    assert not outbox.apply(ev.MessageDropped(message_id="m1", message="one"))
    assert outbox.release(working=False) == (), "the agent is not up yet"
    assert outbox.start() == (Send("one", then=("two",)),)
    assert outbox.chips == ()


def test_what_the_runtime_does_not_have_goes_from_program_to_program(outbox):
    outbox.steered("m1", "the runtime has it")
    outbox.say("later", "after_task", working=True)
    assert outbox.own == [("later", True)]
    outbox.recalled("m1", "the runtime has it")
    outbox.end(stopped=True)
    assert outbox.own == [("the runtime has it", False), ("later", True)]
    following = Outbox()
    following.start()
    following.still_held(outbox.own)
    assert following.own == outbox.own and following.held == 2
    assert following.release(working=False) == (Send("the runtime has it"),)
    assert texts(following) == [("later", "after task")]
