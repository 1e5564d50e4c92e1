"""Whether the end of some thinking inside a line ends it, or is only spoken of, as by who works on a parser.

A template may have written the opening tag, so an end without a beginning makes thinking of all that stands before it.
That wipes out words and blocks, so it takes signs that a thought stops there.
"""

from __future__ import annotations

import re

from codepilot.protocol.names import is_thinking, plain

_OPENING = re.compile(r"(?:<\|?|\[|◁|&lt;)(?:[\w-]{1,20}:)?(?P<name>[^\W_][\w -]{0,31})(?:\|?>|\]|▷|&gt;)")
_LIST_SIGNS = re.compile(r"\s*(?:[>|•+-]|\*\s|\d+[.)])[\s>*_~|]*\Z")
_QUOTES = "\"'“”‘’«»„*_~|()[]"
_SENTENCE_ENDS = re.compile(r"[.!?…。！？][)\]\"'”’»*_]*\Z")
_GOES_ON = re.compile(
    r"(?:[,:;(|=/–—-]|\b(?:a|an|and|as|at|before|after|between|bis|by|closing|das|der|die|ending|from|for|in|into|is|of|on|"
    r"or|than|the|this|till|to|und|until|with|without|writes?|zum))\Z",
    re.IGNORECASE,
)
"""A clause that stops here is not over."""


_ABOUT_IT = re.compile(
    r"\s(?:and|are|as|at|before|belongs|by|closes|ends|in|is|marks|means|on|or|stands|tags?|that|was|which|without)\b"
)
"""The sentence goes on about the tag. Other words in small letters may be a careless answer behind a thought."""
_WINDOW = 400
"""So much of a line before a tag decides, so that a long line with many tags is read in linear time."""


def _around(line: str, start: int, end: int) -> tuple[str, str]:
    return line[max(0, start - _WINDOW) : start], line[end : end + _WINDOW]


def is_spoken_of(line: str, start: int, end: int) -> bool:
    """A closing tag in a line that surely belongs to a sentence about tags.

    Args:
        line: the line of prose.
        start: where the tag begins.
        end: where what follows it begins.
    """
    before, after = _around(line, start, end)
    if not before.strip():
        return False
    if any(is_thinking(found["name"]) for found in _OPENING.finditer(plain(before))):
        return True
    if not re.search(r"[^\W_]", before):
        return False
    if after[:1] and before[-1] in _QUOTES and after[0] in _QUOTES:
        return True
    goes_on = _GOES_ON.search(before.rstrip()) is not None
    if not after.strip():
        return goes_on
    if _SENTENCE_ENDS.search(before.rstrip()):
        return False
    return after.lstrip()[0] in ",.;:!?)" or goes_on or _ABOUT_IT.match(after) is not None


def ends_thought(line: str, start: int, end: int) -> bool:
    """A closing tag in a line at which a thought surely stops.

    Args:
        line: the line of prose.
        start: where the tag begins.
        end: where what follows it begins.
    """
    before, after = _around(line, start, end)
    if is_spoken_of(line, start, end) or (before.strip() and _LIST_SIGNS.match(before)):
        return False
    return (
        not after.strip()
        or not before.strip()
        or _SENTENCE_ENDS.search(before.rstrip()) is not None
        or (before[-1] != " " and after[0] != " ")
    )
