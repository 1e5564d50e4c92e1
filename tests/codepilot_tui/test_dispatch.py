import asyncio

import pytest

from codepilot_tui.actions import ACTIONS, PRESS, Action
from codepilot_tui.dispatch import Dispatch, resolve, takes_argument
from codepilot_tui.keymap import Keymap
from codepilot_tui.screens.agent_control import AgentControl
from codepilot_tui.screens.commands import Commands
from codepilot_tui.screens.escape import Ladder
from codepilot_tui.screens.panes import PaneControl
from codepilot_tui.screens.sessions import Sessions
from codepilot_tui.screens.terminal_column import TerminalColumn
from codepilot_tui.screens.window import WindowControl
from codepilot_tui.tabs import Tabs
from codepilot_tui.widgets.chat import ChatView

OWNERS = {
    "agent": AgentControl,
    "commands": Commands,
    "chat": ChatView,
    "ladder": Ladder,
    "panes": PaneControl,
    "sessions": Sessions,
    "tabs": Tabs,
    "terminals": TerminalColumn,
    "window": WindowControl,
}


@pytest.mark.parametrize(
    "action", [each for each in ACTIONS if each.target != PRESS], ids=lambda each: each.name
)
def test_every_target_is_there(action: Action):
    assert callable(resolve(action.target, OWNERS))


def test_every_owner_owns_something():
    assert {action.target.partition(".")[0] for action in ACTIONS if action.target != PRESS} == set(OWNERS)


class Owner:
    def __init__(self):
        self.did = []

    def plain(self):
        self.did.append("plain")

    async def slow(self, word=""):
        await asyncio.sleep(0)
        self.did.append(f"slow {word}".strip())


@pytest.fixture
def made():
    owner, pressed = Owner(), []
    table = (
        Action("one", "One", "G", "a.plain", "f2", "1"),
        Action("two", "Two", "G", "a.slow", "f3", "2", slash="/two"),
        Action("three", "Three", "G", PRESS, "enter"),
        Action("four", "Four", "G", "b.plain", "f4", "4"),
    )
    return Dispatch(Keymap(table), lambda: {"a": owner}, pressed.append), owner, pressed


async def test_a_row_runs_its_target(made):
    dispatch, owner, pressed = made
    ran = []
    dispatch.watch = lambda action: ran.append(action.name)
    await dispatch.run("one")
    await dispatch.run("one", "words that mean nothing to it")
    await dispatch.run("two", "word")
    await dispatch.run("three")
    assert owner.did == ["plain", "plain", "slow word"]
    assert pressed == ["enter"]
    assert ran == ["one", "one", "two", "three"]


async def test_what_nobody_owns_yet(made):
    dispatch, _, _ = made
    assert dispatch.can("one") and dispatch.can("three") and not dispatch.can("four")
    with pytest.raises(KeyError):
        await dispatch.run("four")
    with pytest.raises(KeyError):
        await dispatch.run("nothing")


def test_which_methods_take_words():
    owner = Owner()
    assert takes_argument(owner.slow)
    assert not takes_argument(owner.plain)


async def test_without_words_an_action_does_its_usual():
    """An empty text is not a word that stood behind the command."""
    chosen = []

    class Chooses:
        def choose(self, what="the usual"):
            chosen.append(what)

    table = (Action("one", "One", "G", "a.choose", "f2", "1", slash="/one"),)
    dispatch = Dispatch(Keymap(table), lambda: {"a": Chooses()}, print)
    await dispatch.run("one")
    await dispatch.run("one", "this")
    assert chosen == ["the usual", "this"]
