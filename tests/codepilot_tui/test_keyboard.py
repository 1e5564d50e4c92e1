"""Bytes of a terminal become Textual's messages, with keys that bindings and programs know."""

from __future__ import annotations

import os
import select
import termios
import tty

import pytest
from textual import events, messages
from textual.app import App
from textual.keys import format_key

from codepilot.terminal.keys import key_bytes
from codepilot_tui.keyboard import InputTranslator, TypedBefore, can_be_pressed


def said(data, *more):
    translator = InputTranslator()
    return [each for piece in (data, *more) for each in translator.feed(piece)] + translator.flush()


def key(data):
    (event,) = said(data)
    assert isinstance(event, events.Key)
    return event


@pytest.mark.parametrize(
    ("data", "name"),
    [
        (b"a", "a"),
        (b"A", "A"),
        (b".", "full_stop"),
        (b" ", "space"),
        (b"\x1bm", "alt+m"),
        (b"\x1bM", "alt+shift+m"),
        (b"\x1b.", "alt+full_stop"),
        (b"\x1b1", "alt+1"),
        (b"\x1b\r", "alt+enter"),
        (b"\x1b\x7f", "alt+backspace"),
        (b"\x1b\x01", "alt+ctrl+a"),
        (b"\x1b[13;2u", "shift+enter"),
        (b"\x1b[9;5u", "ctrl+tab"),
        (b"\x1b[116;6u", "ctrl+shift+t"),
        (b"\x1b[43;5u", "ctrl+plus"),
        (b"\x1d", "ctrl+right_square_bracket"),
        (b"\x1f", "ctrl+underscore"),
        (b"\x00", "ctrl+space"),
        (b"\x08", "ctrl+h"),
        (b"\n", "ctrl+j"),
        (b"\x1b", "escape"),
        (b"\x1b[1;2P", "shift+f1"),
    ],
)
def test_keys_have_the_names_that_textual_gives_them(data, name):
    assert key(data).key == name
    assert format_key(name)


def test_only_what_types_brings_a_character():
    """A widget that writes must not write the m of Alt+M."""
    assert key(b".").character == "." and key(b".").is_printable
    assert key("ß".encode()).character == "ß"
    for command in (b"\x1bm", b"\x1b.", b"\x1b1", b"\x01", b"\x1b[109;3u", b"\x1b[109;5u"):
        assert not key(command).is_printable


@pytest.mark.parametrize(
    "data",
    [b"\x1b.", b"\x1b,", b"\x1b<", b"\x1b:", b"\x1b/", b"\x1b1", b"\x1b9", b"\x1bf", b"\x1bb", b"\x1bF", b"\x1b\x7f",
     b"\x1b\r", b"\x1b\x01", b"\x08", b"\x00", b"\x11", b"\x10", b"\x1d", b"\x1f", b"\x1b ", b"\x7f", b"\r", b"\t",
     b"~", "é".encode(), b"\x1b[1;3A", b"\x1b[15;5~", b"\x1b[Z"],
)  # fmt: skip
def test_a_program_that_asked_for_nothing_gets_the_same_bytes(data):
    event = key(data)
    typed = event.character.encode() if event.is_printable else None
    assert (typed or key_bytes(event.key)) == data


def test_a_paste_comes_whole():
    (paste,) = said(b"\x1b[200~echo safe \x1b[31m\rid\r", b"\n\x1b[201~")
    assert isinstance(paste, events.Paste) and paste.text == "echo safe \x1b[31m\rid\r\n"


def test_focus_and_modes():
    assert [type(each) for each in said(b"\x1b[I\x1b[O")] == [events.AppFocus, events.AppBlur]
    (mode,) = said(b"\x1b[?2026;2$y")
    assert isinstance(mode, messages.TerminalSupportsSynchronizedOutput)
    assert said(b"\x1b[?2026;0$y") == [] and said(b"\x1b[?1;2$y") == [] and said(b"\x1b[3;4R") == []
    (resizes,) = said(b"\x1b[?2048;2$y")
    assert isinstance(resizes, messages.InBandWindowResize) and resizes.supported and not resizes.enabled


def test_a_terminal_that_knows_the_keyboard_protocol_says_so():
    translator = InputTranslator()
    assert not translator.speaks_protocol
    assert translator.feed(b"\x1b[?25u") == [] and translator.speaks_protocol


async def test_without_a_terminal_every_key_can_be_pressed():
    app = App()
    async with app.run_test():
        assert can_be_pressed(app, "ctrl+shift+t")


def test_mouse():
    down, up, move, wheel, right = said(b"\x1b[<0;3;5M\x1b[<0;3;5m\x1b[<35;4;7M\x1b[<81;1;1M\x1b[<67;1;1M")
    assert isinstance(down, events.MouseDown) and isinstance(up, events.MouseUp)
    assert (down.x, down.y, down.button) == (2, 4, 1)
    assert isinstance(move, events.MouseMove) and move.button == 0
    assert (move.x, move.y, move.delta_x, move.delta_y) == (3, 6, 1, 2)
    assert isinstance(wheel, events.MouseScrollDown) and wheel.ctrl and not wheel.shift
    assert isinstance(right, events.MouseScrollRight)


def test_mouse_in_pixels():
    """A terminal that tells its size by itself is asked for pixels; cells are made of them."""
    resize, move = said(b"\x1b[48;24;80;480;800t\x1b[<35;26;51M")
    assert isinstance(resize, events.Resize) and resize.size == (80, 24)
    assert isinstance(move, events.MouseMove) and (move.x, move.y) == (2, 2)


@pytest.fixture
def line():
    """A terminal as a shell has it: the person's side and the program's."""
    person, program = os.openpty()
    yield person, program
    os.close(person)
    os.close(program)


def test_enter_that_was_typed_before_the_program_had_the_terminal_is_enter(line):
    person, program = line
    before = termios.tcgetattr(program)
    os.write(person, b"/theme\rpap")
    assert select.select([program], [], [], 10)[0]
    tty.setraw(program, termios.TCSANOW)
    typed = TypedBefore(program, before)
    os.write(person, b"a\x0a\r")  # now Ctrl+J is itself
    data = os.read(program, 6)
    while len(data) < 13:
        data += os.read(program, 100)
    pieces = typed.as_typed(data[:6]), typed.as_typed(data[6:])
    assert pieces == (b"/theme", b"\rpapa\x0a\r")


def test_a_terminal_that_changes_no_enter_has_brought_a_line_feed(line):
    person, program = line
    tty.setraw(program)
    before = termios.tcgetattr(program)
    os.write(person, b"a\x0a")
    assert select.select([program], [], [], 10)[0]
    typed = TypedBefore(program, before)
    assert typed.as_typed(os.read(program, 100)) == b"a\x0a"


def test_without_a_terminal_nothing_was_typed_before():
    reader, writer = os.pipe()
    try:
        os.write(writer, b"a\x0a")
        assert TypedBefore(reader, None).as_typed(os.read(reader, 100)) == b"a\x0a"
    finally:
        os.close(reader)
        os.close(writer)
