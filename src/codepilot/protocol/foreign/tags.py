"""Calls written as elements: XML of many kinds, the tool's name as a tag, one of our blocks as a tag."""

from __future__ import annotations

import html
import re
from typing import Any

from codepilot.protocol.calls import Tools
from codepilot.protocol.foreign.reading import Found, a_call, json_object, whatever
from codepilot.protocol.habits import ELSEWHERE
from codepilot.protocol.mends import Form, form_of_code

_XML = re.compile(
    r"^[ \t]*<(?:[\w-]+:)?(?P<tag>"
    r"invoke|function_calls?|tool_calls?|tool_use|tool_code|use_tool|function(?==)|longcat_tool_call"
    r"|｜DSML｜(?:function_calls|invoke)"
    r")\b[^>\n]*>",
    re.MULTILINE,
)
_INVOKE = re.compile(
    r"<(?:[\w-]+:|｜DSML｜)?(?:invoke|function)(?:\s+name=|=)[\"']?(?P<name>[\w.-]+)[\"']?\s*>(?P<body>.*?)"
    r"(?:</(?:[\w-]+:|｜DSML｜)?(?:invoke|function)>|\Z)",
    re.DOTALL,
)
_PARAMETER = re.compile(
    r"<(?:[\w-]+:|｜DSML｜)?parameter(?:\s+name=|=)[\"']?(?P<key>\w+)[\"']?[^>]*>(?P<value>.*?)"
    r"</(?:[\w-]+:|｜DSML｜)?parameter>",
    re.DOTALL,
)
_KEY_VALUE = re.compile(
    r"<(?:longcat_)?arg_key>(?P<key>\w+)</(?:longcat_)?arg_key>\s*"
    r"<(?:longcat_)?arg_value>(?P<value>.*?)</(?:longcat_)?arg_value>",
    re.DOTALL,
)


def xml(text: str, tools: Tools) -> Found | None:
    """`<tool_call>`, `<invoke name=…>`, `<function=…>` and their kin."""
    call = _XML.search(text)
    if call is None:
        return None
    inner = _INVOKE.search(text, call.start())
    if inner is not None:
        arguments = {match["key"]: match["value"].strip("\n") for match in _PARAMETER.finditer(inner["body"])}
        return a_call(call.start(), (inner["name"], arguments or json_object(inner["body"]), ()), tools)
    rest = text[call.end() :]
    pairs = {match["key"]: match["value"].strip("\n") for match in _KEY_VALUE.finditer(rest)}
    named = re.match(r"\s*([A-Za-z_][\w.]*)", rest)
    if pairs and named is not None:
        return a_call(call.start(), (named[1], pairs, ()), tools)
    read = whatever(rest)
    return a_call(call.start(), read or (call["tag"], {}, ()), tools)


_MAX_BODY = 4_000
_TOOL_TAG = re.compile(r"^[ \t]*<(?P<name>[a-z_]+)(?=[\s>/])(?P<attributes>[^>\n]*)>", re.MULTILINE)
_NO_CALLS = frozenset(["think", "done"])
"""Tags that mean something else."""
_NO_HTML = frozenset(["bash", "sh", "shell", "cmd", "terminal", "powershell", "exec", "python", "ipython"])
"""One-word tags of elsewhere that no page has; a closed one is a call."""


def tool_as_tag(text: str, tools: Tools) -> Found | None:
    """`<read_file><path>…</path></read_file>`."""
    for match in _TOOL_TAG.finditer(text):
        name = match["name"]
        # Other one-word tags of elsewhere may be HTML.
        elsewhere = name in ELSEWHERE and ("_" in name or _is_closed(name, text[match.end() :]))
        if name in _NO_CALLS or not (name in tools or elsewhere):
            continue
        body = text[match.end() :].partition(f"</{name}>")[0][:_MAX_BODY]
        arguments: dict[str, Any] = {
            key: value.strip("\n") for key, value in re.findall(r"<(\w+)>(.*?)</\1>", body, re.DOTALL)
        }
        arguments |= dict(re.findall(r"(\w+)=[\"']([^\"']*)[\"']", match["attributes"]))
        if not arguments and body.strip():
            words = body.strip()
            arguments = json_object(body) or {"command": words, "path": words, "content": body, "code": words}
        elif body.strip() and "<" not in body:
            arguments.setdefault("content", body)
        return a_call(match.start(), (name, arguments, ()), tools)
    return None


def _is_closed(name: str, rest: str) -> bool:
    body, closing, _ = rest.partition(f"</{name}>")
    return name in _NO_HTML and bool(closing and body.strip())


_OUR_TAG = re.compile(
    r"^[ \t]*<(?P<name>codepilot|completion)>(?P<body>.*?)(?:</(?P=name)>|\Z)", re.MULTILINE | re.DOTALL
)
_HTML_CODE = re.compile(
    r"^[ \t]*(?:<pre\b[^>\n]*>\s*)?<(?:code|pre)\b[^>\n]*\b(?:language-|lang=[\"']?)(?P<name>codepilot|completion)\b"
    r"[^>\n]*>(?P<body>.*?)(?:</(?:code|pre)>|\Z)",
    re.MULTILINE | re.DOTALL,
)


def our_block_as_tag(text: str, tools: Tools) -> Found | None:
    """`<codepilot>…</codepilot>`, `<pre><code class="language-codepilot">…`."""
    if (mark := _OUR_TAG.search(text)) is not None:
        return _our_block(mark, mark["body"], tools)
    if (mark := _HTML_CODE.search(text)) is not None:
        return _our_block(mark, html.unescape(mark["body"]), tools)
    return None


def _our_block(mark: re.Match[str], body: str, tools: Tools) -> Found:
    body = body.strip("\n")
    form = (
        form_of_code(body, tools)
        if mark["name"] == "codepilot"
        else Form("", completion=body.strip() or "Done.")
    )
    return Found(mark.start(), mark["name"], form, True)
