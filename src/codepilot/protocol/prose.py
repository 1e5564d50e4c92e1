"""What the prose around a display fence says of it: the model's own act, a file's content, or an example."""

from __future__ import annotations

import ast
import re
from typing import Final

from codepilot.protocol.blocks import DisplayFence, Prose, Reply
from codepilot.protocol.calls import python_tree
from codepilot.protocol.fences import read_fence
from codepilot.protocol.stops import END_TOKENS

_PYTHON = "python py python3 tool_code tool_call tool tools code ipython codepilot_python"
_SHELL = (
    "bash sh shell zsh fish console terminal shell-session shellscript cmd powershell run execute exec "
    "mswea_bash_command"
)
_PROGRAMMING = (
    "js javascript mjs cjs jsx ts typescript tsx vue svelte ruby rb go golang rust rs java kotlin kt swift scala "
    "groovy c h cpp c++ cxx hpp cs csharp c# fsharp php perl pl lua luau r julia jl dart elixir ex erlang "
    "haskell ocaml ml clojure clj lisp scheme nim zig d v crystal solidity sol matlab octave objc sql graphql"
)
_DATA = "json json5 jsonc xml tool_call tool_calls tool_code tool_use function_call text txt diff patch"
PYTHON: Final = frozenset(_PYTHON.split())
SHELL: Final = frozenset(_SHELL.split())
DATA: Final = frozenset(_DATA.split())
PROGRAMMING: Final = frozenset(_PROGRAMMING.split())
"""Other languages, in which a call of `find` is the person's code."""
_DIFF = frozenset(["diff", "patch", "udiff"])
_DIFFED = re.compile(r"^\+\+\+ (?:b/)?(?P<path>(?!/dev/null)[^\t\n]+)|^@@ -\d", re.MULTILINE)

_PATH = re.compile(
    r"(?:\A|[\s:=\"'(`*])(?P<path>(?:[\w.-]+/)*[\w-][\w.-]*\.[A-Za-z]\w{0,7})(?=\Z|[\s\"')`*:,])"
)
# Words with which a model announces its own next act. A gerund only begins a sentence without "is" or "takes";
# to show, explain or recommend is an answer.
_TELLS = (
    r"(?: (?:also|briefly|first|just|now|quickly|simply))*"
    r" (?:answer|describe|demonstrate|explain|give|illustrate|know|outline|present|quote|recommend|say|share|suggest|"
    r"summari[sz]e|tell|show (?:you|how|what|why|where|an? )|look at how|see how|assume|suppose|imagine)\b"
)
_ANNOUNCED = re.compile(
    rf"\b(?:i'?ll|i’ll|i will|i am going to|i'?m going to|let me|let[’']?s|(?<!what )i need to)\b(?!{_TELLS})"
    rf"|\b(?:i'?m now|now i|first,? i)\b(?! (?:get|getting|have|see|seeing|would)\b)(?!{_TELLS})"
    r"|(?:\A|[.:!…] +)(?:now )?(?:running|checking|creating|updating|writing|removing|deleting)\b"
    r"(?![^.:!]*\b(?:can|is|are|looks?|means|needs?|requires?|takes?|was|works?|would)\b)",
    re.IGNORECASE,
)
_ASKS = re.compile(r"\?|\b(?:confirm\w*|(?:once|if|when|as soon as) you|send me|tell me)\b", re.IGNORECASE)
"""The act waits for the person, or is theirs."""
_TOLD = re.compile(r"\AI (?!(?:suggest|recommend|would|could|can|might|think|mean)\b)\w+", re.IGNORECASE)
_WRITES = re.compile(
    r"\b(?:creat|writ|updat|sav|add|chang|fix|edit|replac|modif|implement)\w*\b", re.IGNORECASE
)
_HANDED_OVER = re.compile(
    r"\b(?:you (?:can|could|may|might|should|would|need)|for example|e\.g\.|for instance|your own|looks like this)\b",
    re.IGNORECASE,
)
# "I change the port.": the same before a file whose name stands above its fence.
_CHANGES = re.compile(
    r"\AI (?:now )?(?:add|change|create|edit|fix|implement|make|modify|replace|rewrite|save|set|update|write)\b",
    re.I,
)
_LABEL = re.compile(r"[ \t]*[*`]{0,3}(?P<path>(?:[\w.-]+/)*[\w-][\w.-]*\.[A-Za-z]\w{0,7})[*`]{0,3}:?[ \t]*\Z")
_REACT = re.compile(r"[ \t]*[*_]*thoughts?[*_]*:", re.IGNORECASE)
_ACTION = re.compile(r"\W*action\W*\Z", re.IGNORECASE)
_MAX_LINE = 4_000  # nobody writes a call as one longer line, and the patterns need not be linear in it

Plain = list[tuple[int, str]]
"""Numbered lines of the prose."""


