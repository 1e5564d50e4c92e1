"""Tells a reply that means to act, but does not, from one that is only talk.

A reply without a control block ends the task. Models slip: they fence their call as ``python``, write JSON or
XML as another system taught them, or forget the closing fence. Such a reply gets a correction instead of
being taken for the last word. It is never executed, and when in doubt talk stays talk.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Collection

from codepilot.protocol.blocks import DisplayFence, Prose, Reply, Thinking
from codepilot.protocol.correction import MAX_EXAMPLE, block, control_block, correction, refusal
from codepilot.protocol.fences import read_fence
from codepilot.protocol.foreign import called_tools, find_call, python_tree
from codepilot.protocol.parser import parse_reply

BUILTIN_TOOLS = (
    "read_file",
    "write_file",
    "edit_file",
    "find",
    "execute",
    "read_output",
    "send_input",
    "terminate_terminal",
    "run_command",
    "ask_user",
    "think",
    "done",
)

_PYTHON = frozenset(
    {
        "python",
        "py",
        "python3",
        "tool_code",
        "tool_call",
        "tool",
        "tools",
        "code",
        "ipython",
        "codepilot_python",
    }
)
_SHELL = frozenset(
    {"bash", "sh", "shell", "zsh", "console", "terminal", "shell-session", "cmd", "powershell"}
)
_DATA = frozenset(
    {
        "json",
        "json5",
        "jsonc",
        "xml",
        "tool_call",
        "tool_calls",
        "tool_code",
        "tool_use",
        "function_call",
        "text",
        "txt",
    }
)
_NEARLY = re.compile(r"[^\w]*code[-_ ]?pilot\b", re.IGNORECASE)
_MISPLACED = re.compile(r"(?P<before>.*?)(?P<run>`{3,}|~{3,})[ \t]*codepilot\b[^`]*\Z", re.IGNORECASE)

# Words with which a model announces its own next act, and words with which it hands one to the person.
_ANNOUNCED = re.compile(
    r"\b(?:i'?ll|i will|i am going to|i'?m going to|let me|let'?s|i need to|i'?m now|now i|first,? i|"
    r"running|checking)\b",
    re.IGNORECASE,
)
_HANDED_OVER = re.compile(
    r"\b(?:you (?:can|could|may|might|should|would|need)|for example|e\.g\.|for instance|your own|looks like this)\b",
    re.IGNORECASE,
)
_MAX_LINE = 4_000  # nobody writes a call as one longer line, and the patterns need not be linear in it
_CLOSING_WORDS = (
    "If it was only an example and nothing is left to do, end with a `completion` block that says so."
)


def intended_action(reply: Reply, tools: Collection[str] = BUILTIN_TOOLS) -> str | None:
    """The correction for a reply that means to act but has no control block; None when it is plain talk.

    Args:
        reply: a finished reply.
        tools: the names that a control block could call.
    """
    if reply.control is not None:
        return None
    problem = refusal(reply)
    if problem is not None:
        return problem
    if reply.payloads:
        return _payloads_alone(reply)
    if reply.completion is not None:
        return None
    if reply.thinking and not reply.prose.strip():
        return _only_thinking(reply)
    plain = _plain_text(reply)
    for found in (
        _misplaced(plain, tools),
        _fence_that_calls(reply, tools),
        _foreign(reply, plain, tools),
        _bare_call(plain, tools),
        _last_fence(reply, plain),
    ):
        if found is not None:
            return f"{found}\n\n{_CLOSING_WORDS}"
    return None


def _only_thinking(reply: Reply) -> str:
    """A reply that is all thinking. A block in it may be the one that was meant to run."""
    last = [part for part in reply.parts if isinstance(part, Thinking)][-1]
    meant = parse_reply(last.text).control
    code = meant.text if meant is not None and len(meant.text) <= MAX_EXAMPLE else 'read_file("src/app.py")'
    tag = last.tag.partition("<|message|>")[0]
    within = f"between {tag} and its end" if tag else "before a closing tag such as </think>"
    return correction(
        what=f"all of the reply stands {within}, where nothing is a block",
        where=f"lines {last.line}–{last.end_line}",
        instead=control_block(code),
    )


def _payloads_alone(reply: Reply) -> str:
    first = reply.payloads[0]
    paths = list(dict.fromkeys(payload.path for payload in reply.payloads))
    s = "s" if len(paths) > 1 else ""
    search = "<<<<<<< SEARCH" in first.text
    calls = "\n".join(f"{'edit_file' if search else 'write_file'}({path!r})" for path in paths[:8])
    return correction(
        what=f"the reply has payload{s} for {', '.join(paths[:8])} but no `codepilot` block",
        where=f"line {first.line}",
        instead=control_block(calls) + f"\n\nfollowed by the payload{s}, sent again.",
    )


def _misplaced(plain: list[tuple[int, str]], tools: Collection[str]) -> str | None:
    """A codepilot fence that is none: too far indented, quoted, or in the middle of a line."""
    for index, (number, line) in enumerate(plain):
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
            instead=control_block(text[:MAX_EXAMPLE]),
        )
    return None


def _fence_that_calls(reply: Reply, tools: Collection[str]) -> str | None:
    for fence in reply.display:
        language = _language(fence)
        nearly = _NEARLY.match(fence.info) is not None or (
            language in _PYTHON and "codepilot" in fence.info.lower()
        )
        names = called_tools(fence.text, tools) if nearly or language in _PYTHON or not language else []
        if not names and not nearly:
            continue
        shown = f"`{fence.info}`" if fence.info else "unnamed"
        does = f" and calls {', '.join(names[:4])}" if names else ""
        return correction(
            what=f"the block is fenced as {shown}{does}; only a `codepilot` block runs",
            where=f"lines {fence.line}–{fence.end_line}",
            instead=control_block(
                fence.text if len(fence.text) <= MAX_EXAMPLE else f"{(names or ['…'])[0]}(…)"
            ),
        )
    return None


def _foreign(reply: Reply, plain: list[tuple[int, str]], tools: Collection[str]) -> str | None:
    text = "\n".join(line for _, line in plain)
    call = find_call(text, tools)
    line = plain[min(call.line, len(plain)) - 1][0] if call is not None else 0
    if call is None:
        for fence in reply.display:
            if _language(fence) in _DATA or not fence.info:
                call = find_call(fence.text, tools, first_line=fence.line + 1)
                if call is not None and (call.name in tools or _is_last(reply, fence)):
                    line = call.line
                    break
                call = None
    if call is None:
        return None
    code = call.code or _template(call.name, tools)
    example = control_block(code)
    if code.startswith("write_file("):
        example += "\n\n" + block("text filename=the/same/path", "the whole content")
    return correction(
        what=f"a tool call written as {call.shape} ({call.name}); tools are called in Python, in a `codepilot` block",
        where=f"line {line}",
        instead=example,
    )


def _bare_call(plain: list[tuple[int, str]], tools: Collection[str]) -> str | None:
    """A call that stands alone on a line of the prose, without any fence."""
    for number, line in plain:
        text = line.strip()
        name = text.partition("(")[0]
        if name not in tools or not text.endswith(")") or not line.startswith(name):
            continue
        tree = python_tree(text)
        if tree is not None and len(tree.body) == 1 and isinstance(tree.body[0], ast.Expr):
            return correction(
                what=f"{name}(…) stands in the prose, outside any block",
                where=f"line {number}",
                instead=control_block(text[:MAX_EXAMPLE]),
            )
    return None


def _last_fence(reply: Reply, plain: list[tuple[int, str]]) -> str | None:
    """A Python or shell block at the very end, announced as the model's own next act or standing alone."""
    if not reply.display:
        return None
    fence = reply.display[-1]
    language = _language(fence)
    if language not in _PYTHON | _SHELL or not _is_last(reply, fence) or not fence.text.strip():
        return None
    words = _words_before(plain, fence)
    if words and (not _ANNOUNCED.search(words) or _HANDED_OVER.search(words)):
        return None
    code = fence.text.strip("\n")
    if language in _SHELL:
        command = "\n".join(line.removeprefix("$ ") for line in code.splitlines())
        code = f'execute("main", {command!r})' if len(command) <= 400 else 'execute("main", "…")'
    return correction(
        what=f"the reply ends with a `{fence.info}` block, which is only shown; a `codepilot` block runs",
        where=f"lines {fence.line}–{fence.end_line}",
        instead=control_block(code[:MAX_EXAMPLE]),
    )


def _words_before(plain: list[tuple[int, str]], fence: DisplayFence) -> str:
    """The paragraph before a fence."""
    words: list[str] = []
    for number, line in reversed(plain):
        if number > fence.line:
            continue
        if line.strip():
            words.append(line)
        elif words:
            break
    return " ".join(reversed(words))


def _is_last(reply: Reply, fence: DisplayFence) -> bool:
    lines = reply.raw.split("\n")
    return not "".join(lines[fence.end_line :]).strip()


def _language(fence: DisplayFence) -> str:
    words = fence.info.split(maxsplit=1)
    return words[0].lower().strip("{}.") if words else ""


def _template(name: str, tools: Collection[str]) -> str:
    if name in tools:
        return f"{name}(…)"
    return 'execute("main", "ls")' if "execute" in tools else f"{next(iter(tools), 'print')}(…)"


def _plain_text(reply: Reply) -> list[tuple[int, str]]:
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
