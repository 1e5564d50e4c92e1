"""The ways in which the prose of a reply means to act: blocks in the wrong place or fence, calls in another shape."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable

from codepilot.protocol.blocks import DisplayFence, Reply
from codepilot.protocol.calls import PREFIXES, Tools, called_tools, is_signature, python_tree
from codepilot.protocol.claims import form_of_fence, invented_turn, told_as_done
from codepilot.protocol.correction import MAX_EXAMPLE, correction
from codepilot.protocol.foreign import ForeignCall, find_call
from codepilot.protocol.mends import form_of_code
from codepilot.protocol.nearly import is_nearly_ours, means_calls, only_calls
from codepilot.protocol.parser import parse_reply
from codepilot.protocol.prose import (
    DATA,
    PROGRAMMING,
    PYTHON,
    Plain,
    ends_prose,
    is_act,
    is_own,
    is_told,
    language,
    plain_text,
    shown,
    words_before,
)

_MAX_WRAPPERS = 3
_MAX_LINES = 40
_NEARLY = re.compile(r"[^\w]*code[-_ ]?pilot\b", re.IGNORECASE)
_MISPLACED = re.compile(r"(?P<before>.*?)(?P<run>`{3,}|~{3,})[ \t]*codepilot\b[^`]*\Z", re.IGNORECASE)
_ESCAPED = re.compile(r"[\"']?(?P<before>(?:.*?\\n)?)(?:`{3,}|~{3,})(?:codepilot|completion)\\n")
_EVERYDAY = re.compile(r"[a-z]+\Z")
"""A name such as `create` or `run`, which any data may hold."""
_ESCAPE = re.compile(r"\\(.)")
_ESCAPES = {"n": "\n", "t": "\t", "r": ""}
_ON_ONE_LINE = re.compile(
    r"[ \t]*(?P<run>`{3,})[ \t]*codepilot[ \t]+(?P<code>[^`]+)(?P=run)[ \t]*\Z", re.IGNORECASE
)


def act_in_prose(reply: Reply, tools: Tools) -> str | None:
    """The correction for the first act that the prose means; None where it is plain talk."""
    plain = plain_text(reply)
    looks: tuple[Callable[[Reply, Plain, Tools], str | None], ...] = (
        _escaped,
        _wrapped,
        _misplaced,
        _fence_that_calls,
        _foreign,
        _bare_call,
        _last_fence,
        invented_turn,
        told_as_done,
    )
    return next((found for look in looks if (found := look(reply, plain, tools)) is not None), None)


def _escaped(reply: Reply, plain: Plain, tools: Tools) -> str | None:
    """The whole reply on one line: its line breaks are carriage returns, or escaped as in a JSON text."""
    line = reply.raw.strip()
    if "\n" in line:
        return None
    if "\r" in line:
        text, what = line.replace("\r", "\n"), "the lines of the reply end in carriage returns alone"
    elif (mark := _ESCAPED.match(line)) is not None and "`" not in mark["before"].replace("```", ""):
        text, what = _unescaped(line), r"the line breaks of the reply are escaped (`\n`)"
    else:
        return None
    inner = parse_reply(text)
    if not (inner.control or inner.completion or inner.payloads):
        return None
    code = inner.control.text[:MAX_EXAMPLE] if inner.control is not None else 'read_file("src/app.py")'
    whole = inner.sound and len(text) <= MAX_EXAMPLE
    return correction(
        what=f"{what}, so it is one line and holds no block. Each line ends with a newline",
        where="line 1",
        instead=text if whole else form_of_code(code, tools).markdown(),
    )


def _unescaped(line: str) -> str:
    """A text without one level of escapes, and without the quotes around it."""
    if line[0] in "\"'":
        line = line[1:].removesuffix(line[0])
    return _ESCAPE.sub(lambda found: _ESCAPES.get(found[1], found[1]), line)


def _wrapped(reply: Reply, plain: Plain, tools: Tools) -> str | None:
    """The whole reply inside one display fence."""
    for fence in reply.display:
        inner = parse_reply(fence.text)
        for _ in range(_MAX_WRAPPERS):
            alone = len(inner.display) == 1 and not any(line.strip() for _, line in plain_text(inner))
            if not alone or inner.control:
                break
            inner = parse_reply(inner.display[0].text)
        meant = inner.control or inner.completion or (inner.payloads or (None,))[0]
        if meant is None or not ends_prose(plain, fence) or not is_own(plain, fence):
            continue
        whole = inner.sound and len(inner.raw) <= MAX_EXAMPLE
        code = inner.control.text[:MAX_EXAMPLE] if inner.control is not None else 'read_file("src/app.py")'
        return correction(
            what=f"the blocks stand inside {shown(fence)}, so they are only shown. Leave the fence around them out",
            where=f"lines {fence.line}–{fence.end_line}",
            instead=inner.raw if whole else form_of_code(code, tools).markdown(),
        )
    return None


def _misplaced(reply: Reply, plain: Plain, tools: Tools) -> str | None:
    """A codepilot fence that is none: too far indented, quoted, or in the middle of a line."""
    for index, (number, line) in enumerate(plain):
        inline = _ON_ONE_LINE.match(line)
        if inline is not None and called_tools(inline["code"], tools):
            return correction(
                what="the fences stand on one line with the code, which makes it inline code; each has its own line",
                where=f"line {number}",
                instead=form_of_code(inline["code"].strip()[:MAX_EXAMPLE], tools).markdown(),
            )
        match = _MISPLACED.match(line)
        if match is None or "`" in match["before"].replace("``", ""):
            continue
        indent = len(line) - len(line.lstrip(" >\t"))
        code: list[str] = []
        for _, following in plain[index + 1 :]:
            if following.strip(" >\t").startswith(match["run"]):
                break
            code.append(following[indent:] if not following[:indent].strip(" >\t") else following)
        text = "\n".join(code)
        if not called_tools(text, tools) and python_tree(text) is None:
            text = 'read_file("src/app.py")'
        return correction(
            what="the `codepilot` fence does not stand at the start of a line, so it opens no block",
            where=f"line {number}",
            instead=form_of_code(text[:MAX_EXAMPLE], tools).markdown(),
        )
    return None


def _fence_that_calls(reply: Reply, plain: Plain, tools: Tools) -> str | None:
    for fence in reply.display:
        spoken = language(fence)
        nearly = _NEARLY.match(fence.info) is not None or (
            spoken in PYTHON and "codepilot" in fence.info.lower()
        )
        misspelled = is_nearly_ours(spoken)
        looks = nearly or spoken in PYTHON or not spoken or misspelled or _is_meant(plain, fence, tools)
        names = called_tools(fence.text, tools) if looks else []
        if not nearly and not (names and (misspelled or means_calls(plain, fence, tools))):
            continue
        fenced = f"is fenced as `{fence.info}`" if fence.info else "has no language"
        does = f" and calls {', '.join(names[:4])}" if names else ""
        code = fence.text if len(fence.text) <= MAX_EXAMPLE else f"{(names or ['print'])[0]}(…)"
        return correction(
            what=f"the block {fenced}{does}; only a `codepilot` block runs",
            where=f"lines {fence.line}–{fence.end_line}",
            instead=form_of_code(code, tools).markdown(),
        )
    return None


def _is_meant(plain: Plain, fence: DisplayFence, tools: Tools) -> bool:
    """A fence of any name with nothing but calls in it, at the end of the model's own words.

    In a programming language it is the person's code, unless nothing else is said.
    """
    if language(fence) in PROGRAMMING and words_before(plain, fence):
        return False
    return ends_prose(plain, fence) and is_told(plain, fence) and only_calls(fence.text, tools)


def _foreign(reply: Reply, plain: Plain, tools: Tools) -> str | None:
    call = find_call("\n".join(line for _, line in plain), tools)
    line = plain[min(call.line, len(plain)) - 1][0] if call is not None else 0
    whole = find_call(reply.prose, tools) if call is not None else None
    if call is not None and whole is not None and whole.shape == call.shape:
        call = whole  # DeepSeek's arguments stand in a fence
    if call is None:
        for fence in reply.display:
            call = find_call(fence.text, tools, first_line=fence.line + 1)
            data = language(fence) in DATA or not fence.info
            if call is not None and _counts(call, plain, fence, tools, data=data):
                line = call.line
                break
            call = None
    if call is None:
        return None
    named = f" ({call.name})" if call.name else ""
    if not call.known and call.name:
        named += f", which is not a tool here (there are {', '.join(tools)})"
    said = call.said or f"{'a tool call' if call.name else 'a change of a file'} written as {call.shape}"
    return correction(
        what=f"{said}{named}; tools are called in Python, in a `codepilot` block",
        where=f"line {line}",
        instead=call.form.markdown(),
    )


def _counts(call: ForeignCall, plain: Plain, fence: DisplayFence, tools: Tools, *, data: bool) -> bool:
    """A call in a fence: data may look like one, and so may code of another kind."""
    edit = not call.name
    if call.shape in ("a command at a prompt", "a diff in no fence"):
        return False  # in a fence they may only be shown; `is_act` looks at those that are announced
    if not (data or edit):
        return False
    if call.shape in ("JSON", "XML") and _EVERYDAY.match(call.name) and call.name not in tools:
        return ends_prose(plain, fence) and is_told(plain, fence)
    if call.shape == "XML":
        return ends_prose(plain, fence) or bool(words_before(plain, fence) and is_told(plain, fence))
    return call.name in tools or ends_prose(plain, fence)


def _bare_call(reply: Reply, plain: Plain, tools: Tools) -> str | None:
    """Calls that stand alone on lines of the prose, without any fence."""
    starts = re.compile(rf"(?:\w+ = |print\(|await )?(?:(?:{'|'.join(PREFIXES)})\.)?(?P<name>\w+)\(")
    for index, (number, line) in enumerate(plain):
        match = starts.match(line)
        if match is None or match["name"] not in tools or not line.rstrip().endswith(")"):
            continue
        code = line.strip()
        if is_signature(code):
            continue
        for _, following in plain[index + 1 : index + _MAX_LINES]:
            if python_tree(f"{code}\n{following}") is None:
                break
            code += f"\n{following}"
        tree = python_tree(code)
        if tree is None or not isinstance(tree.body[0], ast.Expr | ast.Assign):
            continue
        return correction(
            what=f"{match['name']}(…) stands in the prose, outside any block",
            where=f"line {number}",
            instead=form_of_code(code.strip()[:MAX_EXAMPLE], tools).markdown(),
        )
    return None


def _last_fence(reply: Reply, plain: Plain, tools: Tools) -> str | None:
    """A block at the very end, announced as the model's own next act or standing alone."""
    if not reply.display or not is_act(plain, reply.display[-1]):
        return None
    fence = reply.display[-1]
    form = form_of_fence(fence, plain, tools)
    return correction(
        what=f"the reply ends with {shown(fence)}, which is only shown; a `codepilot` block runs",
        where=f"lines {fence.line}–{fence.end_line}",
        instead=form.markdown(),
    )
