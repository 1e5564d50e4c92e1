"""One row per rung and place: the first rung that applies, one a press."""

import pytest

from codepilot_tui.bench.effects import (
    ArmQuit,
    ArmRewind,
    Clear,
    Close,
    Copy,
    Focus,
    NothingSelected,
    Quit,
    Restore,
    Rewind,
    Stop,
    Write,
)
from codepilot_tui.bench.ladder import escape, escape_word, interrupt, interrupt_word, typed
from codepilot_tui.facts import BENCH, READING, Facts


def facts(**given):
    return Facts(**given)


@pytest.mark.parametrize(
    ("given", "effect"),
    [
        ({"popup": True, "place": "composer", "working": True}, Close("popup")),
        ({"popup": True, "place": "terminal-held"}, Close("popup")),
        ({"popup": True, "selection": True}, Close("popup")),
        ({"selection": True, "place": "chat", "working": True}, Close("selection")),
        ({"selection": True, "place": "question", "working": True}, Close("selection")),
        ({"editor": True, "place": "question", "working": True}, Close("editor")),
        ({"editor": True, "place": "page"}, Close("editor")),
        ({"place": "question", "question_open": True, "working": True}, Close("question")),
        ({"place": "page", "working": True}, Close("page")),
        ({"maximised": True, "place": "chat", "working": True}, Restore()),
        ({"maximised": True, "place": "composer", "working": True}, Restore()),
        ({"place": "chat", "working": True}, Focus()),
        ({"place": "files", "working": True}, Focus()),
        ({"place": "changes"}, Focus()),
        ({"place": "terminal", "working": True}, Focus()),
        ({"place": "composer", "working": True}, Stop()),
        ({"place": "composer", "working": True, "draft": True}, Stop()),
        ({"place": "composer", "working": True, "question_open": True, "waiting": 1}, Stop()),
        ({"place": "composer"}, None),
        ({"place": "composer", "kept": True}, None),
        ({"place": "composer", "kept": True, "conversation": True}, ArmRewind()),
        ({"place": "composer", "kept": True, "conversation": True, "rewind_armed": True}, Rewind()),
        ({"place": "composer", "kept": True, "conversation": True, "unsent": True, "draft": True}, None),
        ({"place": "composer", "kept": True, "conversation": True, "ready": False}, None),
        ({"place": "chat", "kept": True, "conversation": True, "rewind_armed": True}, Focus()),
        ({"place": "composer", "draft": True}, None),
        ({"place": "terminal-held", "working": True}, None),
        ({"place": "terminal-held", "maximised": True}, None),
    ],
)
def test_escape(given, effect):
    assert escape(facts(**given)) == effect


@pytest.mark.parametrize(
    ("given", "effect"),
    [
        ({"selection": True, "draft": True, "working": True}, Copy()),
        ({"selection": True, "place": "terminal-held"}, Copy()),
        ({"draft": True, "working": True}, Clear()),
        ({"draft": True}, Clear()),
        ({"draft": True, "quit_armed": True}, Clear()),
        ({"draft": True, "editor": True, "place": "question", "working": True}, Clear()),
        ({"working": True}, Stop()),
        ({"working": True, "place": "question"}, Stop()),
        ({"working": True, "quit_armed": True}, Stop()),
        ({"place": "popup"}, Close("popup")),
        ({"place": "popup", "working": True}, Close("popup")),
        ({"place": "popup", "quit_armed": True}, Close("popup")),
        ({"place": "popup", "draft": True}, Clear()),
        ({"place": "page", "unsent": True}, Close("page")),
        ({"place": "page", "unsent": True, "draft": True}, Clear()),
        ({"place": "chat", "unsent": True, "quit_armed": True}, Clear()),
        ({"place": "chat", "unsent": True, "working": True}, Stop()),
        ({"place": "question", "unsent": True}, Clear()),
        ({"place": "terminal-held", "unsent": True}, None),
        ({"place": "chat"}, ArmQuit()),
        ({}, ArmQuit()),
        *(
            ({"quit_armed": True, "place": place}, Quit())
            for place in (*READING, "composer", "question", "page")
        ),
        ({"place": "terminal-held", "working": True}, None),
        ({"place": "terminal", "holder": "free", "working": True}, None),
        ({"place": "terminal", "holder": "agent", "working": True}, Stop()),
        ({"place": "question", "working": True, "dragged": True}, NothingSelected()),
        ({"place": "question", "working": True, "dragged": True, "selection": True}, Copy()),
        ({"place": "composer", "dragged": True}, ArmQuit()),
    ],
)
def test_interrupt(given, effect):
    assert interrupt(facts(**given)) == effect


@pytest.mark.parametrize(
    ("given", "character", "effect"),
    [
        ({"place": "chat"}, "c", Write("c")),
        ({"place": "files"}, "ü", Write("ü")),
        ({"place": "changes"}, "/", Write("/")),
        ({"place": "chat"}, " ", None),
        ({"place": "chat"}, "\t", None),
        ({"place": "chat"}, None, None),
        ({"place": "chat", "popup": True}, "c", None),
        ({"place": "terminal", "holder": "agent"}, "l", None),
        ({"place": "terminal", "holder": "agent"}, " ", None),
        ({"place": "terminal", "holder": "free"}, "l", None),
        ({"place": "terminal-held", "holder": "person"}, "l", None),
        ({"place": "composer"}, "l", None),
        ({"place": "question"}, "y", None),
        ({"place": "page"}, "l", None),
    ],
)
def test_letters(given, character, effect):
    assert typed(facts(**given), character) == effect


@pytest.mark.parametrize("place", sorted(BENCH))
def test_two_escapes_stop_from_every_pane_and_one_never_does(place):
    first = escape(facts(place=place, working=True))
    assert (first == Stop()) == (place == "composer")
    assert escape(facts(place="composer", working=True)) == Stop()


@pytest.mark.parametrize(
    ("given", "word"),
    [
        ({}, ""),
        ({"working": True}, "stop"),
        ({"place": "chat", "working": True}, "back"),
        ({"maximised": True}, "restore"),
        ({"place": "question"}, "later"),
        ({"place": "question", "editor": True}, "back"),
        ({"popup": True}, "close"),
    ],
)
def test_the_hint_says_what_the_key_would_do(given, word):
    assert escape_word(facts(**given)) == word


@pytest.mark.parametrize(
    ("given", "word"),
    [
        ({"place": "question", "working": True}, "stop"),
        ({"place": "question", "working": True, "draft": True}, "clear"),
        ({"place": "question"}, ""),
        ({"place": "question", "working": True, "selection": True}, "copy"),
        ({"place": "chat", "selection": True}, "copy"),
        ({"place": "terminal", "selection": True, "kind": "walk"}, ""),
        ({"place": "composer", "working": True}, ""),
    ],
)
def test_what_ctrl_c_would_do_is_said_at_a_question_and_with_a_selection(given, word):
    assert interrupt_word(facts(**given)) == word


def test_a_question_put_off_is_one_press_and_the_stop_is_another():
    asked = facts(place="question", working=True, question_open=True)
    assert escape(asked) == Close("question")
    assert escape_word(facts(working=True, waiting=1)) == "stop", "the footer announces it"


def test_esc_on_a_selection_is_named_by_what_it_does():
    assert escape_word(Facts(selection=True)) == "deselect"
