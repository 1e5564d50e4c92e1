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


def test_the_title_stands_before_the_id():
    dock = HeldDock("one", Holder(17, "here", "codepilot", 0), title="Fix the\nstock \x1b[1m" + "x" * 99)
    words = "".join(text for text, _ in dock._words.lines[0])
    assert words.startswith("Fix the stock ") and "\x1b" not in words
    assert "…  one is open in another program" in words
