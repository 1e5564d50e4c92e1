"""Calls written as text: JSON, Python, ReAct, and the special tokens of many chat templates."""

from __future__ import annotations

import ast
import json
import re
from itertools import islice
from typing import Final

from codepilot.protocol.calls import Tools, is_signature, python_tree
from codepilot.protocol.foreign.reading import (
    Call,
    Found,
    a_call,
    call_of,
    json_object,
    name_in_broken_json,
    python_call,
    whatever,
)

_MAX_TRIES: Final = 50
"""Places at which a call is looked for: each may cost the length of the text."""
_OBJECT = re.compile(r"^[ \t]*(?:\[\s*)?\{", re.MULTILINE)


def json_call(text: str, tools: Tools) -> Found | None:
    """`{"name": …, "arguments": …}` in its many spellings."""
    decoder = json.JSONDecoder()
    for match in islice(_OBJECT.finditer(text), _MAX_TRIES):
        start = match.end() - 1
        try:
            value, _ = decoder.raw_decode(text, start)
        except (ValueError, RecursionError):
            name = name_in_broken_json(text[start : start + 400])
            if name is not None:
                return a_call(start, (name, {}, ()), tools)
            continue
        call = call_of(value)
        if call is not None and (found := a_call(start, call, tools)).known:
            return found
    return None


_MARKS = re.compile(
    r"\[TOOL_CALLS\]|\[TOOL_REQUEST\]|functools(?=\[)"
    r"|<[|｜](?:tool[▁_ ]?calls?(?:[▁_](?:section[▁_])?(?:begin|start))?|tool[▁_]sep|python_tag|START_ACTION"
    r"|tools_prefix|action_start)[|｜]>"
    r"|<start_function_call>|<\|tool_call>"
)
_SEPARATORS = re.compile(
    r"<[|｜][^<>\n]{1,40}[|｜]>|\[ARGS\]|\[CALL_ID\]\w*|<start_function_call>|<escape>|\bcall:|(?<=[>\s])function(?=<)"
)


def _is_code(text: str, at: int) -> bool:
    """The place lies in inline code, where a token is only spoken of."""
    return text.count("`", text.rfind("\n", 0, at) + 1, at) % 2 == 1


def _is_spoken_of(text: str, mark: re.Match[str]) -> bool:
    """A token in inline code, in the middle of a sentence, or alone as a list's item."""
    line = text[text.rfind("\n", 0, mark.start()) + 1 : mark.start()]
    rest = text[mark.end() :].partition("\n")[0].strip()
    if not line.strip():
        return False
    listed = _LIST_SIGN.match(line) is not None and not rest
    in_sentence = re.match(r"[a-z,.;]", rest) is not None and line.rstrip()[-1].isalnum() and "{" not in rest
    return _is_code(text, mark.start()) or listed or in_sentence


_LIST_SIGN = re.compile(r"\s*(?:[-*+•]|\d+[.)])\s+\Z")


def special_tokens(text: str, tools: Tools) -> Found | None:
    """`[TOOL_CALLS]`, `<｜tool▁calls▁begin｜>` and their kin."""
    mark = next((mark for mark in _MARKS.finditer(text) if not _is_spoken_of(text, mark)), None)
    if mark is None:
        return None
    rest = re.sub(r"function<[|｜]tool[▁_]sep[|｜]>", " ", text[mark.end() :])
    read = whatever(_SEPARATORS.sub(" ", rest))
    return a_call(mark.start(), read or ("", {}, ()), tools)


_HARMONY = re.compile(r"to=(?P<name>(?:functions\.)?[\w.]+)")
_HARMONY_LINE = re.compile(
    r"^.*?(?:<\|channel\|>|commentary\s|assistant).{0,40}to=|^to=functions\.", re.MULTILINE
)


def harmony(text: str, tools: Tools) -> Found | None:
    """`to=functions.read_file`, with or without gpt-oss's tokens."""
    line = next((line for line in _HARMONY_LINE.finditer(text) if not _is_code(text, line.end())), None)
    named = _HARMONY.search(text, line.start()) if line is not None else None
    if line is None or named is None:
        return None
    rest = text[named.end() :]
    arguments = json_object(rest[rest.find("{") :] if "{" in rest else "")
    return a_call(line.start(), (named["name"], arguments, ()), tools)


_LISTED = re.compile(r"^[ \t]*\[(?=\w+\()", re.MULTILINE)


