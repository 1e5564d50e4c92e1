"""Brackets around a name that says thinking, in whatever shape a model writes them: `[thinking]`, `<|begin_of_x|>`.

The table of tags holds what is known of models; this holds everything else that begins a line and speaks for itself.
"""

from __future__ import annotations

import functools
import re
from typing import Final

from codepilot.protocol.names import is_only_thinking, is_thinking, lower, plain
from codepilot.protocol.tags import Tag

_NAME = r"(?P<name>[^\W_](?:[\w .:'’-]{0,38}\w)?)"
_SHAPES: Final = (
    # what stands before the name, after it, and which tags close it
    (r"<\|\s?", r"\s?\|>", ("<|{}|>", "</|{}|>", "<{}|>", "<{}>")),
    (r"\\?<", r"\\?>", ("<{}>", "\\<{}>", "\\<{}\\>", "<{}\\>")),
    (r"<<", r">>", ("<<{}>>",)),
    (r"&lt;", r"&gt;", ("&lt;{}&gt;", "<{}>")),
)
"""Brackets in which prose holds no words."""
_SHAPES_ALONE: Final = (
    (r"\[", r"\]", ("[{}]",)),
    (r"\[\[", r"\]\]", ("[[{}]]",)),
    (r"\{", r"\}", ("{{{}}}",)),
    (r"\{\{", r"\}\}", ("{{{{{}}}}}",)),
    (r"\{% ?", r" ?%\}", ("{{% {} %}}", "{{%{}%}}")),
    (r"\(", r"\)", ("({})",)),
    (r"<\|im_start\|> ?", r"", ("<|im_end|>",)),
)
"""Brackets that prose has, too: only alone on a line, and with no other words in them."""
_AFFIXES = re.compile(
    r"(?:(?:begin|start|open)(?:[_ -]?of)?[_ -](?=\w))?(?P<core>.*?)(?:[_ -](?:begin|start|open))?\Z"
)
_PREFIX = re.compile(
    r"(?:\\?<{1,2}\|? ?(?:im_start\|> ?)?|\\|\[{1,2}|\{{1,2}%? ?|\(|&l?t?;?)[\w .:'’-]{0,40}[\]|}%>\\)&;gt \t]{0,12}\Z"
)
_ENDS = (
    "/{}",
    "/ {}",
    "\\/{}",
    "end_of_{}",
    "end_{}",
    "end-{}",
    "end of {}",
    "end {}",
    "{}_end",
    "{} end",
    "end{}",
)
_COMMON_ENDS = ("</think>", "</thinking>", "</thought>")


@functools.cache
def _patterns() -> tuple[tuple[re.Pattern[str], tuple[str, ...], bool], ...]:
    """Each shape, what closes it, and whether it has to stand alone. Compiled when the first line wants it."""
    return tuple(
        (re.compile(f"{before}{_NAME}{after}{rest}"), ends, bool(rest))
        for shapes, rest in ((_SHAPES, ""), (_SHAPES_ALONE, r"[ \t]{0,8}\Z"))
        for before, after, ends in shapes
    )


def pair_at(text: str, *, whole: bool) -> tuple[int, Tag] | None:
    """The pair that a line begins with: how long its opening is, and the pair as a tag.

    Args:
        text: the line as far as it has come, without the blanks before it.
        whole: nothing more of it comes.
    """
    seen = lower(plain(text))
    for pattern, ends, alone in _patterns():
        found = pattern.match(seen)
        if found is None or (alone and not whole):
            continue
        if (is_only_thinking if alone else is_thinking)(found["name"]):
            return found.end(), _tag(text[: found.end()].rstrip(), found["name"], ends)
    return None


def may_become_pair(text: str) -> bool:
    """More of the line has to be seen before it is known whether a pair begins it."""
    return _PREFIX.match(plain(text)) is not None


def element_ends(name: str) -> tuple[str, ...]:
    """What closes an element that says in its name that it begins something: `<think_start>`."""
    core = _core(name)
    return tuple(f"<{end.format(core)}>" for end in _ENDS) if core != name else ()


def _core(name: str) -> str:
    affixes = _AFFIXES.match(name)
    return affixes["core"] if affixes is not None else name


@functools.lru_cache(maxsize=64)
def _tag(shown: str, name: str, shapes: tuple[str, ...]) -> Tag:
    named = [end.format(each) for each in dict.fromkeys([_core(name), name]) for end in _ENDS]
    ends = dict.fromkeys(shape.format(each) for shape in shapes for each in named)
    return Tag(
        name=shown,
        end=next(iter(ends)),
        models="models told so by their prompt",
        ends=(*ends, *(() if shown.startswith("<<") else _COMMON_ENDS)),  # no end may hold another one
        alone=False,
    )
