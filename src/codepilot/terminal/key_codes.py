"""Keys that a terminal tells by numbers: xterm's function keys, kitty's protocol and xterm's modifyOtherKeys."""

from __future__ import annotations

from codepilot.terminal.keys import FINALS, PF_FINALS, TILDES

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
_MODIFIERS = ((2 | 32, "alt"), (4, "ctrl"), (1, "shift"), (8, "super"))
_SHIFT, _ALT, _CTRL, _SUPER = 1, 2 | 32, 4, 8
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
    alt_makes_text = not modifiers & _ALT or text.lower() != (name or "").lower()
    if text and alt_makes_text and not modifiers & (_CTRL | _SUPER):
        return [("space" if each == " " else each, each) for each in text]
    if name is None:
        return []
    if len(name) == 1 and not modifiers & (_ALT | _CTRL | _SUPER):
        shown = name.upper() if modifiers & _SHIFT else name
        return [(shown, shown)]
    if len(name) == 1 and name.isupper():
        name = name.lower()  # modifyOtherKeys says `T` for Shift and t
    typed = " " if name == "space" and not modifiers & ~_SHIFT else ""
    return [(named(name, modifiers), typed)]


def named(name: str, modifiers: int) -> str:
    """A key's name with its modifiers, bits as xterm's parameter less one has them."""
    return "".join(f"{word}+" for bits, word in _MODIFIERS if modifiers & bits) + name


def _number(text: str) -> int:
    """A parameter; 1 where it is left out. Nothing has more than nine digits."""
    return int(text[:9]) if text.isdecimal() else 1
