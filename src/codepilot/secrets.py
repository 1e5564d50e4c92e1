"""Known secrets, found again in any text: as they are, and as programs write them (quoted, in hex, in base64)."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import quote

from codepilot.credentials import is_secret

SHORTEST = 8
"""Characters of a secret. What is shorter would be found in texts that have nothing to do with it."""
_NO_NAME = re.compile(r"[\s\]]")
"""What would make the name of a variable no word, by which it is known again that something was replaced."""
_DIFFERENT = 5
"""Different characters of one: `xxxxxxxx` and `changeme`'s like stand in many texts."""


class SecretBook:
    """Secrets by the names of their variables.

    Args:
        values: each secret's name and value; a value that is too short or too plain is left out.
    """

    def __init__(self, values: Mapping[str, str]) -> None:
        forms: dict[str, str] = {}
        for name, value in values.items():
            if _is_meant(value):
                for form in _forms(value):
                    forms.setdefault(form, f"[secret {_NO_NAME.sub('_', name)}]")
        self._forms = sorted(forms.items(), key=lambda each: len(each[0]), reverse=True)

    def replaced(self, text: str) -> str:
        """The text, with the name of each secret in its place."""
        if len(text) < SHORTEST:
            return text
        for form, name in self._forms:
            if form in text:
                text = text.replace(form, name)
        return text

    def replaced_in(self, value: Any) -> Any:
        """The same for every text in a value of lists, tuples and dicts; other values stay."""
        if not self._forms:
            return value
        if isinstance(value, str):
            return self.replaced(value)
        if isinstance(value, dict):
            return {key: self.replaced_in(each) for key, each in value.items()}
        if isinstance(value, list | tuple):
            return [self.replaced_in(each) for each in value]
        return value


def book_of(environment: Mapping[str, str], also: Iterable[str] = ()) -> SecretBook:
    """The secrets among the variables of a program.

    Args:
        environment: them.
        also: names of variables that are secrets whatever their name says.
    """
    names = {*(name for name in environment if is_secret(name)), *also}
    return SecretBook({name: environment[name] for name in sorted(names) if name in environment})


def _is_meant(value: str) -> bool:
    """A secret, and not the place of one, or a word that means that there is none."""
    return len(value) >= SHORTEST and len(set(value)) >= _DIFFERENT and not value.startswith(("/", "~", "./"))


def _forms(value: str) -> Iterable[str]:
    """How a value is written: plain, in a URL, in hex, and in base64 wherever in the text it begins there."""
    data = value.encode("utf-8", "surrogateescape")
    yield value
    yield quote(value, safe="")
    yield data.hex()
    yield data.hex().upper()
    for offset in range(3):
        # What does not depend on the bytes before and behind.
        first, last = (offset * 8 + 5) // 6, (offset + len(data)) * 8 // 6
        for encode in (base64.b64encode, base64.urlsafe_b64encode):
            form = encode(b"\0" * offset + data).decode()[first:last]
            if len(form) >= SHORTEST:
                yield form
