"""What is asked about the last session, and about a task that was cut."""

import time

from codepilot_tui.docks.go_on import cut_dock, new_dock, session_dock

NOW = time.mktime((2026, 11, 22, 16, 0, 0, 0, 0, -1))


def words(dock):
    return "\n".join("".join(text for text, _ in line) for line in dock._words.lines)


def test_the_session_is_named_by_its_first_words_and_its_time():
    assert words(session_dock("Fix it", NOW - 3600, NOW)) == "Fix it\nLast used today at 15:00."
    assert "yesterday at 15:00" in words(session_dock("Fix it", NOW - 25 * 3600, NOW))
    assert "on 2026-11-12 at 16:00" in words(session_dock("Fix it", NOW - 10 * 86_400, NOW))
    assert "(no task yet)" in words(session_dock("", NOW, NOW))
    assert words(session_dock("Fix it\nand that", NOW, NOW)).startswith("Fix it and that\n")


def test_words_from_outside_drive_no_terminal():
    assert "\x1b" not in words(session_dock("a\x1b]0;b\x07", NOW, NOW))


def test_yes_goes_on_and_all_else_does_not():
    for act, expected in (("y", True), ("n", False), ("", False)):
        dock, answers = cut_dock("in step 3"), []
        dock.done = answers.append
        dock.choose(act) if act else dock.leave()
        assert answers == [expected]
    assert "in step 3" in words(dock)


def test_a_new_conversation_in_place_of_one_says_that_it_is_not_kept():
    assert "not saved" in words(new_dock())
