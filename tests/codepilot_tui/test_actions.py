from typing import get_args

import pytest

from codepilot.errors import UsageError
from codepilot_tui.actions import ACTIONS, LEADER, OFFERED, PRESS, WHEN, Action
from codepilot_tui.facts import BENCH, Facts, Kind, Place
from codepilot_tui.keymap import Keymap, conflicts


def row(name, key, leader="", **more):
    return Action(name, name.upper(), "G", "app.x", key, leader, **more)


def test_the_table_is_free_of_conflicts():
    assert conflicts(ACTIONS) == []


@pytest.mark.parametrize("action", ACTIONS, ids=lambda action: action.name)
def test_every_row_says_what_where_and_when(action: Action):
    assert action.label and action.group
    assert action.key or action.leader or action.menu
    assert action.when in (*WHEN, OFFERED)
    assert action.places <= set(get_args(Place)) and action.kinds <= set(get_args(Kind))
    plain = not action.is_command and action.group != "Everywhere" and bool(action.key)
    assert (action.target == PRESS) == plain
    assert not action.word or action.rank


@pytest.mark.parametrize("action", Keymap().commands, ids=lambda action: action.name)
def test_every_command_has_a_key_and_a_letter(action: Action):
    assert len(action.leader) == 1 or action.leader == "space"
    assert action.key or action.name == "stop"  # whose key is Esc, by the ladder


def test_the_keys_that_the_papers_promise():
    keys = Keymap()
    assert (keys["take_over"].key, keys["take_over"].leader) == ("f6", "t")
    assert keys["stop"].leader == "s"
    assert keys["help"].key == "f1"
    assert keys["palette"].key == "ctrl+p"
    assert keys["quit"].key == "ctrl+q"
    assert keys["menu"].key == "f10"
    assert keys.leader == LEADER == "ctrl+x"


def test_a_terminal_that_the_person_holds_keeps_all_keys_but_two():
    held = {action.key for action in ACTIONS if "terminal-held" in action.places and action.target != PRESS}
    assert held == {"f6", LEADER}


def test_no_key_of_the_bench_types():
    for action in ACTIONS:
        if action.target != PRESS and action.key:
            *modifiers, last = action.key.split("+")
            assert len(last) > 1 or "ctrl" in modifiers or "alt" in modifiers


def names(rows):
    return [row.name for row in rows]


def test_a_question_lists_what_it_takes():
    keys = Keymap()
    offered = frozenset({"y", "n", "d", "escape"})
    asked = Facts(place="question", kind="command", offered=offered)
    assert names(keys.here(asked)) == ["allow", "refuse", "refuse_why", "later", "interrupt"]
    assert names(keys.menu(asked)) == ["allow", "refuse", "refuse_why", "later"]
    several = Facts(place="question", kind="command", offered=offered | {"tab"})
    assert "next_question" in names(keys.here(several))
    ask = Facts(place="question", kind="ask", offered=frozenset({"enter", "escape"}), draft=True)
    assert names(keys.here(ask)) == ["answer_words", "answer_line", "later", "interrupt"]
    because = Facts(place="question", kind="reason", offered=frozenset({"enter", "escape"}), draft=True)
    assert {"refuse_words", "answer_line"} <= set(names(keys.here(because)))


def test_a_page_lists_what_it_takes():
    keys = Keymap()
    page = Facts(place="page", kind="file", offered=frozenset({"down", "escape"}))
    assert names(keys.here(page)) == ["scroll", "close_page", "interrupt"]


def test_what_a_question_takes_goes_before_what_its_place_does():
    keys = Keymap()
    find = Facts(place="terminal", kind="find", terminals=1)
    assert keys.taking("alt+r", find) is keys["find_pattern"]
    assert not keys.works(keys["add_runs"], find)
    assert keys.works(keys["add_runs"], Facts(place="terminal", terminals=1))
    assert keys.taking("f24", find) is None


def test_the_letters_of_the_menu_are_those_of_the_leader():
    for action in Keymap().actions:
        if action.is_command:
            assert action.menu_letter == action.leader
    assert Keymap()["allow"].menu_letter == "y"
    assert (
        Keymap()["unfold"].menu_letter
        == Keymap()["copy_item"].menu_letter
        == Keymap()["fold_file"].menu_letter
        == ""
    )


def test_other_keys_are_named_where_the_terminal_sends_them():
    newline = Keymap()["answer_line"]
    assert newline.described() == "New line (also Ctrl+J Shift+Enter)"
    assert newline.described(lambda key: "shift" not in key) == "New line (also Ctrl+J)"


def test_a_key_is_named_by_what_works_here():
    keys = Keymap()
    terminal = Facts(place="terminal", terminals=1)
    assert keys.key_here(keys["find_terminal"], terminal, lambda key: True) == "Ctrl+Shift+F"
    assert keys.key_here(keys["find_terminal"], terminal, lambda key: "shift" not in key) == "Ctrl+X /"
    question = Facts(place="question", kind="command")
    assert keys.key_here(keys["focus_composer"], question, lambda key: True) == "Ctrl+X i"
    assert keys.key_here(keys["maximise"], Facts(place="page"), lambda key: True) == ""


def test_some_actions_need_a_state():
    keys = Keymap()
    assert not keys["stop"].available(Facts())
    assert keys["stop"].available(Facts(working=True))
    assert not keys["answer"].available(Facts(waiting=0))
    assert keys["answer"].available(Facts(waiting=1))
    assert not keys["answer"].available(Facts(waiting=1, place="question"))
    assert not keys["new_session"].available(Facts(working=True))
    assert all(keys["quit"].available(Facts(place=place)) for place in BENCH)


@pytest.mark.parametrize("action", [row for row in ACTIONS if row.target == PRESS], ids=lambda row: row.name)
def test_a_key_that_a_widget_takes_itself_cannot_be_another(action: Action):
    """The widget would go on with its own key, and the list would name the person's."""
    with pytest.raises(UsageError, match=f"There is no action '{action.name}'"):
        Keymap().remapped({action.name: "f11"})


MOVES = {
    "answer_line", "scroll", "scroll_ask", "scroll_aside", "scroll_found", "scroll_rows", "unfold_keys",
}  # fmt: skip
"""What is pressed many times, or while one writes: no rows of a menu that closes."""


@pytest.mark.parametrize("kind", [kind for kind in get_args(Kind) if kind not in ("", "walk", "find")])
def test_the_menu_of_a_question_or_page_has_all_that_it_takes_but_moving(kind: Kind):
    keys, asking = (
        Keymap(),
        kind in ("command", "edits", "reason", "ask", "trust", "quit", "clipboard", "confirm"),
    )
    place: Place = "question" if asking else "page"
    offered = frozenset(key for action in ACTIONS if action.places & {place} for key in action.keys)
    facts = Facts(place=place, kind=kind, offered=offered, draft=True)
    pressed = [row.name for row in keys.here(facts) if row.target == PRESS]
    assert pressed and set(names(keys.menu(facts))) == set(pressed) - MOVES
