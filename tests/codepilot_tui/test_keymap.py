from dataclasses import replace

import pytest

from codepilot.errors import UsageError
from codepilot_tui.actions import ACTIONS, Action
from codepilot_tui.facts import Facts
from codepilot_tui.keymap import Keymap, conflicts


def names(rows):
    return [row.name for row in rows]


def row(name, key, leader="", **more):
    return Action(name, name.upper(), "G", "app.x", key, leader, **more)


def test_conflicts_name_both_actions():
    two = (row("a", "f2", "x"), row("b", "f2", "x"))
    assert conflicts(two) == ["letter x: a and b", "key F2: a and b"]


def test_a_key_may_mean_two_things_in_two_places():
    chat, files = frozenset(["chat"]), frozenset(["files"])
    assert conflicts((row("a", "enter", places=chat), row("b", "enter", places=files))) == []
    assert conflicts((row("a", "enter", places=chat), row("b", "enter"))) == ["key Enter: a and b"]


def test_the_leader_itself_cannot_be_taken():
    assert conflicts((*ACTIONS, row("z", "ctrl+x", "0"))) == ["key Ctrl+X: leader and z"]


def test_the_same_name_twice_is_a_conflict():
    assert "name a: a and a" in conflicts((row("a", "f2", "x"), row("a", "f3", "y")))


def test_finding_by_name_and_by_command():
    keys = Keymap()
    assert keys.by_slash("/new") is keys["new_session"]
    assert keys.by_slash("/nothing") is None
    assert keys.by_slash("") is None
    with pytest.raises(KeyError):
        keys["nothing"]


def test_what_is_about_a_place():
    keys = Keymap()
    files = names(keys.here(Facts(place="files")))
    assert "open_file" in files and "unfold" not in files
    assert files[-2:] == ["back", "interrupt"], "what is only true of this place comes first"
    assert "find_terminal" in names(keys.here(Facts(place="terminal")))


def test_the_menu_of_a_terminal_that_the_person_holds_has_the_rows_of_any_terminal():
    """Found by use: it had one row, so that a right click could neither close the terminal, nor copy, nor find."""
    keys, common = (
        Keymap(),
        {"terminals": 2, "connected": True, "selection": True, "terminal_selection": True, "beside": True},
    )
    free = names(keys.menu(Facts(place="terminal", **common)))
    held = Facts(place="terminal-held", holder="person", **common)
    assert names(keys.menu(held)) == free
    assert {
        "new_terminal",
        "close_terminal",
        "find_terminal",
        "copy_terminal",
        "take_over",
        "maximise",
    } <= set(free)
    assert keys.key_here(keys["close_terminal"], held, lambda key: True) == "Ctrl+X w", (
        "its key is the program's"
    )
    assert keys["take_over"].label_in_menu(held) == "Hand it back"
    assert keys["take_over"].label_in_menu(Facts(place="terminal")) == "Take it over"
    assert keys["close_terminal"].label_in_menu(held) == "Close the terminal"


def test_the_menu_offers_what_can_be_done_here_and_now():
    keys = Keymap()
    found = names(keys.menu(Facts(place="terminal", terminals=1)))
    assert "find_terminal" in found and "next_terminal" not in found
    found = names(keys.menu(Facts(place="files", at_cursor="open")))
    assert "open_file" in found and "maximise" in found and "find_terminal" not in found


def test_keys_are_named_as_they_are_pressed_there():
    keys = Keymap()
    assert keys.shown_key(keys["maximise"], "chat") == "F9"
    assert keys.shown_key(keys["maximise"], "terminal-held") == "Ctrl+X z"
    assert keys.shown_key(keys["take_over"], "terminal-held") == "F6"
    assert keys.leader_key(keys["menu"]) == "Ctrl+X Space"
    assert keys.leader_key(keys["back"]) == ""


def test_remapping_a_key_a_letter_and_the_leader():
    keys = Keymap().remapped({"take_over": " F11 ", "leader.take_over": "0", "leader": "ctrl+b"})
    assert (keys["take_over"].key, keys["take_over"].leader, keys.leader) == ("f11", "0", "ctrl+b")
    assert Keymap()["take_over"].key == "f6"
    assert keys.changed == {"take_over": "f11", "leader": "ctrl+b"} and Keymap().changed == {}


