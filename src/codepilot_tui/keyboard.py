"""How the workbench reads its terminal: `codepilot.terminal.key_parser` in the place of Textual's own parser.

Textual takes Alt and a character for the character, some Alt keys for others, ^H for DEL, and the rest of a paste that
holds an Escape for typed keys; decision 0010 has the list, and the private parts of Textual that are used here.
"""

from __future__ import annotations

import errno
import fcntl
import os
import selectors
import sys
import termios
import threading
import tty
from collections.abc import Iterable, Sequence
from time import monotonic
from typing import Any

from textual import constants, events, messages
from textual.app import App
from textual.drivers.linux_driver import LinuxDriver
from textual.message import Message

from codepilot.terminal.key_parser import (
    KeyParser,
    Moused,
    PastedText,
    Pressed,
    Report,
    Typed,
    needs_protocol,
)
from codepilot_tui.key_names import textual_name
from codepilot_tui.way_out import input_ended

_READ = 65_536
_WHEEL = {
    4: events.MouseScrollUp,
    5: events.MouseScrollDown,
    6: events.MouseScrollLeft,
    7: events.MouseScrollRight,
}
_WORDS = "_codepilot_words"
_SYNCHRONIZED, _IN_BAND_RESIZE = "2026", "2048"


class InputTranslator:
    """Makes Textual's messages of what a terminal sends.

    Args:
        backspace: what the Backspace key sends.
    """

    def __init__(self, backspace: str = "\x7f") -> None:
        self.speaks_protocol = False
        """The terminal has said that it knows kitty's keyboard protocol."""
        self._parser = KeyParser(backspace)
        self._mouse_at = (0.0, 0.0)
        self._cell = (1.0, 1.0)

    @property
    def patience(self) -> float | None:
        """Seconds after which to `flush` if nothing follows; None if nothing unfinished waits."""
        return self._parser.patience

    def feed(self, data: bytes) -> list[Message]:
        """Take what was read. Different characters that come together are words: `is_of_words` tells of each.

        The same one again and again is a key that is held.
        """
        found = list(self._messages(self._parser.feed(data)))
        typed = [each for each in found if isinstance(each, events.Key) and each.is_printable]
        if len({key.character for key in typed}) > 1:
            for key in typed:
                setattr(key, _WORDS, True)
        return found

    def flush(self) -> list[Message]:
        """Nothing came for a while."""
        return list(self._messages(self._parser.flush()))

    def _messages(self, found: Iterable[Typed]) -> Iterable[Message]:
        for typed in found:
            match typed:
                case Pressed():
                    yield events.Key(textual_name(typed.key), typed.text or None)
                case PastedText():
                    yield events.Paste(typed.text)
                case Moused():
                    yield self._mouse(typed)
                case Report():
                    yield from self._report(typed)

    def _mouse(self, moused: Moused) -> Message:
        kind: type[events.MouseEvent]
        if moused.action == "press":
            kind = _WHEEL.get(moused.button, events.MouseDown)
        else:
            kind = events.MouseUp if moused.action == "release" else events.MouseMove
        x, y = moused.x / self._cell[0], moused.y / self._cell[1]
        before, self._mouse_at = self._mouse_at, (x, y)
        return kind(
            widget=None,
            x=x,
            y=y,
            delta_x=int(x) - int(before[0]),
            delta_y=int(y) - int(before[1]),
            button=0 if kind in _WHEEL.values() else moused.button,
            shift="shift" in moused.modifiers,
            meta="alt" in moused.modifiers,
            ctrl="ctrl" in moused.modifiers,
            screen_x=x,
            screen_y=y,
        )

    def _report(self, report: Report) -> Iterable[Message]:
        match report.final, report.arguments:
            case "I", "":
                yield events.AppFocus()
            case "O", "":
                yield events.AppBlur()
            case "u", arguments if arguments.startswith("?"):
                self.speaks_protocol = True
            case "y", arguments if arguments.startswith("?") and arguments.endswith("$"):
                mode, _, setting = arguments[1:-1].partition(";")
                if setting.isdecimal():
                    yield from _mode(mode, int(setting))
            case "t", arguments if arguments.startswith("48;"):
                yield from self._resize(arguments)
            case _:
                pass  # an answer to a question that nobody here put

    def _resize(self, arguments: str) -> Iterable[Message]:
        numbers = [part.partition(":")[0] for part in arguments.split(";")[1:]]
        if len(numbers) != 4 or not all(number.isdecimal() for number in numbers):
            return
        height, width, pixel_height, pixel_width = map(int, numbers)
        if not height or not width:
            return
        # The driver asks for the mouse in pixels as soon as a terminal tells its size by itself.
        self._cell = (pixel_width / width or 1.0, pixel_height / height or 1.0)
        yield events.Resize.from_dimensions((width, height), (pixel_width, pixel_height))


