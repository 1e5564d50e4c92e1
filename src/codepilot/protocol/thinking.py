"""Where a model thinks aloud inside its reply: the tags by which the thinking is told from the reply.

Services that know their model send thinking apart from the reply. Others leave the model's own tags in the text, or
only the closing one, because the prompt template had written the opening one. What stands between such tags is no
part of the reply: nothing in it is a fence, and nothing in it runs.
"""

from __future__ import annotations

import functools
import re
from typing import Final, Literal

from codepilot.values import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Tag:
    """One way to mark thinking."""

    name: str
    """The opening tag, for messages."""
    end: str
    """The closing tag, for messages."""
    models: str
    """Who writes it."""
    literals: tuple[str, ...] = ()
    """The opening, where it is a fixed text; lower case."""
    element: str = ""
    """The name, where it is an element that may carry attributes and a namespace."""
    needs: str = ""
    """An attribute without which the element is none of ours."""
    ends: tuple[str, ...] = ()
    """What closes it; lower case."""
    stays: tuple[str, ...] = ()
    """What closes it and belongs to the text that follows; lower case."""
    alone: bool = True
    """Its end without a beginning says that all before it was thinking."""


def _element(name: str, models: str, *more_ends: str, alone: bool = True) -> Tag:
    ends = dict.fromkeys([f"</{name.lower()}>", *more_ends])
    return Tag(
        name=f"<{name}>",
        end=f"</{name}>",
        models=models,
        element=name.lower(),
        ends=tuple(spelled for end in ends for spelled in (end, f"{end[:-1]} >")),
        alone=alone,
    )


def _pair(opening: str, closing: str, models: str) -> Tag:
    return Tag(name=opening, end=closing, models=models, literals=(opening.lower(),), ends=(closing.lower(),))


# Models mix these up in closing.
_THINK = ("</think>", "</thinking>", "</thought>")

_FOLDED = (
    *("thinking", "thought", "reasoning", "chain of thought", "internal", "💭"),
    *("my thinking", "my thought", "my reasoning", "model thinking", "model reasoning"),
    *("show thinking", "show reasoning", "view reasoning", "click to see", "click to expand"),
)
"""How the summary of folded thinking begins."""

TAGS: Final = (
    _element("think", "DeepSeek, Qwen, GLM, MiniMax, Hunyuan, Nemotron, Phi, ERNIE, MiMo, Granite", *_THINK),
    _element("thinking", "Claude, Nova and models tuned on their replies", *_THINK),
    _element("thought", "EXAONE Deep, Marco-o1, Gemini over some gateways", *_THINK),
    _element("thoughts", "models told so by their prompt", "</thought>"),
    _element("antThinking", "Claude in prompts for artifacts"),
    _element("planning", "models told so by their prompt", alone=False),
    _element("reason", "models told so by their prompt", "</reasoning>", alone=False),
    _element("reasoning", "models told so by their prompt"),
    _element("reflection", "Reflection and its kin"),
    _element("scratchpad", "Hermes, Claude"),
    _element("reasoning_scratchpad", "Hermes"),
    _element("analysis", "Claude, models told so by their prompt"),
    _element("inner_monologue", "Hermes and MemGPT prompts"),
    _element("longcat_think", "LongCat"),
    Tag(
        name='<details type="reasoning">',
        end="</details>",
        models="Open WebUI and what is copied from it",
        element="details",
        needs='type="reasoning"',
        ends=("</details>",),
        alone=False,
    ),
    Tag(
        name="<details><summary>Thinking",
        end="</details>",
        models="gateways that fold the thinking",
        literals=tuple(
            f"{start}<summary>{word}"  # the summary may stand on a line of its own
            for start in ("<details>", "")
            for word in _FOLDED
        ),
        ends=("</details>",),
        alone=False,
    ),
    Tag(
        name="<|thinking|>",
        end="<|/thinking|>",
        models="small models, fine-tunes",
        literals=("<|thinking|>",),
        ends=("<|/thinking|>", "</|thinking|>", "<|end_thinking|>", "</thinking>"),
    ),
    _pair("[THINK]", "[/THINK]", "Magistral"),
    _pair("[THOUGHT]", "[/THOUGHT]", "models told so by their prompt"),
    _pair("[REASONING]", "[/REASONING]", "models told so by their prompt"),
    _pair("<|think|>", "<|/think|>", "small models, fine-tunes"),
    _pair("<|begin_of_thinking|>", "<|end_of_thinking|>", "small models, fine-tunes"),
    _pair("&lt;think&gt;", "&lt;/think&gt;", "gateways that escape the reply"),
    _pair("◁think▷", "◁/think▷", "Kimi"),
    _pair("<|begin_of_thought|>", "<|end_of_thought|>", "Sky-T1, OpenThinker"),
    _pair("<|START_THINKING|>", "<|END_THINKING|>", "Command A"),
    _pair("<|inner_prefix|>", "<|inner_suffix|>", "Apertus"),
    _pair("<unused94>thought", "<unused95>", "MedGemma"),
    _pair("<|channel>thought", "<channel|>", "Gemma 4"),
    Tag(
        name="<|channel|>analysis<|message|>",
        end="<|end|>",
        models="gpt-oss (harmony)",
        literals=("<|channel|>analysis", "<|start|>assistant<|channel|>analysis"),
        ends=("<|end|>", "<|return|>"),
        stays=("<|start|>", "<|channel|>final", "<|channel|>commentary"),
        alone=False,
    ),
    Tag(name="<!-- -->", end="-->", models="a comment", literals=("<!--",), ends=("-->",), alone=False),
)

