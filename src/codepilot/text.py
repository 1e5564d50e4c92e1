"""The one sanitiser, and the few ways in which a text is made shorter.

Whatever comes from a model, a tool, a file, a name or an error may carry characters that drive a terminal,
reorder a line or hide in it. Every border passes such text through `clean` once; behind it nothing has to
think about it again. A control character is *shown*, not dropped: what was there stays visible, it only loses
its power.
"""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Callable, Sequence

_PICTURES = {**{code: chr(0x2400 + code) for code in range(0x20)}, 0x7F: "␡"}
_ASCII_KEPT = bytes([0x09, 0x0A, *range(0x20, 0x7F)])

_EMOJI = (
    "\u00a9\u00ae\u203c\u2049\u2122\u2139\u2194-\u21ff\u231a-\u23ff\u24c2\u25aa-\u27bf"
    "\u2934\u2935\u2b05-\u2b55\u3030\u303d\u3297\u3299\U0001f000-\U0001faff"
)
_JOINING = "\u0600-\u0604\u0606-\u061b\u061d-\u06ff\u0750-\u077f\u08a0-\u08ff\u0900-\u0dff"
_SELECTORS = "\ufe00-\ufe0f\U000e0100-\U000e01ef"

_MOST_PLACES = 6
"""Digits behind the point of an amount."""

# One alternation decides everything: what its first, unnamed branches match is harmless in its place and
# stays.
_SUSPECT = re.compile(
    # An emoji sequence: a zero-width joiner between two pictures draws one picture.
    f"(?<=[{_EMOJI}\ufe0f\u20e3])\u200d(?=[{_EMOJI}])"
    # Joiners between letters of scripts whose spelling needs them.
    f"|(?<=[{_JOINING}])[\u200c\u200d](?=[{_JOINING}])"
    # One variation selector after a visible character; a second one in a row hides data.
    f"|(?<=[^\\s\x00-\x1f\x7f-\x9f\u200b-\u200f\u2060-\u206f{_SELECTORS}])[{_SELECTORS}]"
    "|(?P<bad>"
    "[\x00-\x08\x0b-\x1f\x7f-\x9f]"
    "|[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f]"
    "|[\u200b-\u200f\u2028-\u202e\u2060-\u206f\u3164\ufeff\uffa0\ufff0-\ufffb]"
    f"|[{_SELECTORS}]"
    "|[\ud800-\udfff]"
    "|[\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e00ff\U000e01f0-\U000e0fff]"
    ")"
)
# What `str.isprintable` lets through although it cannot be seen.
_PRINTABLE_SUSPECT = re.compile(f"[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u3164\uffa0{_SELECTORS}]")
_SURROGATE = re.compile("[\ud800-\udfff]")


def clean(text: str) -> str:
    r"""Make a text from outside safe to show; newlines and tabs stay.

    ``\r\n`` becomes ``\n``. Other control characters become their pictures (ESC is ``␛``), C1, bidi and
    invisible characters are spelled like ``<U+202E>``, lone surrogates become U+FFFD. Clean text comes back
    as it is.
    """
    if text.isascii():
        # Deleting the harmless bytes is the quickest question that can be put to a long text.
        if not text.encode("ascii").translate(None, _ASCII_KEPT):
            return text
    elif text.replace("\n", "").replace("\t", "").isprintable() and not _PRINTABLE_SUSPECT.search(text):
        return text
    return _SUSPECT.sub(_shown, text.replace("\r\n", "\n"))


def visible(text: str) -> str:
    """Take out what `clean` would show in another form: for a cell of a grid, which has no room for that."""
    if text.isprintable() and not _PRINTABLE_SUSPECT.search(text):
        return text
    kept = _SUSPECT.sub(lambda match: "" if match["bad"] else match[0], text)
    return kept.replace("\n", "").replace("\t", "")


def clean_line(text: str) -> str:
    """Make a text from outside safe to show on one line: newlines are ``␤``, tabs ``␉``."""
    return clean(text).replace("\n", "␤").replace("\t", "␉")


def escaped_json(text: str) -> str:
    r"""Spell out in a JSON text what `clean` would show in another form: a terminal obeys U+009B as it obeys ESC.

    The value stays the same; ``json.dumps`` by itself escapes control characters below U+0020 only, or all that is
    not ASCII.
    """
    return _SUSPECT.sub(lambda match: _escape(match["bad"]) if match["bad"] else match[0], text)


def well_formed(text: str) -> str:
    """Replace lone surrogates, so that the text can be encoded; nothing else is touched."""
    return text if text.isascii() else _SURROGATE.sub("\ufffd", text)


