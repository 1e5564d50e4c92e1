"""What the person's terminal sends, taken apart: keys with their names, pastes, mouse events, reports.

Keys get names and not their bytes, because the program may have asked for another encoding than the person's terminal
uses. Understood are xterm, the Linux console and rxvt, kitty's keyboard protocol and xterm's modifyOtherKeys. Alt is
told by Escape and a key that arrive together: most terminals say it no other way, and tmux passes it on like that.
"""

from __future__ import annotations

import codecs
import re
from typing import Literal

from codepilot.terminal.keys import NAME_OF_FINAL, NAME_OF_NUMBER, extended_key, key_bytes, named, parse_key
from codepilot.values import dataclass

ESCAPE_PATIENCE = 0.05
"""Seconds to wait for what may follow an Escape before it is the key of that name."""
SEQUENCE_PATIENCE = 1.0
"""Seconds to wait for the rest of a sequence that can be nothing else, on a slow line."""

_CONTROLS = {0: "ctrl+space", 9: "tab", 13: "enter", 27: "escape", 127: "backspace"} | {
    code: f"ctrl+{character}" for code, character in zip(range(28, 32), "\\]^_", strict=True)
}
_KEYPAD = dict(zip("jklmnopqrstuvwxyX", "*+,-./0123456789=", strict=True)) | {"M": "enter"}
_RXVT = {"$": "shift", "^": "ctrl", "@": "ctrl+shift"}
_RXVT_FINALS = {"a": "up", "b": "down", "c": "right", "d": "left"}
# Parameters and intermediates in any order: Ghostty has sent `-` for a mouse beyond the window.
_CSI = re.compile(r"\x1b\[([ -?]*)([@-~])")
_SS3 = re.compile(r"\x1bO([1-8]?)([A-Za-z])")
_CONSOLE = re.compile(r"\x1b\[\[([A-E])")
_SHIFTED = re.compile(r"\x1b\[(\d+)([$^@])")
_OLD_MOUSE = re.compile(r"\x1b\[M(.)(.)(.)", re.DOTALL)
_STRING_OPENING = r"\x1b(?:\]\d{1,4};|P[0-9>=!$+]|_G)"
# An answer that came late, of a colour or a version. Its opening alone is Alt and a key.
_STRING = re.compile(_STRING_OPENING + r"[^\x07\x1b]*(?:\x07|\x1b\\)")
_UNFINISHED = re.compile(
    r"\x1b(?:\x1b)?(?:\[(?:[ -?]*|\[|M.{0,2})|O[1-8]?)?\Z"
    rf"|{_STRING_OPENING}[^\x07\x1b]*\x1b?\Z|\x1b(?:\]\d{{1,4}}|P|_)\Z",
    re.DOTALL,
)
_PERHAPS_A_KEY = re.compile(r"\x1b\x1b?[\[OP\]_]?\Z")
_TORN = re.compile(r"\x1b\[(?:M.{0,2}\Z|[ -?]+)", re.DOTALL)
_SGR_MOUSE = re.compile(r"<(\d+);(\d+);(\d+)")
_URXVT_MOUSE = re.compile(r"(\d+);(\d+);(\d+)")
_PASTE_END = "\x1b[201~"
_LONGEST_SEQUENCE = 4096


@dataclass(frozen=True, slots=True)
class Pressed:
    """A key as `keys.parse_key` takes it (`alt+ctrl+a`, `f5`, `.`), and the character that it types, if it does.

    Where Escape stood for Alt, the text is both characters: they may be two keys that came together.
    """

    key: str
    text: str = ""


@dataclass(frozen=True, slots=True)
class PastedText:
    """A bracketed paste, exactly as it came."""

    text: str


@dataclass(frozen=True, slots=True)
class Moused:
    """A mouse event; columns and rows count from 0. Buttons 4 to 7 are the wheel: up, down, left, right."""

    action: Literal["press", "release", "move"]
    button: int
    x: int
    y: int
    modifiers: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Report:
    """What the terminal says of itself: focus, a mode, its size. The parts of a CSI sequence, as they are."""

    arguments: str
    final: str


Typed = Pressed | PastedText | Moused | Report


