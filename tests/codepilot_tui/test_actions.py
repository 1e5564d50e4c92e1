import pytest

from codepilot.errors import UsageError
from codepilot_tui.actions import ACTIONS, LEADER, Action, Keymap, available, conflicts, key_text


def test_the_table_is_free_of_conflicts():
    assert conflicts(ACTIONS) == []


@pytest.mark.parametrize("action", ACTIONS, ids=lambda action: action.name)
def test_every_action_can_be_reached_in_every_way(action: Action):
    assert action.label
    assert action.key
    assert len(action.leader) == 1
    assert action.target.startswith("app.")
    assert action.group


def test_the_keys_that_the_papers_promise():
    keys = Keymap()
    assert (keys["stop"].key, keys["stop"].leader) == ("escape", "s")
    assert (keys["take_over"].key, keys["take_over"].leader) == ("f6", "t")
    assert keys["help"].key == "f1"
    assert keys["palette"].key == "ctrl+p"
    assert keys["quit"].key == "ctrl+q"
    assert LEADER == "ctrl+x"


def test_conflicts_name_both_actions():
    two = (Action("a", "A", "f2", "x", "app.a", "G"), Action("b", "B", "f2", "x", "app.b", "G"))
    assert conflicts(two) == ["key F2: a and b", "leader x: a and b"]


def test_the_leader_itself_cannot_be_taken():
    assert conflicts((Action("a", "A", "ctrl+x", "x", "app.a", "G"),)) == ["key Ctrl+X: the leader and a"]


def test_the_same_name_twice_is_a_conflict():
    twice = (Action("a", "A", "f2", "x", "app.a", "G"), Action("a", "A", "f3", "y", "app.a", "G"))
    assert conflicts(twice) == ["name a: a and a"]


def test_finding_by_letter_and_by_command():
    keys = Keymap()
    assert keys.by_leader("s") is keys["stop"]
    assert keys.by_leader("?") is None
    assert keys.by_slash("/new") is keys["new_session"]
    assert keys.by_slash("/nothing") is None
    with pytest.raises(KeyError):
        keys["nothing"]


def test_groups_keep_the_order_of_the_table():
    groups = Keymap().grouped()
    assert [name for name, _ in groups] == ["Agent", "Terminal", "Panes", "Workbench"]
    assert [action for _, actions in groups for action in actions] == list(ACTIONS)


def test_remapping_a_key_a_letter_and_the_leader():
    keys = Keymap().remapped({"take_over": " F10 ", "leader.take_over": "g", "leader": "ctrl+b"})
    assert (keys["take_over"].key, keys["take_over"].leader, keys.leader) == ("f10", "g", "ctrl+b")
    assert Keymap()["take_over"].key == "f6"


def test_two_actions_may_swap_keys():
    keys = Keymap().remapped({"focus_files": "f3", "focus_chat": "f2"})
    assert keys["focus_files"].key == "f3"


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"nothing": "f2"}, "no action 'nothing'"),
        ({"help": "q"}, "needed for typing"),
        ({"help": "shift+q"}, "needed for typing"),
        ({"help": "enter"}, "needed for typing"),
        ({"help": "ctrl+"}, "is no key"),
        ({"help": ""}, "is no key"),
        ({"help": "ctrl+c"}, "cannot be given away"),
        ({"help": "f6"}, "help and take_over|take_over and help"),
        ({"leader": "f6"}, "the leader and take_over"),
        ({"leader.help": "ab"}, "not one letter"),
        ({"leader.help": "s"}, "stop and help"),
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
    assert not available(keys["stop"], working=False, waiting=True)
    assert available(keys["stop"], working=True, waiting=False)
    assert not available(keys["pending_question"], working=True, waiting=False)
    assert available(keys["pending_question"], working=True, waiting=True)
    assert available(keys["quit"], working=False, waiting=False)
