"""Who holds the keyboard, and what is remembered of the person's work in a terminal: due once, or offered."""

import pytest

from codepilot.terminal.protocol import PersonCommand, report_to_agent, report_to_composer
from codepilot.terminal.session.capture import Capture
from codepilot.terminal.session.ownership import KEPT, LAPSE, Hands, Keyboard
from codepilot.terminal.session.state import Command, TerminalState


def ran(number, text="ls", **more):
    return PersonCommand(number=number, text=text, folder="/w", exit_code=0, **more)


def texts(report):
    return [command.text for command in report.commands]


def test_what_is_run_in_a_taken_terminal_is_due_once():
    hands = Hands("main")
    hands.take("/w", by_typing=False, into="make")
    hands.add(ran(1, "cd /y"))
    assert hands.take_due() == [] and hands.offered("/y") is None
    hands.give_back("/y", None)
    (report,) = hands.take_due()
    assert (texts(report), report.folder, report.moved, report.into) == (["cd /y"], "/y", True, "make")
    assert report.handed_back and hands.take_due() == []


def test_what_is_run_in_a_free_terminal_is_offered():
    hands = Hands("main")
    hands.add(ran(1))
    assert texts(hands.offered("/w")) == ["ls"] and hands.count == 1
    assert texts(hands.take_offered("/w")) == ["ls"] and hands.offered("/w") is None
    assert hands.take_due() == []


def test_a_hold_by_typing_is_offered_until_it_is_handed_back():
    hands = Hands("main")
    hands.take("/w", by_typing=True)
    hands.add(ran(1, "one"))
    hands.add(ran(2, "two"))
    assert hands.count == 2
    hands.give_back("/w", None)
    assert hands.count == 0 and texts(hands.take_due()[0]) == ["one", "two"]


def test_what_was_taken_up_by_the_person_is_not_told_again():
    hands = Hands("main")
    hands.take("/w", by_typing=True)
    hands.add(ran(1, "one"))
    hands.take_offered("/w")
    hands.add(ran(2, "two"))
    hands.give_back("/w", None)
    assert texts(hands.take_due()[0]) == ["two"]


def test_a_hold_by_typing_may_lapse_and_a_real_one_may_follow():
    hands = Hands("main")
    hands.take("/w", by_typing=True)
    hands.add(ran(1, "one"))
    assert hands.held_by_typing
    hands.lapse()
    assert not hands.held_by_typing and texts(hands.offered("/w")) == ["one"]
    hands.take("/w", by_typing=True)
    hands.take("/w", by_typing=False)
    assert not hands.held_by_typing
    hands.add(ran(2, "two"))
    hands.give_back("/w", None)
    assert texts(hands.take_due()[0]) == ["two"] and texts(hands.offered("/w")) == ["one"]


def test_nothing_run_is_nothing_to_tell_unless_the_agent_waited():
    hands = Hands("main")
    hands.take("/w", by_typing=False)
    assert hands.want() and not hands.want()
    hands.give_back("/w", None)
    (report,) = hands.take_due()
    assert report.commands == () and "no command was run" in report_to_agent([report])
    hands.take("/w", by_typing=False)
    hands.give_back("/w", None)
    assert hands.take_due() == []


def test_only_so_many_are_kept():
    hands = Hands("main")
    for number in range(1, KEPT + 6):
        hands.add(ran(number, f"echo {number}"))
    report = hands.offered("/w")
    assert len(report.commands) == KEPT and report.left_out == 5
    assert "5 earlier commands" in report_to_composer(report)


def test_the_words():
    hands = Hands("main")
    hands.take("/w", by_typing=False, into="make  watch\n")
    hands.add(
        PersonCommand(number=1, text="make test", folder="/x", exit_code=2, seconds=12.2, output="a\nb")
    )
    hands.give_back("/y", PersonCommand(number=2, text="npm run dev", folder="/y", running=True))
    assert report_to_agent(hands.take_due()) == (
        "[terminal:main] While the person held it; your `make watch` was running then:\n"
        "$ make test → exit 2 (12 s) in /x\n  a\n  b\n"
        "$ npm run dev → still runs in /y\n"
        "The folder is now /y"
    )


# -- the keyboard --


@pytest.fixture
def told():
    return []


@pytest.fixture
async def keyboard(told):
    def tell(event):
        told.append((event.kind, event.owner, event.detail or event.count))

    return Keyboard(TerminalState("main", "/w", tell), lambda: told.append("changed"))


@pytest.fixture
def command(tmp_path):
    def make(text="ls", by="person", ended=True):
        made = Command(text, "typed", Capture(1000, tmp_path / "out"), 0.0, by=by)
        if ended:
            made.finish(0, 1.0)
        return made

    return make


async def test_each_change_is_told_once(keyboard, told):
    keyboard.hand_to("person", None)
    keyboard.hand_to("person", None)
    keyboard.let_go()  # that is the agent's word only
    assert keyboard.owner == "person" and told == [("owner", "person", 0), "changed"]


async def test_free_means_the_agent_while_its_command_runs(keyboard, command):
    keyboard.hand_to("person", None)
    keyboard.hand_to("free", command(by="agent", ended=False))
    assert keyboard.owner == "agent"
    keyboard.let_go()
    assert keyboard.owner == "free"


async def test_a_hold_by_typing_lapses_at_a_prompt_left_alone(keyboard, told):
    keyboard.hand_to("person", None, by_typing=True)
    assert not keyboard.lapse(at_rest=False, untouched=LAPSE)
    assert not keyboard.lapse(at_rest=True, untouched=0.0)
    assert told.count(("owner", "person", "wanted")) == 1
    assert keyboard.lapse(at_rest=True, untouched=LAPSE) and keyboard.owner == "free"


async def test_a_hold_on_purpose_does_not_lapse(keyboard):
    keyboard.hand_to("person", None)
    assert not keyboard.lapse(at_rest=True, untouched=LAPSE) and keyboard.owner == "person"


async def test_only_the_persons_commands_are_remembered(keyboard, told, command):
    keyboard.remember(command(by="agent"))
    keyboard.remember(command("make"))
    assert told == [("typed", "free", 1)]
    (offered,) = keyboard.hands.offered("/w").commands
    assert (offered.number, offered.text, offered.running) == (1, "make", False)


async def test_what_runs_when_it_is_handed_back_is_told_as_running(keyboard, command):
    keyboard.hand_to("person", None)
    running = command("top", ended=False)
    keyboard.hand_to("free", running)
    (report,) = keyboard.hands.take_due()
    assert [(each.text, each.running) for each in report.commands] == [("top", True)]