class KeyParser:
    """Cuts what the terminal sends into what the person did, however it is sliced.

    Args:
        backspace: what the Backspace key sends (the tty's `VERASE`); DEL is Backspace in any case.
    """

    def __init__(self, backspace: str = "\x7f") -> None:
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")
        self._text = ""
        self._paste: list[str] | None = None
        self._held = 0
        self._controls = _CONTROLS | {ord(backspace): "backspace"}

    @property
    def patience(self) -> float | None:
        """Seconds after which to `flush` if nothing follows; None if nothing unfinished waits."""
        if not self._text or self._paste is not None:
            return None
        return ESCAPE_PATIENCE if _PERHAPS_A_KEY.match(self._text) else SEQUENCE_PATIENCE

    def feed(self, data: bytes) -> list[Typed]:
        """Take bytes."""
        self._text += self._decoder.decode(data)
        return self._take(final=False)

    def flush(self) -> list[Typed]:
        """Nothing came for a while: what is unfinished was all. A paste goes on until its end."""
        return self._take(final=True)

    def _take(self, *, final: bool) -> list[Typed]:
        text, at, found = self._text, 0, list[Typed]()
        while at < len(text):
            if self._paste is not None:
                end = self._take_paste(text, at, found)
            elif text[at] == "\x1b":
                end = self._take_escape(text, at, found, final=final)
            else:
                found.append(self._plain(text[at]))
                end = at + 1
            if end == at:
                break
            at = end
        self._text = text[at:]
        return found

    def _take_paste(self, text: str, at: int, found: list[Typed]) -> int:
        """Where the rest begins."""
        assert self._paste is not None
        end = text.find(_PASTE_END, at)
        if end < 0:
            # The last characters may be the beginning of the end.
            end = max(at, len(text) - len(_PASTE_END) + 1)
            self._paste.append(text[at:end])
            return end
        self._paste.append(text[at:end])
        found.append(PastedText("".join(self._paste)))
        self._paste = None
        return end + len(_PASTE_END)

    def _take_escape(self, text: str, at: int, found: list[Typed], *, final: bool) -> int:
        """Where the rest begins; `at` itself if more has to come first."""
        if _UNFINISHED.match(text, at) and not final and len(text) - at < _LONGEST_SEQUENCE:
            return at
        if match := _STRING.match(text, at):
            return match.end()
        if sequence := self._sequence(text, at):
            end, typed = sequence
            found.extend(typed)
            return end
        if torn := _TORN.match(text, at):
            return torn.end()
        following = text[at + 1 : at + 2]
        if following == "\x1b":
            again = self._sequence(text, at + 1)
            if again and all(isinstance(each, Pressed) for each in again[1]):
                found.extend(
                    Pressed(_with("alt", each.key)) for each in again[1] if isinstance(each, Pressed)
                )
                return again[0]
        elif following:
            found.append(Pressed(_with("alt", self._plain(following).key), f"\x1b{following}"))
            return at + 2
        found.append(Pressed("escape"))
        return at + 1

    def _sequence(self, text: str, at: int) -> tuple[int, list[Typed]] | None:
        """A whole sequence that begins there: its end, and what it says."""
        if match := _OLD_MOUSE.match(text, at):
            code, x, y = (ord(character) - 32 for character in match.groups())
            return match.end(), self._old_mouse(code, x - 1, y - 1)
        if match := _CONSOLE.match(text, at):
            return match.end(), [Pressed(f"f{ord(match[1]) - 64}")]
        if (match := _SHIFTED.match(text, at)) and (name := NAME_OF_NUMBER.get(int(match[1]))):
            return match.end(), [Pressed(f"{_RXVT[match[2]]}+{name}")]
        if match := _SS3.match(text, at):
            key = self._application_key(int(match[1] or "1"), match[2])
            return (match.end(), [key]) if key is not None else None
        if match := _CSI.match(text, at):
            return match.end(), self._control_sequence(match[1], match[2])
        return None

    def _application_key(self, modifiers: int, final: str) -> Pressed | None:
        name = NAME_OF_FINAL.get(final)
        if name is not None:
            return Pressed(named(name, modifiers - 1))
        if final in _RXVT_FINALS:
            return Pressed(f"ctrl+{_RXVT_FINALS[final]}")
        name = _KEYPAD.get(final)
        return Pressed(name, name if len(name) == 1 else "") if name is not None else None

    def _control_sequence(self, arguments: str, final: str) -> list[Typed]:
        if final == "~" and arguments == "200":
            self._paste = []
            return []
        if final in "Mm":
            return self._mouse(arguments, final)
        if final == "Z":
            return [Pressed("shift+tab")]
        if final in _RXVT_FINALS and not arguments:
            return [Pressed(f"shift+{_RXVT_FINALS[final]}")]
        keys = extended_key(arguments, final)
        return [Report(arguments, final)] if keys is None else [Pressed(*key) for key in keys]

    def _mouse(self, arguments: str, final: str) -> list[Typed]:
        if match := _SGR_MOUSE.fullmatch(arguments):
            code, x, y = (int(number) for number in match.groups())
            return _moused(code, x - 1, y - 1, released=final == "m")
        if match := _URXVT_MOUSE.fullmatch(arguments):
            code, x, y = (int(number) for number in match.groups())
            return self._old_mouse(code - 32, x - 1, y - 1)
        return []

    def _old_mouse(self, code: int, x: int, y: int) -> list[Typed]:
        """Codes of the older kinds, whose releases leave the button out."""
        if code & 0b1100011 == 3:
            return _moused(code & ~3 | self._held, x, y, released=True)
        if not code & 0b1100000:
            self._held = code & 3
        return _moused(code, x, y, released=False)

    def _plain(self, character: str) -> Pressed:
        code = ord(character)
        if code in self._controls:
            return Pressed(self._controls[code])
        if code < 32:
            return Pressed(f"ctrl+{chr(code + 96)}")
        return Pressed("space" if character == " " else character, character)


def _with(modifier: str, key: str) -> str:
    """The key with one more modifier."""
    return key if key.startswith(f"{modifier}+") else f"{modifier}+{key}"


def _moused(code: int, x: int, y: int, *, released: bool) -> list[Typed]:
    if x < 0 or y < 0:
        return []
    modifiers = tuple(word for bit, word in ((4, "shift"), (8, "alt"), (16, "ctrl")) if code & bit)
    button = code & 3
    if code & 64:
        return [] if released else [Moused("press", 4 + button, x, y, modifiers)]
    if code & 32:
        return [Moused("move", 0 if button == 3 else button + 1, x, y, modifiers)]
    return [Moused("release" if released else "press", button + 1, x, y, modifiers)]


def needs_protocol(key: str) -> bool:
    """Whether a terminal without a keyboard protocol cannot send that key: Ctrl+Shift+T there is Ctrl+T."""
    wanted, sent = parse_key(key), key_bytes(key)
    if wanted is None or not sent:
        return True
    parser = KeyParser()
    found = [*parser.feed(sent), *parser.flush()]
    return not (len(found) == 1 and isinstance(found[0], Pressed) and parse_key(found[0].key) == wanted)
