"""Programs that want to write to the clipboard: whose answer is remembered for whom."""

from __future__ import annotations

from codepilot_tui.terminals.clipboard import Clipboard


class Asked:
    """A screen that keeps what it is to ask."""

    def __init__(self):
        self.wishes = []

    def wish(self, title, make, done):
        self.wishes.append(done)


def clipboard():
    host, copied = Asked(), []
    made = Clipboard(host, copy=copied.append, owner=lambda name: "person", notice=lambda name, text: None)
    return made, host.wishes, copied


def test_an_answer_does_not_reach_another_terminal_that_has_the_name_by_then():
    made, wishes, copied = clipboard()
    made.wanted("shell-1", "a")
    made.forget("shell-1")
    wishes[0]("always")
    made.wanted("shell-1", "b")
    assert len(wishes) == 2 and copied == ["a"]


def test_another_terminal_of_the_name_asks_for_itself_while_the_old_question_waits():
    made, wishes, copied = clipboard()
    made.wanted("shell-1", "a")
    made.forget("shell-1")
    made.wanted("shell-1", "b")
    assert len(wishes) == 2
    wishes[0]("always")
    made.wanted("shell-1", "c")
    assert len(wishes) == 2 and copied == ["a"], "its own question waits still"
    wishes[1]("always")
    made.wanted("shell-1", "d")
    assert copied == ["a", "b", "d"]
