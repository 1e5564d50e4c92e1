"""What each terminal does, and who holds it."""

from __future__ import annotations

import pytest
from textual.app import App

from codepilot.terminal.session.waiting import Wait
from codepilot_tui.terminals.states import States, waiting_note
from codepilot_tui.theme import install_themes
from codepilot_tui.widgets.terminal import TerminalPane


class Shown(App[None]):
    def __init__(self) -> None:
        super().__init__()
        install_themes(self, "dusk")

    def compose(self):
        yield TerminalPane()


async def test_only_a_terminal_that_is_seen_and_held_needs_the_room_of_one():
    app = Shown()
    async with app.run_test(size=(80, 24)):
        pane = app.query_one(TerminalPane)
        states = States(pane, lambda: None)
        assert states.pulse == "none"
        for name in ("main", "shell-1"):
            pane.add_terminal(name)
            states.set_owner(name, "free")
            states.set_state(name, "idle", None)
        states.set_owner("main", "person")
        assert states.pulse == "held"
        pane.activate("shell-1")
        assert states.pulse == "idle"
        states.set_state("main", "waiting", None, "a key")
        assert states.pulse == "idle", "an editor of the person asks nobody"
        states.set_state("shell-1", "waiting", None, "input")
        assert states.pulse == "asks"
        pane.activate("main")
        assert states.pulse == "held"


async def test_others_are_the_terminals_where_a_command_runs_that_is_not_the_agents():
    app = Shown()
    async with app.run_test(size=(80, 24)):
        states = States(pane := app.query_one(TerminalPane), lambda: None)
        for name, owner, state in (
            ("main", "free", "busy"),
            ("asks", "free", "waiting"),
            ("agents", "agent", "busy"),
            ("held", "person", "busy"),
            ("rests", "free", "idle"),
        ):
            pane.add_terminal(name)
            states.set_owner(name, owner)
            states.set_state(name, state, None, command=f"of {name}")
        assert states.others == {"main": "of main", "asks": "of asks"}


@pytest.mark.parametrize(
    ("wait", "said"),
    [
        (Wait("input", "bash", "Your name?"), "waits for input: Your name?"),
        (Wait("input", "cat", ""), "waits for input"),
        (
            Wait("password", "sudo", "[sudo] password for Bob's: "),
            "waits for a password: [sudo] password for Bob's: ",
        ),
        (Wait("confirm", "apt", "Go on? [y/N]"), "waits for yes or no: Go on? [y/N]"),
        (Wait("pager", "less", ":"), "waits for a key (less is a pager: q leaves it)"),
    ],
)
def test_the_head_says_in_words_what_a_program_waits_for(wait: Wait, said: str) -> None:
    assert waiting_note(str(wait)) == said


async def agent_runs_in(states: States, name: str) -> None:
    states.set_owner(name, "agent")
    states.set_state(name, "busy", None)


async def test_the_pane_shows_where_the_agent_began_to_work_last():
    """Found by use: it stayed at an idle main, and took 51 columns for it."""
    app = Shown()
    async with app.run_test(size=(80, 24)):
        pane = app.query_one(TerminalPane)
        states = States(pane, lambda: None)
        for name in ("main", "server", "build"):
            pane.add_terminal(name)
            states.set_state(name, "idle", None)
        seen = []
        for name in ("server", "build"):
            await agent_runs_in(states, name)
            seen.append((pane.active, states.pulse))
        states.set_state("server", "waiting", None, "input")
        assert [*seen, (pane.active, states.pulse)] == [
            ("server", "busy"), ("build", "busy"), ("build", "asks"),
        ]  # fmt: skip


async def test_what_the_person_chose_holds_or_uses_stays_in_front_and_gets_no_room_for_what_runs_beside():
    app = Shown()
    async with app.run_test(size=(80, 24)) as pilot:
        pane = app.query_one(TerminalPane)
        states = States(pane, lambda: None)
        for name in ("main", "build"):
            pane.add_terminal(name)
            states.set_state(name, "idle", None)

        async def begins(name: str) -> tuple[str, str]:
            states.set_owner("build", "free")
            states.set_state("build", "idle", None)
            await agent_runs_in(states, name)
            return pane.active, states.pulse

        pane.activate("main", focus=True)
        assert await begins("build") == ("main", "aside"), "it has the keyboard"
        app.set_focus(None)
        states.set_owner("main", "person")
        assert await begins("build") == ("main", "held")
        states.set_owner("main", "free")
        pane.activate_next()
        pane.activate_next()
        app.set_focus(None)
        await pilot.pause()
        assert await begins("build") == ("main", "aside"), "it was chosen"
        states.set_owner("main", "person")
        states.set_owner("main", "free")
        assert await begins("build") == ("build", "busy"), "it was handed back"
        pane.activate_next()
        app.set_focus(None)
        pane.remove_terminal("main")
        pane.add_terminal("main")
        pane.activate("main")
        assert await begins("build") == ("build", "busy"), "the one that was chosen is gone"


async def test_the_agent_wants_a_terminal_until_it_is_handed_back_or_closed():
    app = Shown()
    async with app.run_test(size=(80, 24)):
        pane = app.query_one(TerminalPane)
        states = States(pane, lambda: None)
        pane.add_terminal("main")
        states.set_owner("main", "person")
        states.want("main")
        states.set_owner("main", "person")
        assert states.wanted == {"main"}
        states.set_owner("main", "free")
        assert not states.wanted
        states.want("main")
        states.set_owner("main", "agent")
        assert not states.wanted, "it has what it asked for"
        states.want("main")
        states.forget("main")
        assert not states.wanted
