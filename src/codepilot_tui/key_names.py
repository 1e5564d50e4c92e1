"""How keys are written: for people, and in the person's key file."""

from __future__ import annotations

import re

from textual.keys import _character_to_key

from codepilot.errors import UsageError
from codepilot.terminal.keys import ALT, CTRL, SHIFT, SUPER, parse_key

_NAMES = {
    "escape": "Esc", "enter": "Enter", "tab": "Tab", "space": "Space", "up": "↑", "down": "↓", "left": "←",
    "right": "→", "pageup": "PgUp", "pagedown": "PgDn", "home": "Home", "end": "End", "backspace": "Backspace",
    "delete": "Del", "left_square_bracket": "[", "right_square_bracket": "]", "question_mark": "?", "slash": "/",
    "full_stop": ".", "comma": ",", "greater_than_sign": ">", "less_than_sign": "<", "plus": "+", "minus": "-",
    "ctrl": "Ctrl", "alt": "Alt", "shift": "Shift", "super": "Super", "meta": "Meta",
}  # fmt: skip
_SENT_AS = {"ctrl+i": "Tab", "ctrl+m": "Enter", "ctrl+left_square_bracket": "Esc", "ctrl+at": "Ctrl+Space"}
"""Keys that most terminals send as another one."""
_TYPING = frozenset(("space", "enter", "tab", "backspace"))


def key_text(key: str) -> str:
    """A key as a person reads it: `ctrl+p` is `Ctrl+P`."""
    *modifiers, last = key.split("+") if key != "+" else [key]
    shown = [_NAMES.get(part, part) for part in modifiers]
    name = _NAMES.get(last) or (
        last.upper() if len(last) == 1 or re.fullmatch(r"f\d+", last) else last.title()
    )
    if len(last) == 1 and not modifiers:
        name = last
    return "+".join([*shown, name])


def checked_key(entry: str, value: str) -> str:
    """A key of the person's file, as Textual calls it.

    Raises:
        UsageError: there is no such key, it is needed for typing, or it is reserved.
    """
    key = parse_key(value.strip().lower())
    if key is None:
        raise UsageError(f"keys: {entry}: {value!r} is not a key.", hint="Write it like ctrl+p, alt+m or f6.")
    if (len(key.base) == 1 or key.base in _TYPING) and not key.modifiers & ~SHIFT:
        raise UsageError(
            f"keys: {entry}: {value!r} is needed for typing.", hint="Add ctrl or alt, or take an F-key."
        )
    held = [
        word
        for word, bit in (("alt", ALT), ("ctrl", CTRL), ("shift", SHIFT), ("super", SUPER))
        if key.modifiers & bit
    ]
    name = textual_name("+".join((*held, key.base)))
    if name in _SENT_AS:
        sent = f"Terminals send {key_text(name)} as {_SENT_AS[name]}."
        raise UsageError(f"keys: {entry}: {value!r} cannot be told from another key.", hint=sent)
    if name in ("ctrl+c", "escape"):
        raise UsageError(f"keys: {entry}: {key_text(name)} is reserved.")
    return name


def textual_name(key: str) -> str:
    """A key's name as Textual's bindings have it: `alt+.` is `alt+full_stop`, `alt+A` is `alt+shift+a`."""
    modifiers, plus, base = key[:-1].rpartition("+")
    base += key[-1]
    if len(base) > 1:
        return key
    if modifiers and base.isupper():
        held = sorted({*modifiers.split("+"), "shift"})
        return "+".join((*held, base.lower()))
    return f"{modifiers}{plus}{_character_to_key(base)}"