def python_list(text: str, tools: Tools) -> Found | None:
    """`[read_file(path="a.py")]`."""
    for match in islice(_LISTED.finditer(text), _MAX_TRIES):
        end = text.find("]\n", match.end())
        tree = python_tree(text[match.start() : end + 1 if end >= 0 else len(text)].strip())
        first = tree.body[0] if tree is not None and tree.body else None
        if isinstance(first, ast.Expr) and isinstance(first.value, ast.List) and first.value.elts:
            read = python_call(first.value.elts[0])
            if read is not None and (found := a_call(match.start(), read, tools)).known:
                return found
    return None


_ACTION = re.compile(
    r"^[ \t*]*Action\**:\**[ \t]*`?(?P<name>[A-Za-z_][\w.]*)`?(?P<rest>[^\n]*)"
    r"(?:\n[ \t*]*Action Input\**:\**(?P<input>.*))?",
    re.MULTILINE | re.IGNORECASE,
)


def _is_act(action: re.Match[str], text: str, tools: Tools) -> bool:
    """`Action:` without an input may be anybody's: it takes a call, or a tool's own name at the end."""
    rest = action["rest"].strip().strip("*")
    if rest:
        return rest[0] in "([{"
    return "_" in action["name"] or (action["name"] in tools and not text[action.end() :].strip())


def react(text: str, tools: Tools) -> Found | None:
    """`Action: read_file` and `Action Input: …`."""
    for match in _ACTION.finditer(text):
        if match["input"] is None and not _is_act(match, text, tools):
            continue
        name, given = match["name"], (match["input"] or "").strip()
        arguments = json_object(given + text[match.end() :] if given.startswith("{") else given)
        if not arguments and given:
            arguments = {
                "path": given.strip("`\"'"),
                "command": given.strip("`\"'"),
                "pattern": given.strip("`\"'"),
            }
        call = (
            python_tree(f"{name}{match['rest'].strip()}") if match["rest"].strip().startswith("(") else None
        )
        first = call.body[0] if call is not None and call.body else None
        read = python_call(first.value) if isinstance(first, ast.Expr) else None
        if (found := a_call(match.start(), read or (name, arguments, ()), tools)).known:
            return found
    return None


_PREFIXED = re.compile(
    r"^[ \t]*(?:declaration:|call:)?(?:default_api|functions)[.:](?P<name>\w+)(?P<rest>[({].*)", re.MULTILINE
)


def prefixed(text: str, tools: Tools) -> Found | None:
    """`default_api.read_file(…)`, `functions.read_file({…})`."""
    for match in _PREFIXED.finditer(text):
        rest = text[match.start("rest") :]
        if rest.startswith("({"):
            call: Call = (match["name"], json_object(rest[1:]), ())
        elif rest.startswith("{"):
            call = (match["name"], json_object(rest), ())
        else:
            call = whatever(match["name"] + match["rest"]) or (match["name"], {}, ())
        if (found := a_call(match.start(), call, tools)).known:
            return found
    return None


_MARKED = re.compile(
    r"^[ \t]*(?:>>> ?|✿FUNCTION✿: ?|<<function>> ?|(?:Tool |Function )?Call: ?)(?P<name>[A-Za-z_]\w*)"
    r"(?P<rest>\([^\n]*\)[ \t]*$|[ \t]*\n(?:✿ARGS✿: ?)?\{)",
    re.MULTILINE,
)


def marked(text: str, tools: Tools) -> Found | None:
    """`>>>read_file`, `✿FUNCTION✿: read_file`, `Call: read_file(…)`."""
    for match in islice(_MARKED.finditer(text), _MAX_TRIES):
        if match[0].lstrip().startswith(">>> ") and text[match.end() :].strip():
            continue  # a line of a Python session, with what follows it
        given = match["rest"].strip()
        if is_signature(match["name"] + given):
            continue
        if given.endswith("{"):
            call: Call | None = (match["name"], json_object(text[match.end() - 1 :]), ())
        else:
            call = whatever(match["name"] + given)
        if call is not None and (found := a_call(match.start(), call, tools)).known:
            return found
    return None


_AT_PROMPT = re.compile(r"\s*[$] (?P<command>[a-z./][^\n]*?)\s*\Z")
_SENTENCE = re.compile(r"[a-z]+ [a-z' ,]+[.!?]")


def at_prompt(text: str, tools: Tools) -> Found | None:
    """`$ ls`, where it is all that there is."""
    match = _AT_PROMPT.match(text)
    if match is None or _SENTENCE.fullmatch(match["command"]):  # "$ a month is what it costs."
        return None
    return a_call(0, ("execute", {"command": match["command"]}, ()), tools)
