"""Who holds the keyboard, and what is told of it."""

import pytest

from codepilot.terminal.command import Command
from codepilot.terminal.hands import LAPSE
from codepilot.terminal.keyboard import Keyboard
from codepilot.terminal.session.capture import Capture


@pytest.fixture
def told():
    return []


@pytest.fixture
async def keyboard(told):
    def tell(event):
        told.append((event.kind, event.owner, event.detail or event.count))

    return Keyboard("main", tell, lambda: told.append("changed"))


@pytest.fixture
def command(tmp_path):
    def make(text="ls", by="person", ended=True):
        made = Command(text, "typed", Capture(1000, tmp_path / "out"), 0.0, by=by)
        if ended:
            made.finish(0, 1.0)
        return made

    return make


async def test_each_change_is_told_once(keyboard, told):
    keyboard.hand_to("person", None, "/w")
    keyboard.hand_to("person", None, "/w")
    keyboard.let_go("/w")  # that is the agent's word only
    assert keyboard.owner == "person" and told == [("owner", "person", 0), "changed"]


async def test_free_means_the_agent_while_its_command_runs(keyboard, command):
    keyboard.hand_to("person", None, "/w")
    keyboard.hand_to("free", command(by="agent", ended=False), "/w")
    assert keyboard.owner == "agent"
    keyboard.let_go("/w")
    assert keyboard.owner == "free"


async def test_a_hold_by_typing_lapses_at_a_prompt_left_alone(keyboard, told):
    keyboard.hand_to("person", None, "/w", by_typing=True)
    assert not keyboard.lapse("/w", at_rest=False, untouched=LAPSE)
    assert not keyboard.lapse("/w", at_rest=True, untouched=0.0)
    assert told.count(("owner", "person", "wanted")) == 1
    assert keyboard.lapse("/w", at_rest=True, untouched=LAPSE) and keyboard.owner == "free"


async def test_a_hold_on_purpose_does_not_lapse(keyboard):
    keyboard.hand_to("person", None, "/w")
    assert not keyboard.lapse("/w", at_rest=True, untouched=LAPSE) and keyboard.owner == "person"


async def test_only_the_persons_commands_are_remembered(keyboard, told, command):
    keyboard.remember(command(by="agent"))
    keyboard.remember(command("make"))
    assert told == [("typed", "free", 1)]
    (offered,) = keyboard.hands.offered("/w").commands
    assert (offered.number, offered.text, offered.running) == (1, "make", False)


async def test_what_runs_when_it_is_handed_back_is_told_as_running(keyboard, command):
    keyboard.hand_to("person", None, "/w")
    running = command("top", ended=False)
    keyboard.hand_to("free", running, "/w")
    (report,) = keyboard.hands.take_due()
    assert [(each.text, each.running) for each in report.commands] == [("top", True)]
