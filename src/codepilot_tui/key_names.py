"""How keys are written: for people, and in the person's key file."""

from __future__ import annotations

import re

from codepilot.errors import UsageError

_NAMES = {
    "escape": "Esc", "enter": "Enter", "tab": "Tab", "space": "Space", "up": "↑", "down": "↓", "left": "←",
    "right": "→", "pageup": "PgUp", "pagedown": "PgDn", "home": "Home", "end": "End", "backspace": "Backspace",
    "delete": "Del", "left_square_bracket": "[", "right_square_bracket": "]", "question_mark": "?", "slash": "/",
    "full_stop": ".", "comma": ",", "greater_than_sign": ">", "less_than_sign": "<",
    "ctrl": "Ctrl", "alt": "Alt", "shift": "Shift", "super": "Super", "meta": "Meta",
}  # fmt: skip
_KEY = re.compile(r"((ctrl|alt|shift|super|meta)\+)*(f\d{1,2}|[a-z][a-z_]+|.)")


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
    """A key of the person's file, in lower case.

    Raises:
        UsageError: there is no such key, it is needed for typing, or it cannot be given away.
    """
    key = value.strip().lower()
    if not _KEY.fullmatch(key):
        raise UsageError(f"keys: {entry}: {value!r} is not a key", hint="write it like ctrl+p, alt+m or f6")
    *modifiers, last = key.split("+")
    types_text = len(last) == 1 or last in ("space", "enter", "tab", "backspace")
    if types_text and not {"ctrl", "alt", "super", "meta"} & set(modifiers):
        raise UsageError(
            f"keys: {entry}: {value!r} is needed for typing", hint="add ctrl or alt, or take an F-key"
        )
    if key in ("ctrl+c", "escape"):
        raise UsageError(f"keys: {entry}: {key_text(key)} cannot be given away")
    return key
