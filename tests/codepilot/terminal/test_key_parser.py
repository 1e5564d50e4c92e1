"""What a terminal sends, taken apart, however it is sliced."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from codepilot.terminal.key_parser import (
    ESCAPE_PATIENCE,
    SEQUENCE_PATIENCE,
    KeyParser,
    Moused,
    PastedText,
    Pressed,
    Report,
    needs_protocol,
)
from codepilot.terminal.keys import key_bytes, parse_key


def typed(*pieces, flush=True, **options):
    parser = KeyParser(**options)
    found = [each for piece in pieces for each in parser.feed(piece)]
    return found + (parser.flush() if flush else [])


def keys(*pieces, **options):
    return [each.key for each in typed(*pieces, **options) if isinstance(each, Pressed)]


@pytest.mark.parametrize(
    ("data", "names"),
    [
        (b"a", ["a"]),
        (b"A b", ["A", "space", "b"]),
        ("ä漢🙂".encode(), ["ä", "漢", "🙂"]),
        (b"\r\n\t\x7f\x1d\x03", ["enter", "ctrl+j", "tab", "backspace", "ctrl+]", "ctrl+c"]),
        (b"\x00\x1c\x1e\x1f", ["ctrl+space", "ctrl+\\", "ctrl+^", "ctrl+_"]),
        (b"\x08", ["ctrl+h"]),
        (b"\x1b", ["escape"]),
        (b"\x1b\x1b", ["escape", "escape"]),
        (b"\x1b\x1bx", ["escape", "alt+x"]),
        (b"\x1b[A\x1bOB\x1b[H\x1bOF", ["up", "down", "home", "end"]),
        (b"\x1b[1;5C\x1b[1;2D\x1b[1;7A", ["ctrl+right", "shift+left", "alt+ctrl+up"]),
        (b"\x1b[5~\x1b[6;5~\x1b[3~\x1b[15~\x1b[24~", ["pageup", "ctrl+pagedown", "delete", "f5", "f12"]),
        (b"\x1bOP\x1b[1;2Q\x1b[Z", ["f1", "shift+f2", "shift+tab"]),
        # Alt is Escape and a key at once, in every terminal that nobody taught better.
        (b"\x1bx\x1bO", ["alt+x", "alt+O"]),
        (b"\x1bm\x1b.\x1b,\x1b<\x1b:\x1b/", ["alt+m", "alt+.", "alt+,", "alt+<", "alt+:", "alt+/"]),
        (b"\x1b1\x1b9\x1b-\x1b=", ["alt+1", "alt+9", "alt+-", "alt+="]),
        (b"\x1bf\x1bb\x1b\x7f\x1b\r\x1b ", ["alt+f", "alt+b", "alt+backspace", "alt+enter", "alt+space"]),
        (b"\x1b\x01\x1b\x03\x1b\x08", ["alt+ctrl+a", "alt+ctrl+c", "alt+ctrl+h"]),
        (b"\x1b[[A\x1b[[E", ["f1", "f5"]),  # the Linux console
        (b"\x1b[7^\x1b[8$\x1b[3@\x1b\x1b[A\x1bOc", ["ctrl+home", "shift+end", "ctrl+shift+delete", "alt+up", "ctrl+right"]),  # rxvt
        (b"\x1bOp\x1bOy\x1bOk\x1bOM", ["0", "9", "+", "enter"]),  # the keypad in its application mode
    ],
)  # fmt: skip
def test_keys(data, names):
    assert keys(data) == names
    assert all(parse_key(name) is not None for name in names)
    # And byte by byte, as over a slow line.
    assert keys(*(data[i : i + 1] for i in range(len(data)))) == names


@pytest.mark.parametrize(
    ("data", "names"),
    [
        (b"\x1b[97;;97u\x1b[97;2;65u\x1b[32;;32u", ["a", "A", "space"]),
        (b"\x1b[13u\x1b[13;2u\x1b[9;5u\x1b[27u\x1b[127;3u", ["enter", "shift+enter", "ctrl+tab", "escape", "alt+backspace"]),
        (b"\x1b[97;5u\x1b[97;3u\x1b[97;7u\x1b[97;4u", ["ctrl+a", "alt+a", "alt+ctrl+a", "alt+shift+a"]),
        (b"\x1b[116;6u\x1b[32;5u\x1b[46;3u", ["ctrl+shift+t", "ctrl+space", "alt+."]),
        (b"\x1b[97;3;97u\x1b[97;3;229u", ["alt+a", "å"]),  # text that Alt itself made is text
        (b"\x1b[97;65;65u\x1b[97;69u", ["A", "ctrl+a"]),  # with the locks
        (b"\x1b[1;5A\x1b[P\x1b[1;2S\x1b[13;2~\x1b[E", ["ctrl+up", "f1", "shift+f4", "shift+f3", "begin"]),
        (b"\x1b[57376u\x1b[57400;;49u\x1b[57414u\x1b[57417;5u", ["f13", "1", "enter", "ctrl+left"]),
        (b"\x1b[57441;2u\x1b[57358u\x1b[57440u", []),  # Shift itself, Caps Lock, a media key
        (b"\x1b[97;1:1;97u\x1b[97;1:2;97u\x1b[97;1:3u\x1b[1;1:3A", ["a", "a"]),  # not when it is let go
        (b"\x1b[0;;233:234u", ["é", "ê"]),  # an input method
        (b"\x1b[27;5;32~\x1b[27;2;13~\x1b[27;6;84~\x1b[27;3;46~", ["ctrl+space", "shift+enter", "ctrl+shift+t", "alt+."]),
    ],
)  # fmt: skip
def test_keys_of_the_keyboard_protocols(data, names):
    """kitty's, as Textual asks for it, and xterm's modifyOtherKeys in both its forms."""
    assert keys(data) == names
    assert keys(*(data[i : i + 1] for i in range(len(data)))) == names


def test_a_character_brings_its_text_and_a_command_does_not():
    assert typed(b" ") == [Pressed("space", " ")]
    assert typed("é".encode()) == [Pressed("é", "é")]
    assert typed(b"\x1b[97;2;65u") == [Pressed("A", "A")]
    assert typed(b"\x1b[109;3u\x1b[13u") == [Pressed("alt+m"), Pressed("enter")]


def test_alt_that_was_told_by_escape_brings_what_came():
    """It may be Escape and a key: the program that gets it may know better."""
    assert typed(b"\x1b:\x1b\r") == [Pressed("alt+:", "\x1b:"), Pressed("alt+enter", "\x1b\r")]


def test_backspace_is_what_the_terminal_says_it_is():
    assert keys(b"\x08\x7f\x1b\x08", backspace="\x08") == ["backspace", "backspace", "alt+backspace"]


def test_what_a_terminal_says_of_itself_is_no_key():
    assert typed(b"\x1b[I\x1b[O\x1b[?2026;1$y\x1b[12;40R") == [
        Report("", "I"),
        Report("", "O"),
        Report("?2026;1$", "y"),
        Report("12;40", "R"),
    ]
    # Late answers to what a program once asked: colours, the version, the name.
    assert typed(b"\x1b]11;rgb:0000/1111/2222\x1b\\\x1bP>|XTerm(390)\x1b\\\x1b]10;rgb:0/0/0\x07x") == [
        Pressed("x", "x")
    ]
    assert keys(b"\x1b]\x1bP\x1b_") == ["alt+]", "alt+P", "alt+_"]


def test_a_lone_escape_is_held_until_nothing_follows():
    parser = KeyParser()
    assert parser.feed(b"\x1b") == [] and parser.patience == ESCAPE_PATIENCE
    assert parser.flush() == [Pressed("escape")] and parser.patience is None
    assert parser.feed(b"\x1b[") == [] and parser.patience == ESCAPE_PATIENCE
    assert parser.feed(b"A") == [Pressed("up")] and parser.patience is None


def test_a_sequence_that_is_never_finished_types_nothing():
    parser = KeyParser()
    assert parser.feed(b"\x1b[1;") == [] and parser.patience == SEQUENCE_PATIENCE
    assert parser.flush() == [] and parser.patience is None
    assert parser.feed(b"5") == [Pressed("5", "5")]
    assert typed(b"\x1b[1;\x03") == [Pressed("ctrl+c")]
    assert typed(b"\x1b[1;\x1b[A") == [Pressed("up")]


@pytest.mark.parametrize("end", [b"\x1b[201~x", b"\x1b[201~\x1b[201~x"])
def test_a_paste_is_one_thing_whatever_it_holds(end):
    text = "two\nlines \x1b[31m and \x1b\x1b[A \x03 \r\n漢 \x1b[200~ \x1b[201"
    data = b"\x1b[200~" + text.encode() + end
    found = [PastedText(text), *([Report("201", "~")] if end.count(b"201") > 1 else []), Pressed("x", "x")]
    assert typed(data) == found
    assert typed(*(data[i : i + 1] for i in range(len(data)))) == found


def test_a_paste_without_an_end_is_no_text_yet():
    parser = KeyParser()
    assert parser.feed(b"\x1b[200~abc") == [] and parser.patience is None
    assert parser.flush() == []
    assert parser.feed(b"d\x1b[201~") == [PastedText("abcd")]


def test_a_long_paste():
    text = "a" * 9_000_000
    assert typed(b"\x1b[200~" + text.encode() + b"\x1b[201~") == [PastedText(text)]


def test_the_mouse():
    assert typed(b"\x1b[<0;3;5M\x1b[<0;3;5m") == [Moused("press", 1, 2, 4), Moused("release", 1, 2, 4)]
    assert typed(b"\x1b[<65;1;1M") == [Moused("press", 5, 0, 0)]
    assert typed(b"\x1b[<66;1;1M\x1b[<67;1;1M") == [Moused("press", 6, 0, 0), Moused("press", 7, 0, 0)]
    assert typed(b"\x1b[<20;1;2M") == [Moused("press", 1, 0, 1, ("shift", "ctrl"))]
    assert typed(b"\x1b[<35;9;9M\x1b[<32;1;1M") == [Moused("move", 0, 8, 8), Moused("move", 1, 0, 0)]
    assert typed(b"\x1b[<0;0;5M\x1b[<0;-3;5M") == []  # no cell


@pytest.mark.parametrize(
    "data", [b"\x1b[M\x20#%", b"\x1b[<0;3;5M", b"\x1b[34;3;5M", b"\x1b[?1;2c", b"\x1b[I"]
)
def test_escape_before_what_is_no_key_is_a_key_of_its_own(data):
    assert not any(isinstance(each, Pressed) for each in typed(data))
    assert typed(b"\x1b" + data) == [Pressed("escape"), *typed(data)]


@pytest.mark.parametrize("opening", [b"\x1b]1;", b"\x1bP0", b"\x1b_G", b"\x1b["])
def test_a_sequence_without_an_end_holds_the_keys_back_only_so_far(opening):
    parser = KeyParser()
    assert parser.feed(opening + b"?" * 4000) == []
    parser.feed(b"?" * 200)
    assert parser.feed(b"q") == [Pressed("q", "q")]


@pytest.mark.parametrize("data", [b"\x1b[M\x22#%\x1b[M##%", b"\x1b[34;3;5M\x1b[35;3;5M"])
def test_the_mouse_of_older_terminals(data):
    """Their release does not say of which button: it is the one that was pressed."""
    found = [Moused("press", 3, 2, 4), Moused("release", 3, 2, 4)]
    assert typed(data) == found
    assert typed(*(data[i : i + 1] for i in range(len(data)))) == found


@pytest.mark.parametrize(
    "name",
    ["up", "ctrl+left", "f3", "f12", "shift+tab", "alt+x", "delete", "pageup", "enter", "alt+.", "alt+enter", "ctrl+h"],
)  # fmt: skip
def test_what_an_xterm_sends_is_understood(name):
    assert keys(key_bytes(name)) == [name]


@pytest.mark.parametrize(
    ("key", "needed"),
    [
        ("ctrl+shift+t", True), ("shift+enter", True), ("ctrl+enter", True), ("ctrl+tab", True), ("ctrl+1", True),
        ("alt+enter", False), ("alt+m", False), ("ctrl+j", False), ("f6", False), ("ctrl+pagedown", False),
        ("shift+tab", False), ("shift+pageup", False), ("alt+shift+right", False), ("ctrl+right_square_bracket", False),
        ("escape", False), ("ctrl+space", False), ("alt+1", False),
    ],
)  # fmt: skip
def test_which_keys_only_a_keyboard_protocol_can_tell(key, needed):
    assert needs_protocol(key) is needed


@given(
    st.lists(
        st.binary(max_size=20) | st.sampled_from([b"\x1b", b"[", b"\x1b[M", b"\x1b]1;", b"\x1b[1;"]),
        max_size=20,
    )
)
def test_any_bytes_are_survived_and_slicing_changes_nothing(pieces):
    assert typed(*pieces) == typed(b"".join(pieces))
