from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from codepilot.messages import Usage
from codepilot.script import Fault, Script, Turn


def taken(script, *asked):
    return [turn.whole if (turn := script.take(text)) else None for text in asked]


def test_turns_without_a_match_play_in_order():
    script = Script(["a", Turn(text="b")])
    assert taken(script, "x", "y", "z") == ["a", "b", None]
    assert script.leftover() == []


def test_the_first_unused_turn_that_fits():
    script = Script(
        [
            Turn(text="no", match="refused|denied"),
            Turn(text="long", match=lambda text: len(text) > 10),
            Turn(text="yes", match="^ok"),
            Turn(text="else"),
        ]
    )
    assert taken(script, "ok", "was denied", "ok") == ["yes", "no", "else"]
    assert [turn.text for turn in script.leftover()] == ["long"]


def test_a_turn_may_be_played_again():
    script = Script([Turn(text="once", match="a"), Turn(text="always", repeat=True)])
    assert taken(script, "b", "a", "a") == ["always", "once", "always"]
    assert script.leftover() == [] and len(script) == 2


def test_turns_can_be_added_while_it_plays():
    script = Script()
    assert script.take("x") is None
    script.add("late")
    assert taken(script, "x") == ["late"]


@given(st.text())
def test_the_pieces_are_the_text(text):
    assert "".join(Turn(text=text).pieces()) == text


def test_chunks_stay_as_they_are():
    turn = Turn(chunks=("``", "`codepilot\n"))
    assert turn.pieces() == ("``", "`codepilot\n") and turn.whole == "```codepilot\n"


def test_what_makes_no_sense_is_refused():
    for make in (
        lambda: Turn(text="a", chunks=("b",)),
        lambda: Fault(),
        lambda: Fault(status=500, cut_at=1),
        lambda: Turn(match="("),
    ):
        with pytest.raises(Exception):
            make()


@pytest.mark.parametrize("name", ["s.json", "s.yaml"])
def test_scripts_are_read_from_files(tmp_path, name):
    data = {
        "turns": [
            "hello",
            {"text": "x", "match": "y", "usage": {"input_tokens": 3}, "finish": "length", "delay": 0.5},
            {"chunks": ["a", "b"], "fault": {"status": 429, "headers": {"retry-after": "1"}}, "repeat": True},
        ]
    }
    path = tmp_path / name
    path.write_text(json.dumps(data))  # JSON is YAML
    script = Script.load(path)
    assert script.take("?").text == "hello"
    second = script.take("y")
    assert (second.usage, second.finish, second.delay) == (Usage(input_tokens=3), "length", 0.5)
    third = script.take("?")
    assert third.fault.kind == "status" and third.fault.at is None and third.whole == "ab"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{", "s.yaml"),
        ("a: 1", "expected a list of turns"),
        ("[{txt: a}]", "turn 1: unknown txt"),
        ("[a, 3]", "turn 2: expected a text or a mapping"),
        ("[{text: 3}]", "turn 1: text: expected a text"),
        ("[{match: '('}]", "turn 1"),
        ("[{fault: {status: 1, cut_at: 2}}]", "exactly one kind"),
        ("[{fault: {boom: 2}}]", "boom"),
        ("[{finish: later}]", "finish"),
    ],
)
def test_a_bad_script_names_file_and_turn(tmp_path, text, said):
    path = tmp_path / "s.yaml"
    path.write_text(text)
    with pytest.raises(ValueError) as caught:
        Script.load(path)
    assert str(path) in str(caught.value) and said in str(caught.value)
