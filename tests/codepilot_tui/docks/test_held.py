"""What is asked where another program has the session."""

from codepilot.journal.holder import Holder
from codepilot_tui.docks.held import HeldDock


def test_two_ways_and_neither():
    holder = Holder(17, "here", "codepilot\x1b]0;x\x07", 1_700_000_000.0)
    for act, expected in (("r", "read"), ("f", "fork"), ("", None)):
        dock, answers = HeldDock("one", holder), []
        dock.done = answers.append
        dock.choose(act) if act else dock.leave()
        assert answers == [expected]
    words = "\n".join("".join(text for text, _ in line) for line in dock._words.lines)
    assert "one is open in another program (codepilot" in words and "process 17, since" in words
    assert "\x1b" not in words
