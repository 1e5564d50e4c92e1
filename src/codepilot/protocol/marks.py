"""What marks off a part of the prose, however it is written: `<x>`, `[x]`, `--- x ---`, `{% x %}`, `x:`.

`thinking` decides while the reply streams and takes only what is sure. This looks at a whole reply, and finds more.
"""

from __future__ import annotations

import itertools
import re
from typing import Final

from codepilot.protocol.names import BEGIN, END, is_aside, is_thinking, plain, words
from codepilot.protocol.spoken import is_spoken_of
from codepilot.values import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """Something in a line that opens or closes a part."""

    name: str
    """Small letters, without the words that say begin or end; what belongs together has one name."""
    shown: str
    """As the model wrote it."""
    closes: bool
    sure: bool = False
    """An opening that counts also if nothing closes it."""
    heading: bool = False
    """Words on a line of their own, without brackets."""

    @property
    def aside(self) -> bool:
        """Its name says that nothing in it is meant to run."""
        return is_aside(self.name)

    def is_closed_by(self, other: Mark) -> bool:
        """The other one is its end. Models mix up the names of thinking."""
        if not other.name:  # `[END]`
            return self.aside
        return other.name == self.name or (is_thinking(self.name) and is_thinking(other.name))


_WORD = r"[^\W\d_][\w:.-]{0,60}"
_WORDS = r"[^\W\d_][\w .:'’-]{0,40}"
_BRACKETS: Final = re.compile(
    rf"<{{1,2}}\|?(?P<a_end>[/\\]{{1,2}}\|?)?\s?(?P<angle>{_WORD})(?P<attributes>\s[^<>]{{0,400}})?>{{1,2}}"
    rf"|\[{{1,2}}(?P<s_end>/)?\s?(?P<square>{_WORDS})\]{{1,2}}(?![(\[:])"
    rf"|\{{{{1,2}}[%#]?\s?(?P<c_end>/)?(?P<curly>{_WORDS})[%#]?\}}{{1,2}}"
    rf"|\((?P<r_end>/)?(?P<round>{_WORDS})\)"
)
_SPELLINGS: Final = (
    (re.compile(r"\\begin\{([\w ]{1,40})\}"), r"<\1>"),
    (re.compile(r"\\end\{([\w ]{1,40})\}"), r"</\1>"),
    (re.compile(r"\{%-?\s?end_?([\w ]{1,40}?)\s?-?%\}"), r"{/\1}"),
)
"""Brackets of other languages, as those of the pattern."""
_GROUPS: Final = ((2, "a_end", "angle"), (1, "s_end", "square"), (1, "c_end", "curly"), (0, "r_end", "round"))
_CODE = re.compile(r"(`+)(?:(?!`).)+?\1(?!`)")
_BEFORE = re.compile(r"[\s`*_~#>+=:%;!✻✽✶✳✢-]*(?:\d+[.)]\s+)?[*_`]*")
_AFTER = re.compile(r"[\s`*_~#=:%;!.…-]*\Z")
_SENTENCE_END = re.compile(r"[.!?:…,-]\s*\Z")
_GOES_ON = re.compile(r"\s+(?:is|was|are|were|means|holds|has|marks|stands|belongs)\s")
"""The line goes on about the tag that begins it."""
_MAX_HEADING = 80
_MAX_MARKS = 40
_DONE = re.compile(r"\s*[✻✽✶✳✢]\s*(?:done|finished)\W*\Z", re.IGNORECASE)
"""How the display of an agent ends its thinking."""
_STRUCTURE_WORDS = "a and chain here is internal section block region mode process some inner hidden"
_BARE_ENDS = frozenset(["end", "endregion"])
_ANSWER_WORDS = (
    "answer reply response final decision actual real now my the antwort réponse respuesta risposta resposta ответ "
    "回答 答案 答え 답변 대답 cevap odpowiedź svar απάντηση الجواب إجابة תשובה उत्तर"
)
_ANSWER_LINE = re.compile(
    r"\s*(?:my |the )?(?:final )?(?:answer|reply|response|decision)\s*:\s", re.IGNORECASE
)
_STRUCTURE: Final = BEGIN | END | frozenset(_STRUCTURE_WORDS.split())
_ANSWERS: Final = frozenset(_ANSWER_WORDS.split())


