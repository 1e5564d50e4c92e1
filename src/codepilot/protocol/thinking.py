"""Where a model thinks aloud inside its reply: the tags by which the thinking is told from the reply.

Services that know their model send thinking apart from the reply. Others leave the model's own tags in the text, or
only the closing one, because the prompt template had written the opening one. What stands between such tags is no
part of the reply: nothing in it is a fence, and nothing in it runs.
"""

from __future__ import annotations

import functools
import re
from typing import Final, Literal

from codepilot.protocol.names import is_thinking, lower, pattern_of, plain
from codepilot.protocol.pairs import element_ends, may_become_pair, pair_at
from codepilot.protocol.tags import HEADERS, TAGS, Tag, element
from codepilot.values import dataclass

BLANKS: Final = 12
"""So many may stand before a tag."""
_ATTRIBUTES = 200
_WINDOW = 320
"""So much of a line decides what it begins with."""
_ELEMENTS = {tag.element: tag for tag in TAGS if tag.element}
_LITERALS = [(literal, tag) for tag in TAGS for literal in tag.literals]
_ALONE = tuple(dict.fromkeys(end for tag in TAGS if tag.alone for end in tag.ends))
_DROPPED_TOKENS = "assistantfinal"  # what is left of gpt-oss's tokens where a server leaves them out
_STARTS = (*(literal for literal, _ in _LITERALS), *HEADERS, *_ALONE)
_LONGEST_END = 48


@functools.cache
def _patterns() -> tuple[re.Pattern[str], re.Pattern[str], re.Pattern[str]]:
    """An element, what may become one, a closing tag that stands alone. Compiled when the first line comes."""
    space, name, attributes = r"[\w-]{1,20}:", r"[\w-]{1,32}", rf"\s[^<>]{{0,{_ATTRIBUTES}}}"
    alone = "|".join([*map(re.escape, _ALONE), r"</[\w-]{1,20}:think(?:ing)?>"])
    return (
        re.compile(rf"<(?P<space>{space})?(?P<name>{name})(?P<attributes>{attributes})?>", re.ASCII),
        re.compile(rf"<(?:[\w-]{{0,32}}|{space}[\w-]{{0,32}}|(?:{space})?{name}{attributes})\Z", re.ASCII),
        re.compile(alone, re.IGNORECASE | re.ASCII),
    )


@functools.lru_cache(maxsize=64)
def _ends(ends: tuple[str, ...], stays: tuple[str, ...]) -> re.Pattern[str]:
    """What closes thinking; what stays is only looked at."""
    patterns = [*map(pattern_of, ends), *(f"(?={re.escape(end)})" for end in stays)]
    return re.compile("|".join(patterns), re.IGNORECASE | re.ASCII)


@dataclass(frozen=True, slots=True)
class Found:
    """What a line begins with."""

    kind: Literal["opening", "header", "lone end"]
    length: int
    """Characters of the line that it takes, the blanks before it included."""
    tag: Tag | None = None
    ends: tuple[str, ...] = ()
    """Of an opening: what closes it."""


def at_line_start(line: str, *, whole: bool) -> Found | Literal["perhaps"] | None:
    """Look at the beginning of a line outside every fence.

    Args:
        line: as far as it has come.
        whole: nothing more of it comes.

    Returns:
        What was found, "perhaps" where more of the line has to be seen, None where it begins with nothing of ours.
    """
    window = line[:_WINDOW]
    whole = whole and len(window) == len(line)
    text = window.lstrip(" \t")
    blanks = len(window) - len(text)
    if blanks > BLANKS:
        return None
    small = lower(text)
    for header in HEADERS:
        if small.startswith(header):
            return Found("header", blanks + len(header))
    for literal, tag in _LITERALS:
        if small.startswith(literal):
            length = _past_message(small, len(literal), whole) if tag.stays else len(literal)
            return Found("opening", blanks + length, tag, tag.ends) if length else "perhaps"
    whole_element, _, lone_end = _patterns()
    named = whole_element.match(text)
    if named is not None and (found := _element_found(named, blanks)) is not None:
        return found
    if (end := lone_end.match(text)) is not None:
        return Found("lone end", blanks + end.end())
    if (pair := pair_at(text, whole=whole)) is not None:
        return Found("opening", blanks + pair[0], pair[1], pair[1].ends)
    return "perhaps" if not whole and _may_become_ours(text, small) else None


def end_in(text: str, tag: Tag, ends: tuple[str, ...]) -> tuple[int, int] | None:
    """Where thinking ends in a text: the end of the thinking and the start of what follows; None if it goes on."""
    found = _ends(ends, tag.stays).search(text)
    return found.span() if found is not None else None


def held_back(text: str, tag: Tag, ends: tuple[str, ...]) -> int:
    """How many characters at the end of a text may be the beginning of the closing tag."""
    closing = [plain(end) for end in (*ends, *tag.stays)]
    longest = max(map(len, closing))
    small = lower(plain(text[-longest:]))
    begins = {end[0] for end in closing}
    for size in range(min(longest - 1, len(small)), 0, -1):
        tail = small[-size:]
        if tail[0] in begins and any(end.startswith(tail) for end in closing):
            return size
    return 0


def lone_end_in(line: str, *, reply: str) -> int:
    """Where what follows the last closing tag of a line begins; 0 if the line has none that counts.

    A tag in inline code, or in a sentence about tags, is only spoken of.

    Args:
        line: a line of prose.
        reply: the beginning of the whole reply.
    """
    last = ticks = seen = 0
    for match in _patterns()[2].finditer(line):
        ticks += line.count("`", seen, match.start())
        seen = match.start()
        if ticks % 2 == 0 and _ends_thought(line, match):
            last = match.end()
    if reply.startswith("analysis") and (at := line.rfind(_DROPPED_TOKENS)) >= 0:
        last = max(last, at + len(_DROPPED_TOKENS))
    return last


def _element_found(named: re.Match[str], blanks: int) -> Found | None:
    name = named["name"].lower()
    space = (named["space"] or "").lower()
    attributes = named["attributes"] or ""
    tag = _ELEMENTS.get(name) or _told_by_name(name)
    if tag is None or tag.needs not in attributes.lower() or attributes.endswith("/"):
        return None
    ends = (f"</{space}{name}>", *tag.ends) if space else tag.ends
    return Found("opening", blanks + named.end(), tag, ends)


@functools.lru_cache(maxsize=64)
def _told_by_name(name: str) -> Tag | None:
    if not is_thinking(name):
        return None
    return element(name, "models told so by their prompt", *element_ends(name), alone=False)


def _may_become_ours(text: str, small: str) -> bool:
    if not text or _patterns()[1].match(text) or any(start.startswith(small) for start in _STARTS):
        return True
    if may_become_pair(text):
        return True
    return text.startswith("</") and len(text) < _LONGEST_END and ">" not in text


def _past_message(small: str, at: int, whole: bool) -> int:
    """Behind the `<|message|>` that ends harmony's header, if it has one; 0 where that has still to be seen."""
    end = small.find("<|message|>", at, at + _ATTRIBUTES)
    if end >= 0:
        return end + len("<|message|>")
    return at if whole or len(small) >= at + _ATTRIBUTES else 0


def _ends_thought(line: str, match: re.Match[str]) -> bool:
    from codepilot.protocol.spoken import ends_thought  # patterns that few replies need

    return ends_thought(line, match.start(), match.end())