def test_two_actions_may_swap_keys():
    keys = Keymap().remapped({"focus_files": "f3", "focus_chat": "f2"})
    assert keys["focus_files"].key == "f3"


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"nothing": "f2"}, "no action 'nothing'"),
        ({"send": "f2"}, "no action 'send'"),
        ({"help": "q"}, "needed for typing"),
        ({"help": "shift+q"}, "needed for typing"),
        ({"help": "enter"}, "needed for typing"),
        ({"help": "ctrl+"}, "is not a key"),
        ({"help": ""}, "is not a key"),
        ({"help": "ctrl+c"}, "is reserved"),
        ({"help": "escape"}, "is reserved"),
        ({"help": "f6"}, "help and take_over|take_over and help"),
        ({"leader": "f6"}, "leader and take_over|take_over and leader"),
        ({"leader.help": "ab"}, "not one letter"),
        ({"leader.help": "s"}, "stop and help"),
        ({"leader.leader": "s"}, "no action 'leader'"),
    ],
)
def test_a_wrong_key_file_is_refused_in_words(changes: dict[str, str], words: str):
    with pytest.raises(UsageError, match=words):
        Keymap().remapped(changes)


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"help": "q"}, "keys: help: 'q' is needed for typing. Add ctrl or alt, or take an F-key."),
        ({"leader.help": "ab"}, "keys: leader.help: 'ab' is not one letter."),
    ],
)
def test_a_key_that_cannot_be_taken_is_told_with_the_row_and_a_way_out(changes, told):
    with pytest.raises(UsageError) as caught:
        Keymap().remapped(changes)
    assert caught.value.told == told


@pytest.mark.parametrize(
    ("name", "facts", "said"),
    [
        ("stop", Facts(), "The agent is idle: there is nothing to stop."),
        ("answer", Facts(), "There is no question to go to."),
        ("answer", Facts(place="question", waiting=1), ""),
        ("new_session", Facts(ready=False), "Starting. Try again when the agent is ready."),
        ("new_session", Facts(ready=False, question_open=True), "Answer the question first, then try again."),
        ("sessions", Facts(ready=False, question_open=True), "Answer the question first, then try again."),
        ("send_held", Facts(), "No message is held."),
        ("new_terminal", Facts(), "The terminals are still starting."),
        ("next_terminal", Facts(connected=True), "No terminal yet. Ctrl+X o opens one."),
        (
            "next_terminal",
            Facts(connected=True, terminals=1),
            "There is no other terminal. Ctrl+X o opens one.",
        ),
        ("next_terminal", Facts(connected=True), "No terminal yet. Ctrl+X o opens one."),
        ("find_chat", Facts(), "Nothing has been said yet."),
        (
            "add_runs",
            Facts(connected=True, terminals=1),
            "Nothing to add: your next message tells the agent what it does not know yet.",
        ),
        ("widen", Facts(), "Only one pane is shown: there is no width to change."),
    ],
)
def test_each_reason_is_said_where_it_holds(name, facts, said):
    keys = Keymap()
    assert not keys[name].available(facts)
    assert keys.why_not(keys[name], facts) == said


def test_a_clash_is_told_once_in_sentences():
    """The letter of a menu is the leader's where a row has no other."""
    with pytest.raises(UsageError) as caught:
        Keymap().remapped({"leader.take_over": "k"})
    assert caught.value.told == "keys: One key for two actions: letter k: take_over and previous_terminal."
    with pytest.raises(UsageError) as caught:
        Keymap().remapped({"nothing": "f2"})
    first, _, second = caught.value.told.partition(". ")
    assert (
        first == "keys: There is no action 'nothing'"
        and second.startswith("There are: ")
        and second[-1] == "."
    )


def test_a_command_that_means_nothing_now_says_why():
    keys = Keymap()
    off = Facts(ready=False, place="question")
    for action in keys.commands:
        if not action.available(off) and action.when != "later":
            assert keys.why_not(action, off), action.name
    new = keys["new_session"]
    assert keys.why_not(new, Facts(working=True)) == "The agent is working. Esc stops it."
    for place in ("chat", "question", "terminal-held"):  # where Esc does something else
        facts = Facts(working=True, place=place)
        assert keys.why_not(new, facts) == "The agent is working. Ctrl+X s stops it."
    for place, more in (
        ("question", ""),
        ("composer", " Ctrl+O goes to its question."),
        ("terminal-held", " Ctrl+X a goes to its question."),
    ):
        facts = Facts(working=True, asked=True, place=place)
        assert keys.why_not(new, facts) == f"The agent waits for your answer.{more}"
    for name in ("take_over", "next_terminal"):
        assert keys.why_not(keys[name], Facts()) == "The terminals are still starting."
    take = keys["take_over"]
    assert keys.why_not(take, Facts(connected=True)) == "No terminal yet. Ctrl+X o opens one."


def test_a_row_whose_key_another_row_takes_here_is_not_listed_here():
    """In the open find bar Alt+R is the find bar's, and adds no commands to the message."""
    keys = Keymap()
    runs = Facts(place="terminal", runs=2, terminals=1, connected=True)
    assert "add_runs" in names(keys.menu(runs))
    finding = replace(runs, kind="find", popup=True, offered=frozenset({"alt+r"}))
    assert "find_pattern" in names(keys.here(finding))
    assert "add_runs" not in names(keys.here(finding)) + names(keys.menu(finding))