def is_of_words(key: events.Key) -> bool:
    """Whether it came in one piece with other characters: dictated, sent, or put in without a paste's brackets."""
    return getattr(key, _WORDS, False)


def speaks_protocol(app: App[Any]) -> bool:
    """Whether the person's terminal has said that it knows kitty's keyboard protocol."""
    driver = app._driver
    return isinstance(driver, KeyboardDriver) and driver.speaks_protocol


def can_be_pressed(app: App[Any], key: str) -> bool:
    """Whether the person's terminal can send that key, as far as it is known; for what is said about keys."""
    driver = app._driver
    return not isinstance(driver, KeyboardDriver) or driver.speaks_protocol or not needs_protocol(key)


def _mode(mode: str, setting: int) -> Iterable[Message]:
    """What the terminal says of a mode that Textual asked for."""
    if mode == _SYNCHRONIZED and setting > 0:
        yield messages.TerminalSupportsSynchronizedOutput()
    elif mode == _IN_BAND_RESIZE and constants.SMOOTH_SCROLL and not _is_iterm():
        yield messages.InBandWindowResize.from_setting_parameter(setting)


def _is_iterm() -> bool:
    """Its sizes told in band are wrong, says Textual."""
    return os.environ.get("LC_TERMINAL", "") == "iTerm2" or os.environ.get("TERM_PROGRAM", "") == "iTerm.app"


class _Waker(threading.Event):
    """An event that ends a `select`, too."""

    def __init__(self) -> None:
        super().__init__()
        self.reader, self._writer = os.pipe()

    def set(self) -> None:
        super().set()
        os.write(self._writer, b"x")

    def clear(self) -> None:
        os.read(self.reader, 1)
        super().clear()


class TypedBefore:
    """What was typed while the terminal was still as the shell has it, and waits to be read: its Enter is a line feed.

    Ctrl+J is one too, then; who types before there is a screen means Enter.

    Args:
        fd: the terminal, just set up for the program.
        before: its attributes until then; None: it is no terminal.
    """

    def __init__(self, fd: int, before: Sequence[Any] | None) -> None:
        self._left = 0
        if before is not None and before[tty.IFLAG] & termios.ICRNL:
            self._left = int.from_bytes(fcntl.ioctl(fd, termios.FIONREAD, bytes(4)), sys.byteorder)

    def as_typed(self, data: bytes) -> bytes:
        """What was read, with the keys that were pressed."""
        before, data = data[: self._left], data[self._left :]
        self._left -= len(before)
        return before.replace(b"\n", b"\r") + data


class KeyboardDriver(LinuxDriver):
    """Textual's driver, with our parser; its thread wakes for input only."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.exit_event: _Waker = _Waker()
        self._translator = InputTranslator()

    @property
    def speaks_protocol(self) -> bool:
        """Whether the terminal has said that it knows kitty's keyboard protocol."""
        return self._translator.speaks_protocol

    def start_application_mode(self) -> None:
        """As Textual, and ask whether its wish for kitty's keyboard protocol is understood."""
        super().start_application_mode()  # type: ignore[no-untyped-call]
        if self.input_tty and not constants.DISABLE_KITTY_KEY:
            self.write("\x1b[?u")
            self.flush()

    def run_input_thread(self) -> None:
        """Read until the driver ends."""
        typed_before = TypedBefore(self.fileno, self.attrs_before)
        translator = self._translator = InputTranslator(self._backspace())
        with selectors.SelectSelector() as selector:
            selector.register(self.exit_event.reader, selectors.EVENT_READ)
            selector.register(self.fileno, selectors.EVENT_READ)
            due: float | None = None
            while not self.exit_event.is_set():
                wait = None if due is None else max(0.0, due - monotonic())
                ready = {key.fd for key, _ in selector.select(wait)}
                if self.fileno in ready:
                    data = typed_before.as_typed(self._read())
                    if not data:
                        selector.unregister(self.fileno)  # no more will come
                        if self.input_tty:
                            input_ended(self.fileno)
                    found = translator.feed(data)
                elif not ready:
                    found = translator.flush()
                else:
                    continue
                patience = translator.patience
                due = None if patience is None else monotonic() + patience
                for message in found:
                    self.process_message(message)

    def _read(self) -> bytes:
        """What was typed; nothing at the end."""
        try:
            return os.read(self.fileno, _READ)
        except OSError as error:
            if error.errno != errno.EIO:
                raise
            return b""  # so ends a terminal whose window was closed

    def _backspace(self) -> str:
        """What the terminal's Backspace sends."""
        try:
            return bytes(termios.tcgetattr(self.fileno)[6][termios.VERASE]).decode("latin-1") or "\x7f"
        except termios.error:
            return "\x7f"  # no terminal at all
