"""What a terminal sends, taken apart, however it is sliced."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from codepilot.cli.attach.keyboard import KeyReader, Moused, PastedText, Pressed
from codepilot.terminal.keys import key_bytes, parse_key


def typed(*pieces, flush=True):
    reader = KeyReader()
    found = [each for piece in pieces for each in reader.feed(piece)]
    return found + (reader.flush() if flush else [])


@pytest.mark.parametrize(
    ("data", "keys"),
    [
        (b"a", ["a"]),
        (b"A b", ["A", "space", "b"]),
        ("ä漢🙂".encode(), ["ä", "漢", "🙂"]),
        (b"\r\t\x7f\x1d\x03\x00", ["enter", "tab", "backspace", "ctrl+]", "ctrl+c", "ctrl+@"]),
        (b"\x1b", ["escape"]),
        (b"\x1b\x1b[A", ["escape", "up"]),
        (b"\x1b[A\x1bOB\x1b[H\x1bOF", ["up", "down", "home", "end"]),
        (b"\x1b[1;5C\x1b[1;2D\x1b[1;7A", ["ctrl+right", "shift+left", "alt+ctrl+up"]),
        (b"\x1b[5~\x1b[6;5~\x1b[3~\x1b[15~\x1b[24~", ["pageup", "ctrl+pagedown", "delete", "f5", "f12"]),
        (b"\x1bOP\x1b[1;2Q\x1b[Z", ["f1", "shift+f2", "shift+tab"]),
        (b"\x1bx\x1bO", ["alt+x", "alt+O"]),
        (b"\x1b\r\x1b\x03", ["alt+enter", "alt+ctrl+c"]),
        (b"\x1b[I\x1b[O\x1b[?62;22c\x1b[12;40R", []),
    ],
)
def test_keys(data, keys):
    found = typed(data)
    assert [each.key for each in found] == keys
    assert all(parse_key(key) is not None for key in keys if key != "ctrl+@")
    # And byte by byte, as over a slow line.
    assert typed(*(data[i : i + 1] for i in range(len(data)))) == found


def test_a_character_brings_its_text():
    assert typed(b" ") == [Pressed("space", " ")]
    assert typed("é".encode()) == [Pressed("é", "é")]


def test_a_lone_escape_is_held_until_nothing_follows():
    reader = KeyReader()
    assert reader.feed(b"\x1b") == [] and reader.holding
    assert reader.flush() == [Pressed("escape")] and not reader.holding
    assert reader.feed(b"\x1b[") == [] and reader.feed(b"A") == [Pressed("up")]


def test_a_paste_is_one_thing_whatever_it_holds():
    text = "two\nlines \x1b[31m and \x03 漢"
    data = b"\x1b[200~" + text.encode() + b"\x1b[201~x"
    assert typed(data) == [PastedText(text), Pressed("x", "x")]
    assert typed(*(data[i : i + 1] for i in range(len(data)))) == [PastedText(text), Pressed("x", "x")]
    assert typed(b"\x1b[200~abc") == []
    assert typed(b"\x1b[200~" + b"a" * 9_000_000 + b"\x1b[201~")[0].text.startswith("aaa")


def test_the_mouse():
    assert typed(b"\x1b[<0;3;5M\x1b[<0;3;5m") == [Moused("press", 1, 2, 4), Moused("release", 1, 2, 4)]
    assert typed(b"\x1b[<65;1;1M") == [Moused("press", 5, 0, 0)]
    assert typed(b"\x1b[<20;1;2M") == [Moused("press", 1, 0, 1, ("shift", "ctrl"))]
    assert typed(b"\x1b[<35;9;9M\x1b[<32;1;1M") == [Moused("move", 0, 8, 8), Moused("move", 1, 0, 0)]


@pytest.mark.parametrize(
    "name", ["up", "ctrl+left", "f3", "f12", "shift+tab", "alt+x", "delete", "pageup", "enter"]
)
def test_what_an_xterm_sends_is_understood(name):
    assert [each.key for each in typed(key_bytes(name))] == [name]


@given(st.lists(st.binary(max_size=20), max_size=20))
def test_any_bytes_are_survived_and_slicing_changes_nothing(pieces):
    assert typed(*pieces) == typed(b"".join(pieces))
