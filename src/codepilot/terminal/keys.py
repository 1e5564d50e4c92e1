"""Names of keys, the bytes that an xterm sends for them, and the numbers by which terminals tell them.

Two spellings are understood: the workbench's (`up`, `ctrl+c`, `shift+tab`, `alt+x`) and the one that agents know
from tmux (`Up`, `C-c`, `BTab`, `M-x`). `key_name` turns either into the first.
"""

from __future__ import annotations

import re
from typing import NamedTuple

FINALS = {"up": "A", "down": "B", "right": "C", "left": "D", "begin": "E", "home": "H", "end": "F"}
PF_FINALS = {"f1": "P", "f2": "Q", "f3": "R", "f4": "S"}
TILDES = {"insert": 2, "delete": 3, "pageup": 5, "pagedown": 6} | {
    f"f{number}": code
    for number, code in zip(
        range(5, 21), (15, 17, 18, 19, 20, 21, 23, 24, 25, 26, 28, 29, 31, 32, 33, 34), strict=True
    )
}
_SIMPLE = {"enter": "\r", "tab": "\t", "escape": "\x1b", "backspace": "\x7f", "space": " "}
NAMED_KEYS = frozenset((*FINALS, *PF_FINALS, *TILDES, *_SIMPLE))
"""Keys that stand for something else than a character (the space bar is one of them)."""

_CHARACTERS = {
    "exclamation_mark": "!", "quotation_mark": '"', "number_sign": "#", "dollar_sign": "$",
    "percent_sign": "%", "ampersand": "&", "apostrophe": "'", "left_parenthesis": "(",
    "right_parenthesis": ")", "asterisk": "*", "plus": "+", "plus_sign": "+", "comma": ",", "minus": "-",
    "hyphen_minus": "-", "full_stop": ".", "slash": "/", "solidus": "/", "colon": ":", "semicolon": ";",
    "less_than_sign": "<", "equals_sign": "=", "greater_than_sign": ">", "question_mark": "?", "at": "@",
    "commercial_at": "@", "left_square_bracket": "[", "backslash": "\\", "reverse_solidus": "\\",
    "right_square_bracket": "]", "circumflex_accent": "^", "underscore": "_", "low_line": "_",
    "grave_accent": "`", "left_curly_bracket": "{", "vertical_line": "|", "right_curly_bracket": "}",
    "tilde": "~",
}  # fmt: skip
_ALIASES = {
    "return": "enter", "cr": "enter", "esc": "escape", "bspace": "backspace", "bs": "backspace",
    "dc": "delete", "del": "delete", "ic": "insert", "ins": "insert", "ppage": "pageup", "pgup": "pageup",
    "page_up": "pageup", "npage": "pagedown", "pgdn": "pagedown", "pgdown": "pagedown",
    "page_down": "pagedown", "spc": "space", "newline": "ctrl+j", "btab": "shift+tab", "backtab": "shift+tab",
}  # fmt: skip
_MODIFIERS = {
    "shift": 1, "s": 1, "alt": 2, "m": 2, "meta": 2, "option": 2, "ctrl": 4, "control": 4, "c": 4, "super": 8,
    "cmd": 8,
}  # fmt: skip
SHIFT, ALT, CTRL, SUPER = 1, 2, 4, 8
"""Bits of `Key.modifiers`, as in xterm's modifier parameter less one."""

_UNSHIFTED = dict(zip('~!@#$%^&*()_+{}|:"<>?', "`1234567890-=[]\\;',./", strict=True))

_DASHED = re.compile(r"((?:[CMScms]-)+)(.+)", re.DOTALL)
_WORD_AND_DASH = re.compile(r"(?i)\b(ctrl|control|alt|meta|shift)-(?=.)")
_CONTROLS = {
    " ": 0, "@": 0, "2": 0, "[": 27, "3": 27, "\\": 28, "4": 28, "]": 29, "5": 29, "^": 30, "~": 30, "6": 30,
}  # fmt: skip
_CONTROLS |= {"_": 31, "/": 31, "-": 31, "7": 31, "?": 127, "8": 127}


