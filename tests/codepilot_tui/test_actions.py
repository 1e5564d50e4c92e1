from typing import get_args

import pytest

from codepilot.errors import UsageError
from codepilot_tui.actions import ACTIONS, LEADER, OFFERED, PRESS, WHEN, Action, Keymap, conflicts, key_text
from codepilot_tui.facts import BENCH, Facts, Kind, Place


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


def test_conflicts_name_both_actions():
    two = (row("a", "f2", "x"), row("b", "f2", "x"))
    assert conflicts(two) == ["letter x: a and b", "key F2: a and b"]


def test_a_key_may_mean_two_things_in_two_places():
    chat, files = frozenset(["chat"]), frozenset(["files"])
    assert conflicts((row("a", "enter", places=chat), row("b", "enter", places=files))) == []
    assert conflicts((row("a", "enter", places=chat), row("b", "enter"))) == ["key Enter: a and b"]


def test_the_leader_itself_cannot_be_taken():
    assert conflicts((*ACTIONS, row("z", "ctrl+x", "9"))) == ["key Ctrl+X: leader and z"]


def test_the_same_name_twice_is_a_conflict():
    assert "name a: a and a" in conflicts((row("a", "f2", "x"), row("a", "f3", "y")))


def test_finding_by_letter_and_by_command():
    keys = Keymap()
    assert keys.by_leader("s") is keys["stop"]
    assert keys.by_leader("?") is None
    assert keys.by_slash("/new") is keys["new_session"]
    assert keys.by_slash("/nothing") is None
    assert keys.by_slash("") is None
    with pytest.raises(KeyError):
        keys["nothing"]


def test_groups_keep_the_order_of_the_table():
    groups = Keymap().grouped()
    assert [name for name, _ in groups][:4] == ["Agent", "Terminal", "Panes", "Workbench"]
    assert {action for _, actions in groups for action in actions} == set(ACTIONS)


def names(rows):
    return [row.name for row in rows]


def test_what_is_about_a_place():
    keys = Keymap()
    files = names(keys.here(Facts(place="files")))
    assert "open_file" in files and "unfold" not in files
    assert files[-2:] == ["back", "interrupt"], "what is only true of this place comes first"
    assert "find_terminal" in names(keys.here(Facts(place="terminal")))


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


def test_the_menu_offers_what_can_be_done_here_and_now():
    keys = Keymap()
    found = names(keys.menu(Facts(place="terminal", terminals=1)))
    assert "find_terminal" in found and "next_terminal" not in found
    found = names(keys.menu(Facts(place="files")))
    assert "open_file" in found and "maximise" in found and "find_terminal" not in found


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


def test_keys_are_named_as_they_are_pressed_there():
    keys = Keymap()
    assert keys.shown_key(keys["maximise"], "chat") == "F9"
    assert keys.shown_key(keys["maximise"], "terminal-held") == "Ctrl+X z"
    assert keys.shown_key(keys["take_over"], "terminal-held") == "F6"
    assert keys.leader_key(keys["menu"]) == "Ctrl+X Space"
    assert keys.leader_key(keys["back"]) == ""


def test_remapping_a_key_a_letter_and_the_leader():
    keys = Keymap().remapped({"take_over": " F11 ", "leader.take_over": "9", "leader": "ctrl+b"})
    assert (keys["take_over"].key, keys["take_over"].leader, keys.leader) == ("f11", "9", "ctrl+b")
    assert Keymap()["take_over"].key == "f6"


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
        ({"help": "ctrl+"}, "is no key"),
        ({"help": ""}, "is no key"),
        ({"help": "ctrl+c"}, "cannot be given away"),
        ({"help": "escape"}, "cannot be given away"),
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
    ("key", "text"),
    [
        ("ctrl+p", "Ctrl+P"),
        ("escape", "Esc"),
        ("f12", "F12"),
        ("alt+m", "Alt+M"),
        ("y", "y"),
        ("right_square_bracket", "]"),
        ("ctrl+shift+left", "Ctrl+Shift+←"),
    ],
)
def test_keys_as_people_read_them(key: str, text: str):
    assert key_text(key) == text


def test_some_actions_need_a_state():
    keys = Keymap()
    assert not keys["stop"].available(Facts())
    assert keys["stop"].available(Facts(working=True))
    assert not keys["answer"].available(Facts(waiting=0))
    assert keys["answer"].available(Facts(waiting=1))
    assert not keys["answer"].available(Facts(waiting=1, place="question"))
    assert not keys["new_session"].available(Facts(working=True))
    assert all(keys["quit"].available(Facts(place=place)) for place in BENCH)


def test_a_command_that_means_nothing_now_says_why():
    keys = Keymap()
    off = Facts(ready=False, place="question")
    for action in keys.commands:
        if not action.available(off) and action.when != "later":
            assert keys.why_not(action, off), action.name
    assert keys.why_not(keys["new_session"], Facts(working=True)) == "The agent is working. Esc stops it."
    assert keys.why_not(keys["take_over"], Facts()) == "No terminal yet. Ctrl+X o opens one."
