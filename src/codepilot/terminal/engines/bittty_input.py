"""Keys and mouse for programs under bittty, by its encoders in the modes now in force."""

from __future__ import annotations

from collections.abc import Sequence

from bittty import KeyEvent, KeyModifiers
from bittty.devices.modes import MouseProtocol
from bittty.keyboard.kitty import KittyFlags

from codepilot.terminal.engines import KeyAction
from codepilot.terminal.engines.bittty_board import BoundedBoard
from codepilot.terminal.keys import (
    ALT,
    CTRL,
    SHIFT,
    SUPER,
    Key,
    key_bytes,
    other_key_bytes,
    parse_key,
    unshifted,
)

_BUTTONS = {1: 0, 2: 1, 3: 2, 4: 64, 5: 65, 6: 66, 7: 67}
_MODIFIER_WORDS = {"shift": "shift", "ctrl": "ctrl", "alt": "meta", "meta": "meta"}
_COMMANDS = CTRL | ALT | SUPER
"""With one of these a key is a command, and no text."""
_KEY_MODIFIERS = (
    (SHIFT, KeyModifiers.SHIFT),
    (ALT, KeyModifiers.ALT),
    (CTRL, KeyModifiers.CTRL),
    (SUPER, KeyModifiers.SUPER),
)


class Input:
    """Encodes what the person does.

    Args:
        bounded: the terminal, which knows its modes.
    """

    def __init__(self, bounded: BoundedBoard) -> None:
        self._bounded = bounded
        self._board = bounded.board

    def key(self, key: str, *, text: str = "", action: KeyAction = "press") -> bytes:
        """Bytes for a key in the modes now in force."""
        flags = self._board.display.kitty_flags
        if action == "release" and not flags & KittyFlags.REPORT_EVENTS:
            return b""
        if key == "text":
            return text.encode() if action != "release" else b""
        parsed = parse_key(key)
        if parsed is None:
            return text.encode() if text.isprintable() and action != "release" else b""
        if flags:
            return self._kitty(parsed, text, action)
        if text and text.isprintable() and not parsed.modifiers & _COMMANDS:
            return text.encode()
        if text.startswith("\x1b"):
            return text.encode()  # Alt, or Escape and a key that came together: the program tells them apart
        other = other_key_bytes(parsed) if self._board.keyboard.modify_other_keys >= 2 else None
        if other is not None:
            return other
        return key_bytes(key, application_cursor=bool(self._board.modes.cursor_application_mode)) or b""

    def mouse(self, action: str, button: int, x: int, y: int, modifiers: Sequence[str] = ()) -> bytes:
        """Bytes for a mouse event at a cell counted from 0; empty if not asked for."""
        if action not in ("press", "release", "move") or x < 0 or y < 0:
            return b""
        if self._board.mouse.protocol is MouseProtocol.OFF:
            return b""
        if action == "release" and button in (4, 5):
            return b""
        held = {_MODIFIER_WORDS[word] for word in modifiers if word in _MODIFIER_WORDS}
        code = _BUTTONS.get(button, 0)
        return self._bounded.typed(lambda: self._board.input_mouse(x + 1, y + 1, code, action, held))

    def _kitty(self, key: Key, text: str, action: KeyAction) -> bytes:
        """A key in kitty's protocol."""
        modifiers = KeyModifiers.NONE
        for ours, theirs in _KEY_MODIFIERS:
            if key.modifiers & ours:
                modifiers |= theirs
        base = " " if key.base == "space" else key.base
        shifted = None
        if len(base) == 1 and (plain := unshifted(base)) != base:
            base, shifted = plain, base
            modifiers |= KeyModifiers.SHIFT
        typed = (text or shifted or base) if len(base) == 1 and not key.modifiers & _COMMANDS else None
        event = KeyEvent(base, modifiers, action, text=typed, shifted_key=shifted)
        return self._bounded.typed(lambda: self._board.input_key_event(event))
