"""What each terminal does, and who holds it."""

from __future__ import annotations

import pytest

from codepilot.terminal.session.waiting import Wait
from codepilot_tui.terminals.states import waiting_note


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
