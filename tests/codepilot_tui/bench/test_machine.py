"""A person, an agent and a clock doing anything in any order: no word is lost or goes twice, a stop sends nothing, at
most one question is open, and Esc always leads back."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from codepilot import events as ev
from codepilot_tui.bench import effects, ladder
from codepilot_tui.bench.outbox import Outbox, Recall, Send, Steer
from codepilot_tui.bench.question_gate import QuestionGate
from codepilot_tui.facts import Facts


class Runtime:
    """What the outbox may know of the agent: an inbox, and what the model has read, in order."""

    def __init__(self):
        self.working = False
        self.inbox: dict[str, str] = {}
        self.read: list[str] = []
        self.number = 0

    def send(self, text):
        assert not self.working, "a task was begun while one is under way"
        self.working = True
        self.read.append(text)
        return [ev.TaskStarted(task=text, number=1), ev.StepStarted(step=1, max_steps=9)]

    def steer(self, text):
        self.number += 1
        self.inbox[f"m{self.number}"] = text
        return f"m{self.number}", [ev.MessageQueued(message_id=f"m{self.number}", message=text)]

    def take_back(self, message_id):
        text = self.inbox.pop(message_id, None)
        return text, [] if text is None else [ev.MessageDropped(message_id=message_id, message=text)]

    def step(self):
        told = [ev.StepStarted(step=2, max_steps=9)]
        for message_id, text in self.inbox.items():
            self.read.append(text)
            told.append(ev.MessageInjected(message_id=message_id, message=text))
        self.inbox.clear()
        return told


class Machine(RuleBasedStateMachine):
    def __init__(self):
        super().__init__()
        self.now = 1000.0
        self.runtime = Runtime()
        self.outbox = Outbox()
        self.gate: QuestionGate[str] = QuestionGate(lambda: self.now)
        self.said: list[str] = []
        self.order: list[str] = []
        """What was said, in the order in which it was sent."""
        self.taken_back: list[str] = []
        self.ready = False
        self.late: list[ev.Event] = []
        """Events that the bridge has not handed over yet."""
        self.asked = 0
        self.questions: set[str] = set()
        self.person_sent = 0

    def carry_out(self, orders):
        for order in orders:
            match order:
                case Send(text=text, then=then):
                    self.late += self.runtime.send(text)
                    for follower in then:
                        message_id, told = self.runtime.steer(follower)
                        self.outbox.steered(message_id, follower)
                        self.late += told
                case Steer(text=text):
                    message_id, told = self.runtime.steer(text)
                    self.outbox.steered(message_id, text)
                    self.late += told
                case Recall(id=message_id):
                    text, told = self.runtime.take_back(message_id)
                    self.outbox.recalled(message_id, text)
                    self.late += told

    def hand_over(self):
        late, self.late = self.late, []
        for event in late:
            self.outbox.apply(event)

    # -- the person ------------------------------------------------------------------------------------------------

    @rule(when=st.sampled_from(("now", "next_step", "after_task")))
    def say(self, when):
        text = f"word {len(self.said)}"
        self.said.append(text)
        self.order.append(text)
        order = self.outbox.say(text, when, working=self.runtime.working)
        self.carry_out([order] if order else [])

    @rule(data=st.data())
    def take_back(self, data):
        chips = self.outbox.chips
        if not chips:
            return
        chip = data.draw(st.sampled_from(chips))
        text = self.outbox.take_back(chip.id)
        if isinstance(text, Recall):
            text, told = self.runtime.take_back(chip.id)
            self.outbox.apply(ev.MessageDropped(message_id=chip.id, message=""))
            self.late += told
        if text is not None:
            assert text == chip.text
            self.taken_back.append(text)

    @precondition(lambda self: self.ready and self.outbox.held)
    @rule()
    def send_held(self):
        held = [chip.text for chip in self.outbox.chips if chip.when == "held"]
        self.carry_out(self.outbox.release(working=self.runtime.working))
        assert not self.outbox.held
        later = [chip.text for chip in self.outbox.chips if chip.when == "after task"]
        for text in held:
            if text not in later:  # it is sent anew, behind what was sent since it was held
                self.order.remove(text)
                self.order.append(text)

    # -- the agent -------------------------------------------------------------------------------------------------

    @precondition(lambda self: not self.ready)
    @rule()
    def start(self):
        self.ready = True
        self.carry_out(self.outbox.start())

    @precondition(lambda self: self.runtime.working)
    @rule()
    def step(self):
        self.late += self.runtime.step()

    @rule()
    def bridge(self):
        self.hand_over()

    @precondition(lambda self: self.runtime.working)
    @rule(stopped=st.booleans())
    def end(self, stopped):
        """The bridge hands over all events before it says that the task ended."""
        if not stopped:
            self.late += self.runtime.step()  # the loop goes on while its inbox holds something
        self.runtime.working = False
        self.late.append(ev.TaskFinished(status="aborted" if stopped else "done"))
        self.hand_over()
        before = len(self.runtime.read)
        self.carry_out(self.outbox.recalls())
        self.carry_out(self.outbox.end(stopped=stopped))
        if stopped:
            assert len(self.runtime.read) == before, "a stop sent something"
            assert not self.runtime.working and not self.runtime.inbox
            assert not self.outbox.queued

    # -- questions -------------------------------------------------------------------------------------------------

    @rule()
    def ask(self):
        self.asked += 1
        self.questions.add(key := f"q{self.asked}")
        self.gate.ask(key, key)

    @rule(seconds=st.sampled_from((0.1, 0.5, 0.8, 5.0)))
    def wait(self, seconds):
        self.now += seconds

    @rule()
    def type(self):
        self.gate.typed()

    @rule()
    def leave_composer(self):
        self.gate.composer_left()

    @rule()
    def poll(self):
        was_open = self.gate.open_key
        found = self.gate.poll()
        if found is not None:
            assert was_open is None and self.gate.open_key == found

    @rule(how=st.sampled_from(("answered", "later", "next", "recall", "withdraw")))
    def question(self, how):
        key = self.gate.open_key
        if how in ("later", "next", "recall"):
            if key is not None or how == "recall":
                getattr(self.gate, how)()
        elif key is not None:
            getattr(self.gate, how)(key)
            self.questions.discard(key)

    # -- what always holds -----------------------------------------------------------------------------------------

    @invariant()
    def no_word_is_lost_or_twice(self):
        waiting = [chip.text for chip in self.outbox.chips if chip.state == "queued"]
        in_flight = [text for text in self.runtime.inbox.values() if text not in waiting]
        # What the model has read may still stand as a chip until the events are handed over.
        unread = [text for text in waiting if text not in self.runtime.read]
        assert sorted([*self.runtime.read, *unread, *in_flight, *self.taken_back]) == sorted(self.said)

    @invariant()
    def ids_are_one_each(self):
        ids = [chip.id for chip in self.outbox.chips]
        assert len(ids) == len(set(ids))

    @invariant()
    def what_is_held_keeps_its_order(self):
        held = [self.order.index(chip.text) for chip in self.outbox.chips if chip.when == "held"]
        after = [self.order.index(chip.text) for chip in self.outbox.chips if chip.when == "after task"]
        assert after == sorted(after)
        assert held == sorted(held)

    @invariant()
    def every_question_waits_until_it_is_answered(self):
        assert self.gate.count == len(self.questions)
        assert self.gate.open_key is None or self.gate.open_key in self.questions
        if self.gate.wake_in() is not None:
            assert self.gate.wake_in() < 0.71


Machine.TestCase.settings = settings(max_examples=150, stateful_step_count=40, deadline=None)
test_machine = Machine.TestCase


def after(facts: Facts, effect) -> Facts:
    """What is true once the screen carried it out."""
    match effect:
        case effects.Close(what="popup"):
            return replace(facts, popup=False, place="composer" if facts.place == "popup" else facts.place)
        case effects.Close(what="selection"):
            return replace(facts, selection=False)
        case effects.Close(what="editor"):
            return replace(facts, editor=False)
        case effects.Close():
            return replace(facts, question_open=False, place="composer")
        case effects.Restore():
            return replace(facts, maximised=False)
        case effects.Focus():
            return replace(facts, place="composer")
        case effects.Stop():
            return replace(facts, working=False)
    return facts


def test_esc_leads_back_from_anywhere_and_ends():
    places = ("composer", "chat", "files", "changes", "terminal", "question", "page", "popup")
    flags = ("popup", "editor", "selection", "maximised", "working")
    for place in places:
        for bits in range(2 ** len(flags)):
            facts = Facts(place=place, **{name: bool(bits >> at & 1) for at, name in enumerate(flags)})
            if place == "popup":
                facts = replace(facts, popup=True)
            presses = 0
            while (effect := ladder.escape(facts)) is not None:
                facts, presses = after(facts, effect), presses + 1
                assert presses <= 6
            assert facts.place == "composer" and not facts.working
