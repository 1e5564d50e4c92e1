"""What the help of F1 lists, without a screen."""

from dataclasses import replace

import pytest

from codepilot_tui.actions import ACTIONS
from codepilot_tui.facts import Facts
from codepilot_tui.keymap import Keymap
from codepilot_tui.pages.key_sections import NAMES, help_rows, sections

KEYMAP = Keymap()


@pytest.mark.parametrize("place", NAMES)
def test_here_comes_first_and_every_row_stands_under_one_heading(place):
    made = sections(KEYMAP, Facts(place=place))
    titles = [section.title for section in made]
    assert len(set(titles)) == len(titles)
    if KEYMAP.here(Facts(place=place)):
        assert titles[:2] == [f"Here: {NAMES[place]}", "Everywhere"]
    shown = [action for section in made for line in section.lines for action in line.actions]
    assert len(set(shown)) == len(shown)
    assert {action for action in ACTIONS if action.key or action.leader} <= set(shown)


def lines(facts, sends=lambda key: True):
    return {
        action.name: (section.title, line.key, line.leader)
        for section in sections(KEYMAP, facts, sends)
        for line in section.lines
        for action in line.actions
    }


def test_what_works_is_apart_from_what_works_elsewhere():
    question = lines(Facts(place="question", kind="command", offered=frozenset({"y", "escape"})))
    assert question["allow"] == ("Here: question about a command", "y", "")
    assert question["focus_composer"] == ("Everywhere", "", "Ctrl+X i"), "F5 gives the question all rows"
    assert question["refuse"][0] == "Elsewhere: question"
    assert question["answer"][0] == "Elsewhere: agent", "the question has the keyboard"
    busy = lines(Facts(place="question", kind="command", working=True, asked=True))
    assert busy["model"][0] == "Elsewhere: agent", "it waits for the answer"
    assert busy["new_session"][0] == "Everywhere", "another tab does not mind"
    assert lines(Facts(place="question", kind="confirm"))["model"] == ("Everywhere", "Alt+M", "Ctrl+X m")
    assert busy["theme"] == ("Everywhere", "Alt+T", "Ctrl+X l")
    assert lines(Facts(place="composer"))["answer"] == ("Everywhere", "Ctrl+O", "Ctrl+X a")
    page = lines(Facts(place="page", kind="file", offered=frozenset({"escape"})))
    assert page["close_page"] == ("Here: file", "Esc", "")
    assert page["quit"] == ("Everywhere", "Ctrl+Q", "")
    assert page["maximise"] == ("Elsewhere: panes", "F9", "Ctrl+X z")
    assert question["back"][:2] == page["back"][:2] == ("Elsewhere: panes", "Esc")
    assert page["leader"][:2] == ("Elsewhere: panes", "Ctrl+X")


def test_a_key_that_the_terminal_cannot_send_is_not_named():
    found = lines(Facts(place="terminal", terminals=1), lambda key: "ctrl+shift" not in key)
    assert found["find_terminal"] == ("Here: terminal", "", "Ctrl+X /")
    assert not any("Ctrl+Shift" in key for _, key, _ in found.values())


def test_other_places_are_folded_until_they_are_searched():
    made = sections(KEYMAP, Facts(place="files"))
    rows = help_rows(made, KEYMAP, {"Here: files", "Everywhere"}, "")
    folded = [row.section for row in rows if row.folded]
    assert "Elsewhere: composer" in folded and "Elsewhere: chat" in folded
    assert not any(row.line and row.line.action.name == "after_task" for row in rows)
    found = help_rows(made, KEYMAP, set(), "queue AFTER")
    assert [(row.section, row.line and row.line.action.name) for row in found] == [
        ("Elsewhere: composer", None),
        ("Elsewhere: composer", "after_task"),
    ]
    assert help_rows(made, KEYMAP, set(), "no such thing") == []


def tab_rows(facts, keymap=KEYMAP, words=""):
    made = sections(keymap, facts)
    rows = help_rows(made, keymap, {section.title for section in made}, words)
    return [row for row in rows if row.line and row.line.action.name.startswith("tab_")]


def test_one_row_stands_for_the_nine_tabs():
    (row,) = tab_rows(Facts(place="composer", tabs=3, tab=1))
    assert (row.line.key, row.line.leader, row.text) == ("Alt+1…9", "Ctrl+X 1…9", "Go to that tab")
    assert row.line.action.name == "tab_2", "Enter goes to a tab that there is"
    assert len(tab_rows(Facts(place="composer", tabs=3), words="tab 7")) == 1
    assert len(tab_rows(Facts(place="composer"), words="alt+4")) == 1


def test_where_the_person_gave_a_tab_another_key_each_has_its_row():
    keymap = Keymap(tuple(replace(each, key="f11") if each.name == "tab_3" else each for each in ACTIONS))
    assert len(tab_rows(Facts(place="composer"), keymap)) == 9
