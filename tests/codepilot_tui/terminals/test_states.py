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