def is_act(plain: Plain, fence: DisplayFence) -> bool:
    """A fence at the end of the prose that the model means as its own next act."""
    spoken = language(fence)
    means = spoken in PYTHON | SHELL or bool(file_of(plain, fence))
    if not words_before(plain, fence) and not file_of(plain, fence) and _only_defines(fence):
        return False
    own = is_own(plain, fence) or (bool(label(plain, fence)) and announces_change(words_before(plain, fence)))
    return means and bool(fence.text.strip()) and ends_prose(plain, fence) and own


def _only_defines(fence: DisplayFence) -> bool:
    """Functions and classes and nothing that uses them: what is shown, not done."""
    tree = python_tree(fence.text) if language(fence) in PYTHON else None
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
    return (
        tree is not None
        and any(isinstance(each, kinds) for each in tree.body)
        and all(isinstance(each, (*kinds, ast.Import, ast.ImportFrom)) for each in tree.body)
    )


def is_own(plain: Plain, fence: DisplayFence) -> bool:
    """The model announces the fence as its own act, or says nothing before it."""
    words = words_before(plain, fence)
    if _is_the_persons(words):
        return False
    announced = not words or _ANNOUNCED.search(words) is not None or _ACTION.match(words) is not None
    return announced or _follows_a_thought(plain, fence)


def _follows_a_thought(plain: Plain, fence: DisplayFence) -> bool:
    """A command below `THOUGHT:`, as prompts of agents ask for it."""
    return language(fence) in PYTHON | SHELL and any(
        number < fence.line and _REACT.match(line) for number, line in plain
    )


def is_told(plain: Plain, fence: DisplayFence) -> bool:
    """The same, or the model tells of itself: "I list."."""
    words = words_before(plain, fence)
    return is_own(plain, fence) or (_TOLD.match(words) is not None and not _is_the_persons(words))


def is_announced(words: str) -> bool:
    """The words surely announce the model's own next act, also where more words follow the fence."""
    return _ANNOUNCED.search(words) is not None and not _is_the_persons(words)


def _is_the_persons(words: str) -> bool:
    return _HANDED_OVER.search(words) is not None or _ASKS.search(words) is not None


def announces_change(words: str) -> bool:
    """The model says in the present tense that it changes a file: "I fix the port."."""
    return _CHANGES.match(words) is not None


def file_of(plain: Plain, fence: DisplayFence) -> str:
    """The file whose content a fence seems to be: named above it, in its info string, or in the words before it."""
    return label(plain, fence) or named_file(fence, words_before(plain, fence))


def label(plain: Plain, fence: DisplayFence) -> str:
    """The path that stands alone on the line above a fence."""
    above = next((line for number, line in plain if number == fence.line - 1), "")
    named = _LABEL.match(above)
    return named["path"] if named is not None and language(fence) not in SHELL | _DIFF else ""


def named_file(fence: DisplayFence, words: str) -> str:
    """The file whose content a fence seems to be: named in its info string, or in the words before it."""
    named = _PATH.search(fence.info)
    if named is None and is_diff(fence):
        named = next((match for match in _DIFFED.finditer(fence.text) if match["path"]), None)
    if named is None and words and _WRITES.search(words) and language(fence) not in SHELL:
        named = next(reversed(list(_PATH.finditer(words))), None)
    return named["path"] if named is not None else ""


def is_diff(fence: DisplayFence) -> bool:
    """The fence shows a change of a file, not its content."""
    return language(fence) in _DIFF or _DIFFED.search(fence.text) is not None


def words_before(plain: Plain, fence: DisplayFence) -> str:
    """The paragraph before a fence. Where the fence has a label, labels are no words."""
    words: list[str] = []
    labelled, follows = bool(label(plain, fence)), 0
    for number, line in reversed(plain):
        fenced, follows = follows != number + 1, number
        if number > fence.line or (labelled and fenced and _LABEL.match(line)):
            continue
        if line.strip():
            words.append(line)
        elif words:
            break
    return " ".join(reversed(words))


def ends_prose(plain: Plain, fence: DisplayFence) -> bool:
    """No words follow the fence; a completion may."""
    return not any(number > fence.end_line and END_TOKENS.sub("", line).strip() for number, line in plain)


def language(fence: DisplayFence) -> str:
    """The language that a fence names, in small letters."""
    words = re.split(r"[\s:=]", fence.info, maxsplit=1)
    return words[0].lower().strip("{}.")


def shown(fence: DisplayFence) -> str:
    """How a sentence speaks of a fence."""
    return f"a `{fence.info}` block" if fence.info else "an unnamed block"


def plain_text(reply: Reply) -> Plain:
    """The numbered lines of the prose that stand in no display fence."""
    shown: set[int] = set()
    for fence in reply.display:
        shown.update(range(fence.line, fence.end_line + 1))
    return [
        (number, line)
        for part in reply.parts
        if isinstance(part, Prose)
        for number, line in enumerate(part.text.split("\n"), part.line)
        if number not in shown and len(line) <= _MAX_LINE and read_fence(line) is None
    ]
