"""What the person's terminal sends, taken apart: keys with their names, pastes, mouse events.

Keys get names and not their bytes, because the program may have asked for another encoding than the person's terminal
uses.
"""

from __future__ import annotations

import codecs
import re
from dataclasses import dataclass
from typing import Literal

_FINALS = {"A": "up", "B": "down", "C": "right", "D": "left", "E": "begin", "H": "home", "F": "end"}
_FUNCTIONS = {"P": "f1", "Q": "f2", "R": "f3", "S": "f4"}
_TILDES = {1: "home", 2: "insert", 3: "delete", 4: "end", 5: "pageup", 6: "pagedown", 7: "home", 8: "end"} | {
    code: f"f{number}"
    for number, code in enumerate(
        (11, 12, 13, 14, 15, 17, 18, 19, 20, 21, 23, 24, 25, 26, 28, 29, 31, 32, 33, 34), 1
    )
}
_CONTROLS = {
    0: "ctrl+@",
    9: "tab",
    13: "enter",
    27: "escape",
    28: "ctrl+\\",
    29: "ctrl+]",
    30: "ctrl+^",
    31: "ctrl+_",
}
_CONTROLS |= {127: "backspace"}
_MODIFIERS = ((1, "shift"), (2, "alt"), (4, "ctrl"), (8, "super"))
_CSI = re.compile(r"\x1b\[([0-9;:<=>?]*)[ -/]*([@-~])")
_UNFINISHED = re.compile(r"\x1b(?:\[[0-9;:<=>?]*[ -/]*|O|\x1b)?\Z")
_MOUSE = re.compile(r"<(\d+);(\d+);(\d+)")
_PASTE_END = "\x1b[201~"
_LONGEST_SEQUENCE = 64
_LONGEST_PASTE = 8 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Pressed:
    """A key, and the character that it stands for."""

    key: str
    text: str = ""


@dataclass(frozen=True, slots=True)
class PastedText:
    """A bracketed paste."""

    text: str


@dataclass(frozen=True, slots=True)
class Moused:
    """A mouse event; columns and rows count from 0."""

    action: Literal["press", "release", "move"]
    button: int
    x: int
    y: int
    modifiers: tuple[str, ...] = ()


Typed = Pressed | PastedText | Moused


class KeyReader:
    """Cuts what the terminal sends into what the person did, however it is sliced."""

    def __init__(self) -> None:
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")
        self._text = ""
        self._paste: list[str] | None = None
        self._pasted = 0

    @property
    def holding(self) -> bool:
        """Something unfinished waits: perhaps just the Escape key. `flush` it if nothing follows soon."""
        return bool(self._text) and self._paste is None

    def feed(self, data: bytes) -> list[Typed]:
        """Take bytes."""
        self._text += self._decoder.decode(data)
        return self._take(final=False)

    def flush(self) -> list[Typed]:
        """Nothing came for a while: what is unfinished was all."""
        return self._take(final=True)

    def _take(self, *, final: bool) -> list[Typed]:
        found: list[Typed] = []
        while self._text:
            if self._paste is not None:
                if not self._take_paste(found):
                    break
                continue
            if self._text[0] == "\x1b":
                used = self._take_escape(found, final=final)
                if not used:
                    break
                self._text = self._text[used:]
            else:
                found.append(_plain(self._text[0]))
                self._text = self._text[1:]
        return found

    def _take_paste(self, found: list[Typed]) -> bool:
        """Whether the paste ended."""
        assert self._paste is not None
        end = self._text.find(_PASTE_END)
        # Without the end, the last characters may be the beginning of it.
        part = self._text[: end if end >= 0 else max(0, len(self._text) - len(_PASTE_END) + 1)]
        if self._pasted < _LONGEST_PASTE:
            self._paste.append(part)
            self._pasted += len(part)
        self._text = self._text[len(part) :]
        if end < 0:
            return False
        self._text = self._text[len(_PASTE_END) :]
        found.append(PastedText("".join(self._paste)))
        self._paste, self._pasted = None, 0
        return True

    def _take_escape(self, found: list[Typed], *, final: bool) -> int:
        """How many characters were used; 0 if more have to come."""
        text = self._text
        if not final and len(text) < _LONGEST_SEQUENCE and _UNFINISHED.match(text):
            return 0
        if match := _CSI.match(text):
            self._sequence(match[1], match[2], found)
            return match.end()
        if text[1:2] == "O" and len(text) > 2:
            name = _FINALS.get(text[2]) or _FUNCTIONS.get(text[2])
            if name:
                found.append(Pressed(name))
                return 3
        if len(text) > 1 and text[1] != "\x1b":
            after = _plain(text[1])
            found.append(Pressed(f"alt+{after.key}"))
            return 2
        found.append(Pressed("escape"))
        return 1

    def _sequence(self, arguments: str, final: str, found: list[Typed]) -> None:
        if final == "~" and arguments == "200":
            self._paste = []
            return
        if final in "Mm" and (mouse := _MOUSE.fullmatch(arguments)):
            event = _mouse(int(mouse[1]), int(mouse[2]) - 1, int(mouse[3]) - 1, released=final == "m")
            if event is not None:
                found.append(event)
            return
        if final == "Z":
            found.append(Pressed("shift+tab"))
            return
        numbers = [int(part) if part.isdigit() else 1 for part in arguments.split(";")]
        name = _TILDES.get(numbers[0]) if final == "~" else _FINALS.get(final) or _FUNCTIONS.get(final)
        if name is not None and (final == "~" or numbers[0] <= 1):
            bits = numbers[1] - 1 if len(numbers) > 1 else 0
            found.append(Pressed("".join(f"{word}+" for bit, word in _MODIFIERS if bits & bit) + name))
        # All else is a report of the terminal (focus, an answer to a question that nobody put), not a key.


def _plain(character: str) -> Pressed:
    code = ord(character)
    if code in _CONTROLS:
        return Pressed(_CONTROLS[code])
    if code < 32:
        return Pressed(f"ctrl+{chr(code + 96)}")
    return Pressed("space" if character == " " else character, character)


def _mouse(code: int, x: int, y: int, *, released: bool) -> Moused | None:
    modifiers = tuple(word for bit, word in ((4, "shift"), (8, "alt"), (16, "ctrl")) if code & bit)
    button = code & 3
    if code & 64:
        return None if released or button > 1 else Moused("press", 4 + button, x, y, modifiers)
    if code & 32:
        return Moused("move", 0 if button == 3 else button + 1, x, y, modifiers)
    return Moused("release" if released else "press", button + 1, x, y, modifiers)
