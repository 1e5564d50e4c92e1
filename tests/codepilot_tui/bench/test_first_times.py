"""What is said once: pure, and kept in a file of the state folder."""

import logging
import re
from dataclasses import replace

import pytest

from codepilot import paths
from codepilot_tui.bench.first_times import FIRST_TIMES, due, keep, recall, said, seen_file
from codepilot_tui.facts import Facts
from codepilot_tui.keymap import Keymap

KEYS = Keymap()
NOW = {
    "question": Facts(place="question", kind="command", waiting=1, question_open=True),
    "held": Facts(place="terminal-held", terminals=1, holder="person"),
    "queued": Facts(working=True, queued=1, conversation=True),
    "terminal": Facts(working=True, terminals=1, holder="agent"),
    "folded": Facts(conversation=True, folded=True),
}


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("question", "y n d answer · letters write"),
        ("held", "You have this terminal · F6 hands it back"),
        ("queued", "Queued · ↑ brings it back"),
        ("terminal", "The agent uses a terminal · F4 goes there"),
        ("folded", "Calls unfold · F3 goes to the chat, Enter unfolds one"),
    ],
)
def test_each_thing_says_its_key_when_it_happens(name, words):
    each = due(NOW[name], ())
    assert each is not None and each.name == name and said(each, KEYS) == words
    assert due(NOW[name], {name}) is None
    assert due(Facts(), ()) is None
    assert len(words) <= 70, "it has room beside nothing else at 80 columns"


@pytest.mark.parametrize(
    "facts",
    [
        replace(NOW["held"], wanted=True),
        replace(NOW["queued"], draft=True),
        replace(NOW["queued"], working=False),
        replace(NOW["question"], kind="words"),
    ],
    ids=[
        "the agent wants what is held",
        "the next message is written",
        "nothing works",
        "an answer is written",
    ],
)
def test_nothing_is_said_where_it_would_be_untrue_or_in_the_way(facts):
    assert due(facts, ()) is None


@pytest.mark.parametrize("each", FIRST_TIMES, ids=lambda each: each.name)
def test_the_keys_are_those_of_the_table_and_mean_it_where_it_is_said(each):
    names = re.findall(r"{(\w+)}", each.words)
    assert names
    for name in names:
        action = KEYS[name]
        # What goes to the chat is pressed here, what unfolds there.
        assert action.is_at(NOW[each.name]) or (name == "unfold" and action.is_at(Facts(place="chat"))), name


def test_a_key_of_the_person_is_the_one_that_is_said():
    keys = Keymap().remapped({"take_over": "f11", "leader.focus_terminal": "0", "leader": "ctrl+b"})
    by_name = {each.name: each for each in FIRST_TIMES}
    assert "F11 hands it back" in said(by_name["held"], keys)
    assert said(by_name["queued"], KEYS, lambda key: key != "up") == "Queued · ↑ brings it back", (
        "it has no other way"
    )
    assert "Ctrl+B 0 goes there" in said(by_name["terminal"], keys, lambda key: key != "f4")


def test_what_was_said_is_kept_beside_what_another_program_said():
    assert recall() == frozenset()
    keep({"question"})
    keep({"held"})
    assert recall() == {"question", "held"}
    assert seen_file().parent == paths.state_dir() and seen_file().stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("text", ["{", "{}", '"question"', "\xff"])
def test_a_bad_file_is_made_anew_with_a_word_in_the_log(text, caplog):
    paths.private_dir(paths.state_dir())
    seen_file().write_bytes(text.encode("latin-1"))
    with caplog.at_level(logging.WARNING):
        assert recall() == frozenset()
    assert "made anew" in caplog.text
    keep({"question"})
    assert recall() == {"question"}


def test_a_disk_that_refuses_disturbs_nobody(caplog):
    paths.private_dir(paths.state_dir())
    seen_file().mkdir()
    with caplog.at_level(logging.WARNING):
        keep({"question"})
    assert "cannot be written" in caplog.text and recall() == frozenset()