class Key(NamedTuple):
    """A key taken apart: a name of `NAMED_KEYS` or one character, and its modifiers."""

    base: str
    modifiers: int

    @property
    def name(self) -> str:
        """The canonical spelling: `ctrl+alt+shift+x`."""
        parts = [
            word
            for word, bit in (("ctrl", 4), ("alt", 2), ("shift", 1), ("super", 8))
            if self.modifiers & bit
        ]
        return "+".join((*parts, self.base))


def parse_key(name: str) -> Key | None:
    """Take a name of either spelling apart; None if no key is called so."""
    taken = _modified(name)
    if taken is None:
        return None
    modifiers, rest = taken
    if len(rest) != 1:
        more, word = _named(rest.lower())
        if not word:
            return None
        modifiers, rest = modifiers | more, word
    if rest == " ":
        rest = "space"
    elif len(rest) == 1 and not rest.isprintable():
        return None
    elif modifiers & CTRL and len(rest) == 1:
        rest = rest.lower()
    return Key(rest, modifiers)


def _modified(name: str) -> tuple[int, str] | None:
    """The modifiers that stand before a key, and the key; None if a word there is no modifier."""
    modifiers = 0
    rest = _WORD_AND_DASH.sub(r"\1+", name)
    if match := _DASHED.fullmatch(rest):
        for letter in match[1][::2]:
            modifiers |= _MODIFIERS[letter.lower()]
        rest = match[2]
    elif len(rest) == 2 and rest[0] == "^":
        modifiers, rest = CTRL, rest[1]
    while len(rest) > 1 and "+" in rest[:-1]:
        word, _, rest = rest.partition("+")
        bit = _MODIFIERS.get(word.lower()) if len(word) > 1 else None
        if bit is None:
            return None
        modifiers |= bit
    return modifiers, rest


def _named(word: str) -> tuple[int, str]:
    """The key that a word stands for, and the modifiers that it brings along; no key is called so: empty."""
    modifiers = 0
    alias = _ALIASES.get(word, "")
    if "+" in alias:
        modifier, _, word = alias.partition("+")
        modifiers = _MODIFIERS[modifier]
    else:
        word = alias or word
    if word in NAMED_KEYS or len(word) == 1:
        return modifiers, word
    if word.startswith("upper_") and len(word) == 7:
        return modifiers, word[-1].upper()
    return modifiers, _CHARACTERS.get(word, "")


def unshifted(character: str) -> str:
    """The character that the same key gives without Shift, on a US keyboard."""
    return _UNSHIFTED.get(character, character.lower())


def key_name(name: str) -> str | None:
    """The workbench's spelling of a key name; None if no key is called so."""
    key = parse_key(name)
    return key.name if key else None


def key_bytes(name: str, *, application_cursor: bool = False) -> bytes | None:
    """What an xterm sends for a key with no keyboard protocol switched on; None if no key is called so."""
    key = parse_key(name)
    if key is None:
        return None
    base, modifiers = key
    if base in FINALS or base in PF_FINALS:
        final = FINALS.get(base) or PF_FINALS[base]
        if modifiers:
            return f"\x1b[1;{modifiers + 1}{final}".encode()
        return f"\x1b{'O' if application_cursor or base in PF_FINALS else '['}{final}".encode()
    if base in TILDES:
        return f"\x1b[{TILDES[base]}{f';{modifiers + 1}' if modifiers else ''}~".encode()
    if base == "tab" and modifiers & SHIFT:
        text = "\x1b[Z"
    elif base == "backspace" and modifiers & CTRL:
        text = "\x08"
    else:
        text = _SIMPLE.get(base, base)
        if modifiers & CTRL and len(text) == 1 and base not in ("enter", "tab", "escape"):
            text = _control(text)
        elif modifiers & SHIFT and len(text) == 1:
            text = text.upper()
    return (("\x1b" if modifiers & ALT else "") + text).encode()


def other_key_bytes(key: Key) -> bytes | None:
    """What an xterm sends in its mode modifyOtherKeys 2; None for a key that this leaves as it is."""
    base, modifiers = key
    if base in _SIMPLE:
        code = ord(_SIMPLE[base])
    elif len(base) == 1 and modifiers & ~SHIFT:
        code = ord(base)
    else:
        return None
    return f"\x1b[27;{modifiers + 1};{code}~".encode() if modifiers else None


