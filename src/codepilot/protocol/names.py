"""What the name of a tag says of the text in it: thinking, a plan, an example. No table holds all the tags."""

from __future__ import annotations

import functools
import re
from typing import Final

_ELSEWHERE = (
    "思|推理|考え|考慮|생각|추론|мысл|размышл|рассужд|думк|denken|gedanke|überleg|pens[ée]e|r[ée]flex|raisonn|pensami|razona|"
    "pensier|ragiona|pensament|racioc[ií]n|düşün|myśl|rozumow|tänk|tanke|σκέψ|فكر|חשיב|सोच|विचार|suy nghĩ"
)
"""Thinking in other languages."""
_THINKING = re.compile(
    r"think|thought|reason|monologue|deliberat|brainstorm|reflect|scratch|ponder|musing|cogitat|contemplat|introspect|"
    r"ruminat|self[\W_]?talk|inner[\W_]?(?:voice|dialog|speech)|(?<![a-z])cot(?![a-z])|\Adraft\Z|"
    r"\Ainternal(?:[\W_]*(?:notes?|process|state|use|only|analysis|dialog(?:ue)?|speech|voice))?\Z|"
    + _ELSEWHERE
)
_THINKING_WORDS = (
    "a about and analysis assistant begin brainstorm brainstorming chain cot deliberation draft hidden inner internal "
    "mode model monologue my of open out aloud loud pad private process reason reasoning reflect reflection "
    "reflections scratch scratchpad silent start step steps the think thinking thought thoughts"
)
_PLAN_WORDS = "plan plans planning note notes memo todo analysis outline"
_EXAMPLE_WORDS = (
    "example examples sample samples template templates pre code blockquote quote xmp listing verbatim illustration "
    "demo draft drafts sketch snippet placeholder hypothetical dummy comment comments disabled dryrun rejected "
    "discarded wrong incorrect alternative nowiki textarea kbd samp syntaxhighlight lstlisting del strike"
)
_ACT_WORDS = "action actions execute run codepilot tool_call tool_calls function_call function_calls"
_ONLY_THINKING = frozenset(_THINKING_WORDS.split())
_ASIDE = frozenset(_PLAN_WORDS.split()) | frozenset(_EXAMPLE_WORDS.split())
_ACTS = frozenset(_ACT_WORDS.split())
_WIDE_FORMS = "＜＞〈〉《》⟨⟩«»‹›◁▷［］【】〔〕「」『』｛｝（）｜／▁＿"
_COMMON_FORMS = "<><><><><><><>[][][][][]{}()|/__"
_WIDE = str.maketrans(_WIDE_FORMS, _COMMON_FORMS)
_SMALL = {code: code + 32 for code in range(ord("A"), ord("Z") + 1)}


def plain(text: str) -> str:
    """The same with brackets in their common shape, each in its place."""
    return text if text.isascii() else text.translate(_WIDE)


def pattern_of(text: str) -> str:
    """A regular expression for a text in whatever shape its brackets are."""
    return "".join(map(_shapes_of, plain(text)))


@functools.cache
def _shapes_of(character: str) -> str:
    wide = [form for form, common in zip(_WIDE_FORMS, _COMMON_FORMS, strict=True) if common == character]
    return f"[{re.escape(character)}{''.join(wide)}]" if wide else re.escape(character)


def lower(text: str) -> str:
    """In small letters, each in its place: `str.lower` makes two characters of some."""
    return text.lower() if text.isascii() else text.translate(_SMALL)


def is_thinking(name: str) -> bool:
    """A tag of this name holds what the model thinks."""
    return _THINKING.search(name.casefold()) is not None


def is_only_thinking(name: str) -> bool:
    """The same where other words would make a remark of it, as in `(I think so)`."""
    return is_thinking(name) and set(re.findall("[a-z]+", name.casefold())) <= _ONLY_THINKING


def is_aside(name: str) -> bool:
    """A tag of this name holds what is not meant to run: thinking, a plan, an example."""
    return is_thinking(name) or not _ASIDE.isdisjoint(words(name))


def is_act(name: str) -> bool:
    """A tag of this name says itself that what it holds is meant."""
    return name.casefold().replace(" ", "_") in _ACTS


def words(name: str) -> list[str]:
    """The words of a name, in small letters."""
    apart = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name)
    return re.findall(r"[^\W\d_]+", apart.casefold())


BEGIN: Final = frozenset(["begin", "start", "open", "of", "the", "my"])
END: Final = frozenset(["end", "close", "stop", "closed", "endregion", "finished", "done", "over"])
