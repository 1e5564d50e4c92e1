from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from codepilot_tui.bench.footer import MOST, WORDS, Hint, hints
from codepilot_tui.facts import AtCursor, Facts, Place
from codepilot_tui.keymap import Keymap

KEYS = Keymap()


def said(**given):
    return [(hint.key, hint.word) for hint in hints(KEYS, Facts(**given))]


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({}, [("/", "commands"), ("F1", "keys")]),
        ({"draft": True}, [("Enter", "send"), ("Ctrl+P", "commands"), ("F1", "keys")]),
        ({"draft": True, "command": True}, [("Enter", "run"), ("Ctrl+P", "commands"), ("F1", "keys")]),
        (
            {"draft": True, "command": True, "popup": True, "working": True},
            [("Esc", "close"), ("Enter", "run"), ("Ctrl+P", "commands"), ("F1", "keys")],
        ),
        ({"working": True}, [("Esc", "stop"), ("/", "commands"), ("F1", "keys")]),
        (
            {"working": True, "draft": True},
            [("Esc", "stop"), ("Enter", "next step"), ("Tab", "after task"), ("Ctrl+P", "commands"), ("F1", "keys")],
        ),
        (
            {"place": "chat", "working": True, "conversation": True, "at_cursor": "unfold"},
            [
                ("Esc", "back"), ("Enter", "unfold"), ("Ctrl+↑", "prompts"), ("F9", "full screen"), ("Ctrl+P", "commands"),
                ("F1", "keys"),
            ],
        ),
        (
            {"place": "terminal-held", "working": True, "terminals": 1, "holder": "person"},
            [("Ctrl+X s", "stop"), ("F6", "hand back"), ("Ctrl+X /", "find"), ("Ctrl+X z", "full screen"), ("Ctrl+X h", "keys")],
        ),
        (
            {"working": True, "terminals": 1, "wanted": True},
            [("F6", "hand back"), ("Esc", "stop"), ("/", "commands"), ("F1", "keys")],
        ),
        (
            {"place": "chat", "conversation": True},
            [("Esc", "back"), ("Ctrl+↑", "prompts"), ("F9", "full screen"), ("Ctrl+P", "commands"), ("F1", "keys")],
        ),
        (
            {"place": "chat", "conversation": True, "selection": True},
            [
                ("Esc", "deselect"), ("Ctrl+C", "copy"), ("Ctrl+↑", "prompts"), ("F9", "full screen"), ("Ctrl+P", "commands"),
                ("F1", "keys"),
            ],
        ),
        *(
            (
                {"place": "files", "at_cursor": does},
                [("Esc", "back"), ("Enter", does), ("F9", "full screen"), ("Ctrl+P", "commands"), ("F1", "keys")],
            )
            for does in ("open", "unfold", "fold")
        ),
        *(
            (
                {"place": place, "kind": "walk", "popup": True, "terminals": 1, "holder": holder, "selection": selected, "terminal_selection": selected},
                [("Space", "select"), *([("y", "copy")] if selected else []), ("/", "find"), ("Esc", "leave"), *rest],
            )
            for selected in (False, True)
            for place, holder, rest in (
                ("terminal-held", "person", [("F6", "hand back"), ("Ctrl+X z", "full screen"), ("Ctrl+X h", "keys")]),
                (
                    "terminal", "free",
                    [("F6", "take over"), ("F9", "full screen"), *([] if selected else [("Ctrl+P", "commands")]), ("F1", "keys")],
                ),
            )
        ),
        ({"waiting": 1, "working": True}, [("Ctrl+O", "answer"), ("Esc", "stop"), ("/", "commands"), ("F1", "keys")]),
    ],
)  # fmt: skip
def test_the_keys_of_the_place(given, words):
    assert said(**given) == words


facts = st.builds(
    Facts,
    place=st.sampled_from(get_args(Place)),
    **{
        name: st.booleans()
        for name in (
            "ready",
            "working",
            "conversation",
            "draft",
            "popup",
            "selection",
            "maximised",
            "connected",
        )
    },
    waiting=st.integers(0, 2),
    held=st.integers(0, 2),
    terminals=st.integers(0, 3),
    runs=st.integers(0, 2),
    changes=st.integers(0, 2),
    at_cursor=st.sampled_from(get_args(AtCursor)),
    holder=st.sampled_from(("agent", "person", "free")),
)


@given(facts)
def test_no_hint_would_do_nothing(facts):
    found = hints(KEYS, facts)
    assert len(found) <= MOST
    for hint in found:
        action = KEYS[hint.action]
        assert action.available(facts)
        assert hint.key and hint.word
        assert facts.place in action.places or facts.place == "terminal-held"
    if any(hint.action == "help" for hint in found):
        assert found[-1].action == "help"


def test_every_word_that_depends_is_known():
    assert {action.word for action in KEYS.actions if action.word.startswith("@")} == set(WORDS)


def test_a_hint_is_a_value():
    assert Hint("F1", "keys", "help") in hints(KEYS, Facts())
