"""What the person is asked about a call of which nobody else knows."""

from codepilot_tui.docks.outcome import OutcomeDock


def test_three_answers_and_later():
    for act, expected in (("y", "ran"), ("n", "not run"), ("d", "unknown"), ("", None)):
        dock, answers = OutcomeDock("deploy to\x1b]0;x\x07 production"), []
        dock.done = answers.append
        dock.choose(act) if act else dock.leave()
        assert answers == [expected]
    words = "\n".join("".join(text for text, _ in line) for line in dock._words.lines)
    assert "deploy to" in words and "\x1b" not in words