def _control(character: str) -> str:
    if "a" <= character.lower() <= "z":
        return chr(ord(character.lower()) & 0x1F)
    code = _CONTROLS.get(character)
    return character if code is None else chr(code)


NAME_OF_FINAL = {final: name for name, final in (FINALS | PF_FINALS).items()}
"""The letter at the end of a cursor or function key's sequence → its name."""
NAME_OF_NUMBER = {number: name for name, number in TILDES.items()} | {
    1: "home", 4: "end", 7: "home", 8: "end", 11: "f1", 12: "f2", 13: "f3", 14: "f4",
}  # fmt: skip
"""The number before a `~` → the key's name; tmux, rxvt and the Linux console have some of their own."""

_NAMED_CODES = {9: "tab", 13: "enter", 27: "escape", 8: "backspace", 127: "backspace", 57427: "begin"}
"""Keys that kitty's protocol and modifyOtherKeys call by a number and we by a name."""
_NAMED_CODES |= {57363 + number: f"f{number}" for number in range(13, 36)}
_NAMED_CODES |= dict(enumerate("0123456789./*-+", 57399)) | {57414: "enter", 57415: "=", 57416: ","}
_NAMED_CODES |= dict(
    enumerate(("left", "right", "up", "down", "pageup", "pagedown", "home", "end", "insert", "delete"), 57417)
)
_PRIVATE_USE = range(0xE000, 0xF900)
"""Where kitty's protocol has keys that are no characters: locks, modifiers, media."""
# In the order of the alphabet: Textual names keys so. Kitty's Meta is nobody's other key, and counts as Alt.
_ANY_ALT = ALT | 32
_HELD = ((_ANY_ALT, "alt"), (CTRL, "ctrl"), (SHIFT, "shift"), (SUPER, "super"))
_RELEASED = "3"


def extended_key(arguments: str, final: str) -> list[tuple[str, str]] | None:
    """Names and texts of the keys that a sequence with numbers tells; none for Shift itself and for a key let go.

    Returns:
        None if it is not a key's sequence at all.
    """
    if not set(arguments) <= set("0123456789;:"):
        return None
    code_text, held_text, typed_text, *_ = [*arguments.split(";"), "", "", ""]
    held, _, event = held_text.partition(":")
    modifiers = max(0, _number(held) - 1)
    code = _number(code_text.partition(":")[0])
    if final == "u":
        keys = _coded_key(code, modifiers, typed_text)
    elif final == "~" and code == 27 and typed_text:
        keys = _coded_key(_number(typed_text), modifiers, "")
    else:
        name = NAME_OF_NUMBER.get(code) if final == "~" else NAME_OF_FINAL.get(final)
        if name is None or (final != "~" and code > 1):
            return None
        keys = [(named(name, modifiers), "")]
    return [] if event == _RELEASED else keys


def _coded_key(code: int, modifiers: int, typed_text: str) -> list[tuple[str, str]]:
    """A key by its number, as kitty's protocol tells it, with the text that it types."""
    name = _NAMED_CODES.get(code)
    if name is None and 32 <= code < 0x110000 and code not in _PRIVATE_USE and chr(code).isprintable():
        name = "space" if code == 32 else chr(code)
    text = "".join(chr(number) for number in map(_number, typed_text.split(":")) if 32 <= number < 0x110000)
    alt_makes_text = not modifiers & _ANY_ALT or text.lower() != (name or "").lower()
    if text and alt_makes_text and not modifiers & (CTRL | SUPER):
        return [("space" if each == " " else each, each) for each in text]
    if name is None:
        return []
    if len(name) == 1 and not modifiers & (_ANY_ALT | CTRL | SUPER):
        shown = name.upper() if modifiers & SHIFT else name
        return [(shown, shown)]
    if len(name) == 1 and name.isupper():
        name = name.lower()  # modifyOtherKeys says `T` for Shift and t
    typed = " " if name == "space" and not modifiers & ~SHIFT else ""
    return [(named(name, modifiers), typed)]


def named(name: str, modifiers: int) -> str:
    """A key's name with its modifiers, bits as xterm's parameter less one has them."""
    return "".join(f"{word}+" for bits, word in _HELD if modifiers & bits) + name


def _number(text: str) -> int:
    """A parameter; 1 where it is left out. Nothing has more than nine digits."""
    return int(text[:9]) if text.isdecimal() else 1