def marks(line: str) -> list[Mark]:
    """Find them in a line of the prose. Inline code is only spoken of, unless it is all of the line."""
    text = plain(line).replace("\\<", "<").replace("\\>", ">").replace("\\/", "/")
    text = text.replace("&lt;", "<").replace("&gt;", ">")
    for pattern, form in _SPELLINGS:
        text = pattern.sub(form, text)
    bare = _bare(text)
    spoken = bare if _BRACKETS.fullmatch(bare) else _CODE.sub("", text)
    start = (_BEFORE.match(spoken) or _BEFORE.match("")).end()  # type: ignore[union-attr]  # it matches anything
    found: list[Mark] = []
    told = False
    for match in itertools.islice(_BRACKETS.finditer(spoken), _MAX_MARKS):
        at_start = match.start() <= start
        mark = _mark_of(match, at_start=at_start)
        if mark.closes and is_thinking(mark.name) and is_spoken_of(spoken, match.start(), match.end()):
            told = True
            continue
        if at_start:
            start = max(start, match.end())
        elif not mark.closes:
            at_end = not spoken[match.end() :].strip()
            if not at_end:
                continue
            if mark.sure and not _SENTENCE_END.search(spoken[: match.start()]):
                mark = Mark(name=mark.name, shown=mark.shown, closes=False)
        if mark.name or mark.closes:
            found.append(mark)
    if found or told or len(bare) > _MAX_HEADING:
        return found
    heading = _heading(bare, line)
    return [heading] if heading is not None else []


def is_answer_heading(line: str) -> bool:
    """A line such as `**Answer**` or `Answer: yes`, after which the thinking is over."""
    if _ANSWER_LINE.match(line) is not None:
        return True
    named = words(_bare(line))
    decorated = _bare(line) != line.strip()
    return decorated and bool(named) and _ANSWERS.issuperset(named)


def without_marks(line: str) -> str:
    """What else a line says."""
    return _BRACKETS.sub("", plain(line)).strip(" \t`*_")


def _bare(text: str) -> str:
    after = _BEFORE.sub("", text, count=1) if _BEFORE.match(text) else text
    return _AFTER.sub("", after)


def _mark_of(match: re.Match[str], *, at_start: bool) -> Mark:
    for strength, end, group in _GROUPS:
        if match[group] is None:
            continue
        named = words(match[group])
        void = group == "angle" and (match["attributes"] or "").rstrip("|").endswith("/")
        name = "" if void else _core(named)
        closes = match[end] is not None or not END.isdisjoint((*named[:1], *named[-1:]))
        spoken_of = not is_thinking(name) and _GOES_ON.match(match.string, match.end()) is not None
        sure = strength == 2 and (at_start or is_thinking(name)) and is_aside(name) and not spoken_of
        return Mark(name=name, shown=match[0].strip(), closes=closes, sure=sure and not closes)
    raise AssertionError("one group of the pattern always matches")


def _heading(bare: str, line: str) -> Mark | None:
    """A line that holds only words such as `begin thinking`."""
    named = words(bare)
    if not 0 < len(named) <= 5:
        return None
    core = [word for word in named if word not in _STRUCTURE]
    closes = "/" in bare or not END.isdisjoint(named)
    bare_end = len(named) == 1 and named[0] in _BARE_ENDS and named[0] != line.strip(" \t.").casefold()
    bare_end = bare_end or _DONE.match(line) is not None
    if not all(is_aside(word) for word in core) or not (core or bare_end):
        return None
    return Mark(name=_core(core), shown=line.strip(), closes=closes, heading=not line.lstrip()[:1].isdigit())


def _core(named: list[str]) -> str:
    return " ".join(word for word in named if word not in BEGIN and word not in END)
