"""Keys and mouse for programs under libghostty-vt, by the library's encoders in the modes now in force."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pyghostty._ffi import check, ffi, lib

from codepilot.terminal.engines import KeyAction
from codepilot.terminal.engines.ghostty_raw import CELL_PIXELS, NativeTerminal
from codepilot.terminal.engines.ghostty_types import TYPES
from codepilot.terminal.keys import ALT, CTRL, SHIFT, SUPER, Key, key_bytes, parse_key, unshifted

_MODS = ((SHIFT, 1), (CTRL, 2), (ALT, 4), (SUPER, 8))
_MOD_WORDS = {"shift": 1, "ctrl": 2, "alt": 4, "meta": 4, "super": 8}
_NAMED = {
    "up": "ARROW_UP",
    "down": "ARROW_DOWN",
    "left": "ARROW_LEFT",
    "right": "ARROW_RIGHT",
    "begin": "NUMPAD_BEGIN",
    "pageup": "PAGE_UP",
    "pagedown": "PAGE_DOWN",
}
_CHARACTER_KEYS = {
    "`": "BACKQUOTE",
    "\\": "BACKSLASH",
    "[": "BRACKET_LEFT",
    "]": "BRACKET_RIGHT",
    ",": "COMMA",
    "=": "EQUAL",
    "-": "MINUS",
    ".": "PERIOD",
    "'": "QUOTE",
    ";": "SEMICOLON",
    "/": "SLASH",
}
_KEY_ACTIONS = {"press": "PRESS", "repeat": "REPEAT", "release": "RELEASE"}
_ACTIONS = {"press": "PRESS", "release": "RELEASE", "move": "MOTION"}
# The library counts the right button before the middle one; 4 and 5 are the wheel.
_BUTTONS = {1: "LEFT", 2: "MIDDLE", 3: "RIGHT", 4: "FOUR", 5: "FIVE", 6: "SIX", 7: "SEVEN"}
_ROOM = 128
_REPORT_EVENTS = 2
"""A flag of kitty's keyboard protocol."""


def _new(ctype: str, new: Any, free: Any) -> Any:
    handle = ffi.new(TYPES[ctype + "*"])
    check(new(ffi.NULL, handle), ctype)
    return ffi.gc(handle[0], free)


def _physical(key: Key) -> tuple[Any, str]:
    """The library's code of a key on a US keyboard, and the character it gives without Shift."""
    base = key.base
    if len(base) > 1:
        name = _NAMED.get(base, base.upper())
        return getattr(
            lib, f"GHOSTTY_KEY_{name}", lib.GHOSTTY_KEY_UNIDENTIFIED
        ), " " if base == "space" else ""
    plain = unshifted(base)
    if plain.isascii() and plain.isalnum():
        return getattr(lib, f"GHOSTTY_KEY_{'DIGIT_' if plain.isdigit() else ''}{plain.upper()}"), plain
    return getattr(lib, f"GHOSTTY_KEY_{_CHARACTER_KEYS.get(plain, 'UNIDENTIFIED')}"), plain


