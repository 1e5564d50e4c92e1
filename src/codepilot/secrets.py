"""Known secrets, found again in any text: as they are, and as programs write them (quoted, in hex, in base64)."""

from __future__ import annotations

import base64
import os
import platform
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
"""Different characters of one: with fewer it stands for a value that is still to be filled in, as `xxxxxxxx` does."""
_WORDS = 3
"""A name of a thing has no more of them; a longer row of words is a passphrase."""
_SHORT = 7
"""Letters and digits in a part of an address or a path that are no secret, whatever they are: `v2`, `oauth2`, `us`."""
_TINY = 3
"""Letters of a word that is too short to look like one or not."""
_PATH = re.compile(r"(?:~[\w-]*|\.{1,2}|[A-Za-z]:)?(?:[\\/][\w.~@+:, -]*)+")
_ADDRESS = re.compile(r"[a-z][a-z0-9+.-]*://(?![^/?#]*@).*", re.DOTALL | re.IGNORECASE)
_PART = re.compile(r"[^\s._:/@,-]+")
_LETTERS = re.compile(r"[A-Z]?[a-z]+(?:[A-Z][a-z]{2,})*|[A-Z]+")
_NUMBER = re.compile(r"\d{1,5}")
_PAIRS = (
    "ab ac ad ag ai al am an ap ar as at ba be bi bl bu ca ce ch ci ck cl co cr ct cu da de di do ds du ea ec ed ee ef "
    "eg el em en ep er es et ev ex fa fe ff fi fo fr ge gi gr ha he hi ho ia ib ic id ie if ig il im in io ip ir is it "
    "iv iz ke la ld le li ll lo ls lt lu ly ma me mi mo mp na nc nd ne nf ng ni no ns nt nv oc od ol om on oo op or os "
    "ot ou ov ow pa pe pi pl po pp pr pt qu ra rc rd re rg ri rl rm rn ro rr rs rt ru ry sa sc se sh si so sp ss st su "
    "ta tc te th ti tl to tr ts tt tu ty ub ue ul um un up ur us ut va ve vi wa wi xt ze"
)
"""Of letters, the commonest in English words: of 100 words 96 have them in three of five places, of 100 rows of 16
letters drawn by lot two."""
_IN_WORDS = 0.6


class SecretBook:
    """Secrets by the names of their variables.

    Args:
        values: each secret's name and value; a value that is shorter than `SHORTEST` is left out.
    """

    def __init__(self, values: Mapping[str, str]) -> None:
        forms: dict[str, str] = {}
        for name, value in values.items():
            if len(value) >= SHORTEST:
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

    def cut(self, text: str, end: int) -> int:
        """Where to cut a text that goes on, so that each half can be looked through alone: no secret stands in both.

        Args:
            text: what there is of it so far; a secret may have begun at its end.
            end: the place wished for, in characters.

        Returns:
            That place, or the nearest one before it.
        """
        while True:
            begun = [at for form, _ in self._forms if (at := _across(text, form, end)) is not None]
            if not begun:
                return end
            end = min(begun)

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
    """The secrets among the variables of a program: values of variables that are named like one, if they are like one.

    `POSTGRES_PASSWORD=postgres` and `TOKEN_URL=https://example.com/token` hold none, and their values stand in texts
    that have nothing to do with them.

    Args:
        environment: them.
        also: names of variables that are secrets whatever their names and values say.
    """
    values = {name: environment[name] for name in also if name in environment}
    own = _own_names(environment)
    for name in sorted(environment):
        if (
            name not in values
            and is_secret(name)
            and not (environment[name] in own or _is_plain(environment[name]))
        ):
            values[name] = environment[name]
    return SecretBook(values)


def _own_names(environment: Mapping[str, str]) -> frozenset[str]:
    """The names of the user and of the host."""
    host = platform.node()
    users = (environment.get(name, "") for name in ("USER", "LOGNAME", "USERNAME"))
    return frozenset({*users, host, host.partition(".")[0]})


def _is_plain(value: str) -> bool:
    """Whether a value is a word, a name, a path or an address, and not what nobody can guess."""
    if len(set(value)) < _DIFFERENT:
        return True
    if address := _ADDRESS.fullmatch(value) or _PATH.fullmatch(value):
        # One key in a hundred reads as a path: `/` is one of the letters of base64, `~` and `.` are in many others.
        plain = all(len(part) <= _SHORT or _is_word(part) for part in re.findall(r"[^\W_]+", address[0]))
        there = os.path.expanduser(value)  # noqa: PTH111 - the one of Path raises where `~name` is nobody
        return plain or (_PATH.fullmatch(value) is not None and os.path.lexists(there))
    parts = _PART.findall(value)
    return len(parts) <= _WORDS and all(_is_word(part) or _NUMBER.fullmatch(part) for part in parts)


def _is_word(text: str) -> bool:
    if not _LETTERS.fullmatch(text):
        return False
    if len(text) <= _TINY:
        return True
    letters = text.lower()
    pairs = [letters[at : at + 2] for at in range(len(letters) - 1)]
    return sum(pair in _PAIRS for pair in pairs) >= _IN_WORDS * len(pairs)


def _across(text: str, form: str, end: int) -> int | None:
    """Where a form stands, or may have begun, that goes on behind this place."""
    at = text.find(form[0], max(0, end - len(form) + 1), end)
    while at >= 0 and not text.startswith(form[: len(text) - at], at):
        at = text.find(form[0], at + 1, end)
    return at if at >= 0 else None


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
