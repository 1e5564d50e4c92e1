"""What `send_input` types: a text, keys by name, or a text that names a key."""

from __future__ import annotations

import re
from collections.abc import Sequence

from codepilot.terminal.keys import key_name
from codepilot.values import dataclass

_NO_TEXT = re.compile(r"(?:[CM]-|[Cc]trl[-+]|[Aa]lt[-+]|\^).|Up|F\d|[A-Z].{2,}", re.DOTALL)
"""A text that may be meant for a key: what is typed as text is hardly ever written so."""
KEYS_EXPLAINED = (
    "Keys: C-c (any letter), M-x, Enter, Tab, Escape, Up, Down, Left, Right, Home, End, PgUp, PgDn, F1 …"
)
_ESCAPED_CONTROL = re.compile(r"\\x([01][0-9a-fA-F])")


@dataclass(frozen=True, slots=True)
class Typed:
    """What `send_input` was asked to type."""

    text: str
    """As the terminal gets it."""
    keys: tuple[str, ...]
    """As the engine names them."""
    asked: str
    """As the permission rules see it."""
    shown: str
    unknown: str = ""
    """A key's name that is none."""
    warning: str = ""

    @classmethod
    def of(cls, text: str, keys: Sequence[str]) -> Typed:
        """From the arguments of the tool."""
        shown = text.replace("\\", "\\\\").replace("\n", "\\n").replace("\r", "\\r")
        shown = re.sub(r"[\x00-\x1f\x7f]", lambda match: f"\\x{ord(match[0]):02x}", shown)
        shown = " ".join(filter(None, (shown, *keys)))
        asked = " ".join(filter(None, (text, *keys)))
        named = [_key(key) for key in keys]
        unknown = next((key for key, name in zip(keys, named, strict=True) if not name), "")
        alone = key_named(text)
        if alone:
            return cls("", (alone, *named), asked, shown, unknown)
        raw = _ESCAPED_CONTROL.fullmatch(text)
        typed = chr(int(raw[1], 16)) if raw else text.replace("\r\n", "\n").replace("\n", "\r")
        warning = ""
        if not keys and typed[-1:].isprintable() and typed:
            warning = "Warning: the text has no newline at its end; a program that reads lines has not received it yet."
        return cls(typed, tuple(named), asked, shown, unknown, warning)


def _key(name: str) -> str:
    """The engine's name of a key, where nothing but keys is expected; empty if none is called so."""
    return name if len(name) == 1 and name.isprintable() else key_name(name.strip()) or ""


def key_named(text: str) -> str:
    """The engine's name of a key that a text names, as `C-c`, `Enter`, `Up`; empty if it is just a text."""
    name = key_name(text) if _NO_TEXT.fullmatch(text) else None
    return name if name is not None and len(name) > 1 and name != "begin" else ""