class PairedText:
    """Text that comes in pieces, some of them cut between the halves of a surrogate pair, as JSON escapes may be."""

    def __init__(self) -> None:
        self.held = ""
        """The first half of a pair, waiting for the second."""

    def feed(self, piece: str) -> str:
        """What can be given out now: pairs are joined, halves that stay alone replaced."""
        if not self.held and piece.isascii():
            return piece
        text = self.held + piece
        self.held = text[-1] if text and "\ud800" <= text[-1] <= "\udbff" else ""
        text = text[: len(text) - len(self.held)]
        return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


def several(names: Sequence[str], most: int = 5) -> str:
    """The first names of a list, and how many more there are."""
    more = len(names) - most
    return ", ".join(names[:most]) + (f" and {more} more" if more > 0 else "")


def counted(number: int, noun: str) -> str:
    """``1 line``, ``2 lines``."""
    return f"{number} {noun}{'' if number == 1 else 's'}"


def shorten(text: str, limit: int) -> str:
    """Cut to `limit` characters, the last of them ``…``; a joined or accented character is not torn."""
    if len(text) <= limit:
        return text
    if limit < 1:
        return ""
    end = limit - 1
    while end > 0 and _continues(text, end):
        end -= 1
    return text[:end] + "…"


def shorten_around(text: str, limit: int, at: int) -> str:
    """`limit` characters around position `at` (a quarter of them before it), with ``…`` where some are left out."""
    if len(text) <= limit:
        return text
    start = max(0, min(at - limit // 4, len(text) - limit))
    piece = text[start : start + limit]
    return ("…" if start else "") + piece + ("…" if start + limit < len(text) else "")


def head_and_tail(text: str, limit: int, *, note: Callable[[int], str] | str = "") -> str:
    """Keep the beginning and the end of a long text within `limit` characters.

    Args:
        text: any text.
        limit: the most characters to give back, the note included.
        note: stands between the halves on a line of its own; a function is told how many characters were left
        out.
    """
    if len(text) <= limit:
        return text
    # The number of digits in the note hardly changes, so its length is taken from the largest possible
    # figure.
    room = limit - len(_say(note, len(text))) - 2
    if room < 2:
        return shorten(text, limit)
    head_end = _line_end_before(text, room * 2 // 5)
    tail_start = _line_start_after(text, len(text) - (room - room * 2 // 5))
    head, tail = text[:head_end], text[tail_start:]
    return f"{head}\n{_say(note, tail_start - head_end)}\n{tail}"


def _shown(match: re.Match[str]) -> str:
    character = match["bad"]
    if character is None:
        return match[0]
    code = ord(character)
    if code in _PICTURES:
        return _PICTURES[code]
    if 0xD800 <= code <= 0xDFFF:
        return "\ufffd"
    return f"<U+{code:04X}>"


def _escape(character: str) -> str:
    code = ord(character)
    if code <= 0xFFFF:
        return f"\\u{code:04x}"
    high, low = divmod(code - 0x10000, 0x400)
    return f"\\u{0xD800 + high:04x}\\u{0xDC00 + low:04x}"


def _continues(text: str, index: int) -> bool:
    """Whether the character at `index` belongs to the one before it."""
    character = text[index]
    return (
        unicodedata.combining(character) != 0
        or character in "\u200d\ufe0e\ufe0f\u20e3"
        or "\U0001f3fb" <= character <= "\U0001f3ff"
        or text[index - 1] == "\u200d"
    )


def _say(note: Callable[[int], str] | str, left_out: int) -> str:
    if callable(note):
        return note(left_out)
    return note or f"[… {left_out:,} characters left out …]"


def _line_end_before(text: str, index: int) -> int:
    """The end of the last whole line before `index`, unless that would give away much of the room."""
    at = text.rfind("\n", index - index // 4, index + 1)
    return index if at < 0 else at


def _line_start_after(text: str, index: int) -> int:
    at = text.find("\n", index - 1, index + (len(text) - index) // 4)
    return index if at < 0 else at + 1


def dollars_of(spent: float, limit: float) -> str:
    """What was spent of a limit, with as many digits as it takes to be the percentage that it is.

    Args:
        spent: dollars.
        limit: dollars.
    """
    places = 2
    while places < _MOST_PLACES and _percent(round(spent, places), round(limit, places)) != _percent(
        spent, limit
    ):
        places += 1
    return f"${spent:.{places}f} of ${limit:.{places}f}"


def dollars(amount: float) -> str:
    """A small amount of dollars: cents, or two digits of what is less than ten of them."""
    if amount >= 0.1 or amount <= 0:
        return f"${amount:.2f}"
    return f"${amount:.{min(_MOST_PLACES, 1 - math.floor(math.log10(amount)))}f}"


def _percent(spent: float, limit: float) -> int:
    return int(100 * spent / limit + 1e-6) if limit else 0