class InputEncoder:
    """Encodes for one terminal."""

    def __init__(self, terminal: NativeTerminal) -> None:
        self._terminal = terminal
        self._key = _new("GhosttyKeyEncoder", lib.ghostty_key_encoder_new, lib.ghostty_key_encoder_free)
        self._key_event = _new("GhosttyKeyEvent", lib.ghostty_key_event_new, lib.ghostty_key_event_free)
        self._mouse = _new(
            "GhosttyMouseEncoder", lib.ghostty_mouse_encoder_new, lib.ghostty_mouse_encoder_free
        )
        self._mouse_event = _new(
            "GhosttyMouseEvent", lib.ghostty_mouse_event_new, lib.ghostty_mouse_event_free
        )
        self._pressed: set[int] = set()
        self._room = ffi.new(TYPES["char[]"], _ROOM)
        self._length = ffi.new(TYPES["size_t*"])

    def key(self, name: str, text: str, action: KeyAction = "press") -> bytes:
        """Bytes of a key."""
        flags = self._terminal.get("KITTY_KEYBOARD_FLAGS")
        if action == "release" and not flags & _REPORT_EVENTS:
            return b""
        if name == "text":
            return text.encode() if action != "release" else b""
        key = parse_key(name)
        if key is None:
            return text.encode() if text.isprintable() and action != "release" else b""
        if not flags and text and text.isprintable() and not key.modifiers & (CTRL | ALT | SUPER):
            return text.encode()  # what was typed, on layouts other than US too
        if not flags and text.startswith("\x1b"):
            return text.encode()  # Alt, or Escape and a key that came together: the program tells them apart
        if not flags and not self._modify_other_keys():
            # Nothing special asked for: the table is exact.
            return key_bytes(name, application_cursor=self._terminal.mode(1)) or b""
        return self._encode(key, text, action)

    def _modify_other_keys(self) -> bool:
        """There is no item for this mode; the encoder alone knows, so it is asked with a key that differs."""
        return self._encode(Key("c", CTRL), "") != b"\x03"

    def _encode(self, key: Key, text: str, action: KeyAction = "press") -> bytes:
        event = self._key_event
        code, plain = _physical(key)
        modifiers = sum(bit for ours, bit in _MODS if key.modifiers & ours)
        if len(key.base) == 1 and plain != key.base:
            modifiers |= 1
        typed = text if text.isprintable() else ""
        if not typed and (len(key.base) == 1 or key.base == "space"):
            typed = " " if key.base == "space" else key.base
        lib.ghostty_key_event_set_action(event, getattr(lib, f"GHOSTTY_KEY_ACTION_{_KEY_ACTIONS[action]}"))
        lib.ghostty_key_event_set_key(event, code)
        lib.ghostty_key_event_set_mods(event, modifiers)
        lib.ghostty_key_event_set_consumed_mods(event, 1 if typed and modifiers & 1 and typed != plain else 0)
        raw = typed.encode()
        held = (
            ffi.from_buffer(TYPES["char[]"], raw) if raw else ffi.NULL
        )  # borrowed by the event until it is encoded
        lib.ghostty_key_event_set_utf8(event, held, len(raw))
        lib.ghostty_key_event_set_unshifted_codepoint(event, ord(plain) if plain else 0)
        lib.ghostty_key_encoder_setopt_from_terminal(self._key, self._terminal.handle)
        check(
            lib.ghostty_key_encoder_encode(self._key, event, self._room, _ROOM, self._length),
            "key_encoder_encode",
        )
        return bytes(ffi.buffer(self._room, self._length[0]))

    def mouse(self, action: str, button: int, x: int, y: int, modifiers: Sequence[str]) -> bytes:
        """Bytes of a mouse event at a cell counted from 0; empty if the program did not ask for such."""
        if action not in _ACTIONS or x < 0 or y < 0:
            return b""
        if action == "press" and button in (1, 2, 3):
            self._pressed.add(button)
        encoder, event = self._mouse, self._mouse_event
        lib.ghostty_mouse_encoder_setopt_from_terminal(encoder, self._terminal.handle)
        columns, lines = self._terminal.size
        width, height = CELL_PIXELS
        size = ffi.new(TYPES["GhosttyMouseEncoderSize*"])
        size.size = ffi.sizeof(TYPES["GhosttyMouseEncoderSize"])
        size.screen_width, size.screen_height = columns * width, lines * height
        size.cell_width, size.cell_height = width, height
        lib.ghostty_mouse_encoder_setopt(encoder, lib.GHOSTTY_MOUSE_ENCODER_OPT_SIZE, size)
        pressed = ffi.new(TYPES["bool*"], bool(self._pressed))
        lib.ghostty_mouse_encoder_setopt(encoder, lib.GHOSTTY_MOUSE_ENCODER_OPT_ANY_BUTTON_PRESSED, pressed)
        lib.ghostty_mouse_event_set_action(event, getattr(lib, f"GHOSTTY_MOUSE_ACTION_{_ACTIONS[action]}"))
        named = _BUTTONS.get(button or (min(self._pressed) if action == "move" and self._pressed else 0))
        if named:
            lib.ghostty_mouse_event_set_button(event, getattr(lib, f"GHOSTTY_MOUSE_BUTTON_{named}"))
        else:
            lib.ghostty_mouse_event_clear_button(event)
        lib.ghostty_mouse_event_set_mods(event, sum({_MOD_WORDS.get(word, 0) for word in modifiers}))
        position = ffi.new(
            TYPES["GhosttyMousePosition*"], {"x": x * width + width / 2, "y": y * height + height / 2}
        )
        lib.ghostty_mouse_event_set_position(event, position[0])
        if action == "release":
            self._pressed.discard(button)
        check(
            lib.ghostty_mouse_encoder_encode(encoder, event, self._room, _ROOM, self._length),
            "mouse_encoder_encode",
        )
        return bytes(ffi.buffer(self._room, self._length[0]))

    def close(self) -> None:
        """Free the native memory."""
        for handle in (self._mouse_event, self._mouse, self._key_event, self._key):
            ffi.release(handle)