HEADERS: Final = tuple(
    f"{start}<|channel|>{channel}<|message|>"
    for start in ("<|start|>assistant", "")
    for channel in ("final", "commentary")
)
"""What stands before a reply of gpt-oss. It is no part of it, and what follows begins a line."""

BLANKS: Final = 12
"""So many may stand before a tag."""
_ATTRIBUTES = 200
_WINDOW = 320
"""So much of a line decides what it begins with."""
_NAMED_SO = re.compile(
    r"think|thought|reason|monologue|deliberat|brainstorm|reflect|scratchpad|(?<![a-z])cot(?![a-z])|\Adraft\Z"
)
"""Other names of elements that are taken for thinking: no table gets them all."""
_ELEMENTS = {tag.element: tag for tag in TAGS if tag.element}
_LITERALS = [(literal, tag) for tag in TAGS for literal in tag.literals]
_ALONE = tuple(dict.fromkeys(end for tag in TAGS if tag.alone for end in tag.ends))
_DROPPED_TOKENS = "assistantfinal"  # what is left of gpt-oss's tokens where a server leaves them out
_STARTS = (*(literal for literal, _ in _LITERALS), *HEADERS, *_ALONE)
_LONGEST_END = 48
_SMALL = {code: code + 32 for code in range(ord("A"), ord("Z") + 1)}


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
    patterns = [*map(re.escape, ends), *(f"(?={re.escape(end)})" for end in stays)]
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
    lower = _lower(text)
    for header in HEADERS:
        if lower.startswith(header):
            return Found("header", blanks + len(header))
    for literal, tag in _LITERALS:
        if lower.startswith(literal):
            length = _past_message(lower, len(literal), whole) if tag.stays else len(literal)
            return Found("opening", blanks + length, tag, tag.ends) if length else "perhaps"
    element, _, lone_end = _patterns()
    named = element.match(text)
    if named is not None and (found := _element_found(named, blanks)) is not None:
        return found
    if (end := lone_end.match(text)) is not None:
        return Found("lone end", blanks + end.end())
    return "perhaps" if not whole and _may_become_ours(text, lower) else None


def end_in(text: str, tag: Tag, ends: tuple[str, ...]) -> tuple[int, int] | None:
    """Where thinking ends in a text: the end of the thinking and the start of what follows; None if it goes on."""
    found = _ends(ends, tag.stays).search(text)
    return found.span() if found is not None else None


def held_back(text: str, tag: Tag, ends: tuple[str, ...]) -> int:
    """How many characters at the end of a text may be the beginning of the closing tag."""
    longest = max(map(len, (*ends, *tag.stays)))
    lower = _lower(text[-longest:])
    for size in range(min(longest - 1, len(lower)), 0, -1):
        tail = lower[-size:]
        if any(end.startswith(tail) for end in (*ends, *tag.stays)):
            return size
    return 0


def lone_end_in(line: str, *, reply: str) -> int:
    """Where what follows the last closing tag of a line begins; 0 if the line has none that counts.

    A tag in inline code is only spoken of.

    Args:
        line: a line of prose.
        reply: the beginning of the whole reply.
    """
    last = ticks = seen = 0
    for match in _patterns()[2].finditer(line):
        ticks += line.count("`", seen, match.start())
        seen = match.start()
        if ticks % 2 == 0:
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
    return _element(name, "models told so by their prompt", alone=False) if _NAMED_SO.search(name) else None


def _may_become_ours(text: str, lower: str) -> bool:
    if not text or _patterns()[1].match(text) or any(start.startswith(lower) for start in _STARTS):
        return True
    return text.startswith("</") and len(text) < _LONGEST_END and ">" not in text


def _past_message(lower: str, at: int, whole: bool) -> int:
    """Behind the `<|message|>` that ends harmony's header, if it has one; 0 where that has still to be seen."""
    end = lower.find("<|message|>", at, at + _ATTRIBUTES)
    if end >= 0:
        return end + len("<|message|>")
    return at if whole or len(lower) >= at + _ATTRIBUTES else 0


def _lower(text: str) -> str:
    """In small letters, each in its place: `str.lower` makes two characters of some."""
    return text.lower() if text.isascii() else text.translate(_SMALL)
